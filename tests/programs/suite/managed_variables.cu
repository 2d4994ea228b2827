// Variables that host and device share by name.
#include "suite.hpp"

__managed__ int counter = 5;
__managed__ double cells[100] = {1.5, 2.5};
struct Pair {
  int* first;
  long long second;
};
__managed__ Pair pair;
__device__ int hidden = 3;

__global__ void work() {
  atomicAdd(&counter, 2);
  cells[threadIdx.x] += threadIdx.x;
  if (threadIdx.x == 0) {
    pair.second = *pair.first + hidden;
    *pair.first = 0;
  }
}

int main() {
  EXPECT(counter == 5 && cells[0] == 1.5 && cells[1] == 2.5 && cells[99] == 0);
  int* number = nullptr;
  CHECK(cudaMallocManaged(&number, sizeof(int)));
  *number = 39;
  pair.first = number;
  cells[50] = 100;
  work<<<1, 64>>>();
  CHECK(cudaGetLastError());
  CHECK(cudaDeviceSynchronize());
  EXPECT(counter == 5 + 2 * 64);
  EXPECT(cells[0] == 1.5 && cells[1] == 3.5 && cells[50] == 150 && cells[64] == 0);
  EXPECT(pair.second == 42 && *number == 0);
  // Their address is the same on both sides.
  void* address = nullptr;
  CHECK(cudaGetSymbolAddress(&address, cells));
  EXPECT(address == cells);
  counter = -1;
  int seen = 0;
  CHECK(cudaMemcpyFromSymbol(&seen, counter, sizeof seen));
  EXPECT(seen == -1);
  CHECK(cudaFree(number));
  return finish("managed_variables");
}
