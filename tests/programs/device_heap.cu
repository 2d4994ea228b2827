// malloc and free in kernels: blocks outlive the kernel, and the heap has the size that was asked for.
#include "program.hpp"

struct Node {
  int value;
  Node* next;
};

__device__ Node* list = nullptr;

__global__ void push(int count) {
  for (int i = 0; i < count; ++i) {
    Node* node = new Node;
    node->value = i;
    node->next = list;
    list = node;
  }
}

__global__ void pop(int* sum) {
  *sum = 0;
  while (list != nullptr) {
    Node* next = list->next;
    *sum += list->value;
    delete list;
    list = next;
  }
}

__global__ void each_its_own(int* sums) {
  int* mine = static_cast<int*>(malloc(100 * sizeof(int)));
  if (mine == nullptr) return;
  for (int i = 0; i < 100; ++i) mine[i] = threadIdx.x + i;
  int sum = 0;
  for (int i = 0; i < 100; ++i) sum += mine[i];
  sums[blockIdx.x * blockDim.x + threadIdx.x] = sum;
  free(mine);
}

__global__ void too_much(size_t bytes, int* got) {
  void* block = malloc(bytes);
  *got = block != nullptr;
  free(block);
}

int main() {
  const size_t heap = 16 << 20;
  CHECK(cudaDeviceSetLimit(cudaLimitMallocHeapSize, heap));
  size_t limit = 0;
  CHECK(cudaDeviceGetLimit(&limit, cudaLimitMallocHeapSize));
  EXPECT(limit >= heap);
  int* results = nullptr;
  std::vector<int> host(256);
  CHECK(cudaMalloc(&results, host.size() * sizeof(int)));

  push<<<1, 1>>>(1000);
  push<<<1, 1>>>(10);
  pop<<<1, 1>>>(results);
  CHECK(cudaMemcpy(host.data(), results, sizeof(int), cudaMemcpyDeviceToHost));
  EXPECT(host[0] == 499500 + 45);

  each_its_own<<<4, 64>>>(results);
  CHECK(cudaMemcpy(host.data(), results, host.size() * sizeof(int), cudaMemcpyDeviceToHost));
  int wrong = 0;
  for (int i = 0; i < 256; ++i) wrong += host[i] != 100 * (i % 64) + 4950;
  EXPECT(wrong == 0);

  for (const size_t bytes : {heap / 2, 4 * limit}) {
    too_much<<<1, 1>>>(bytes, results);
    CHECK(cudaMemcpy(host.data(), results, sizeof(int), cudaMemcpyDeviceToHost));
    EXPECT(host[0] == (bytes < heap));
  }
  return finish("device_heap");
}
