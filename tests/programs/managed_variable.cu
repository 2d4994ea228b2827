// __managed__ variables are one thing seen from both sides, at one address.
#include "program.hpp"

struct Pair {
  int first;
  double second;
};

__managed__ int counter = 5;
__managed__ Pair pair = {1, 2.5};
__managed__ int table[5000] = {1, 2, 3};
__managed__ int* into = nullptr;
__device__ int plain = 11;

__global__ void change(int by) {
  counter += by;
  pair.second *= 2;
  for (int i = threadIdx.x; i < 5000; i += blockDim.x) table[i] += i;
  if (threadIdx.x == 0 && into != nullptr) *into = plain;
}

__global__ void address(int** out) { *out = &counter; }

int main() {
  cudaDeviceProp properties{};
  CHECK(cudaGetDeviceProperties(&properties, 0));
  if (!properties.managedMemory) return finish("managed_variable (the device says that it has none)");
  EXPECT(counter == 5 && pair.first == 1 && pair.second == 2.5);
  EXPECT(table[0] == 1 && table[2] == 3 && table[4999] == 0);
  counter = 100;
  into = &table[17];
  change<<<1, 1>>>(3);
  CHECK(cudaDeviceSynchronize());
  EXPECT(counter == 103);
  EXPECT(pair.second == 5.0);
  EXPECT(table[0] == 1 && table[2] == 5 && table[4999] == 4999);
  EXPECT(table[17] == 11);

  int** out = nullptr;
  CHECK(cudaMallocManaged(&out, sizeof(int*)));
  address<<<1, 1>>>(out);
  CHECK(cudaDeviceSynchronize());
  EXPECT(*out == &counter);

  cudaPointerAttributes attributes{};
  CHECK(cudaPointerGetAttributes(&attributes, &counter));
  EXPECT(attributes.type == cudaMemoryTypeManaged);
  const int value = 55;
  CHECK(cudaMemcpyToSymbol(counter, &value, sizeof value));
  EXPECT(counter == 55);
  int copied = 0;
  CHECK(cudaMemcpy(&copied, &counter, sizeof copied, cudaMemcpyDefault));
  EXPECT(copied == 55);
  CHECK(cudaMemset(table, 0, sizeof table));
  CHECK(cudaDeviceSynchronize());
  EXPECT(all_equal(table, 5000, 0));
  return finish("managed_variable");
}
