// Managed memory is one thing seen from both sides.
#include "program.hpp"

struct Node {
  int value;
  Node* next;
};

__global__ void touch(int* data, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] += i;
}

__global__ void sum_list(const Node* node, int* sum) {
  *sum = 0;
  for (; node != nullptr; node = node->next) *sum += node->value;
}

int main() {
  cudaDeviceProp properties{};
  CHECK(cudaGetDeviceProperties(&properties, 0));
  if (!properties.managedMemory) {
    int* none = nullptr;
    EXPECT_RESULT(cudaMallocManaged(&none, 4), cudaErrorNotSupported);
    return finish("managed_memory (the device says that it has none)");
  }
  const int n = 10000;
  int* data = nullptr;
  CHECK(cudaMallocManaged(&data, n * sizeof(int)));
  for (int i = 0; i < n; ++i) data[i] = 3 * i;
  touch<<<(n + 255) / 256, 256>>>(data, n);
  CHECK(cudaDeviceSynchronize());
  int wrong = 0;
  for (int i = 0; i < n; ++i) wrong += data[i] != 4 * i;
  EXPECT(wrong == 0);
  touch<<<(n + 255) / 256, 256>>>(data, n);
  CHECK(cudaDeviceSynchronize());
  for (int i = 0; i < n; ++i) wrong += data[i] != 5 * i;
  EXPECT(wrong == 0);

  // Pointers inside managed memory mean the same on both sides.
  Node* nodes = nullptr;
  int* sum = nullptr;
  CHECK(cudaMallocManaged(&nodes, 100 * sizeof(Node)));
  CHECK(cudaMallocManaged(&sum, sizeof(int)));
  for (int i = 0; i < 100; ++i) nodes[i] = {i, i + 1 < 100 ? &nodes[i + 1] : nullptr};
  sum_list<<<1, 1>>>(nodes, sum);
  CHECK(cudaDeviceSynchronize());
  EXPECT(*sum == 4950);

  cudaPointerAttributes attributes{};
  CHECK(cudaPointerGetAttributes(&attributes, data));
  EXPECT(attributes.type == cudaMemoryTypeManaged);
  CHECK(cudaMemset(data, 0, n * sizeof(int)));
  CHECK(cudaDeviceSynchronize());
  EXPECT(all_equal(data, n, 0));
  CHECK(cudaFree(data));
  CHECK(cudaFree(nodes));
  CHECK(cudaFree(sum));
  return finish("managed_memory");
}
