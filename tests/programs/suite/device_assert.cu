// A failed assertion ends the context with its own error, which stays; a true one costs nothing.
#include <cassert>

#include "suite.hpp"

__global__ void check(const int* values, int limit, int* passed) {
  assert(values[threadIdx.x] < limit);
  atomicAdd(passed, 1);
}

int main() {
  std::vector<int> host(64);
  for (int i = 0; i < 64; ++i) host[i] = i;
  Buffer<int> values(host), passed(1);
  check<<<1, 64>>>(values, 64, passed);
  EXPECT(passed.read()[0] == 64);
  check<<<1, 64>>>(values, 50, passed);
  EXPECT(cudaDeviceSynchronize() == cudaErrorAssert);
  // The error stays with the context: nothing works any more.
  EXPECT(cudaGetLastError() == cudaErrorAssert);
  int* more = nullptr;
  EXPECT(cudaMalloc(&more, 4) == cudaErrorAssert);
  check<<<1, 64>>>(values, 64, passed);
  EXPECT(cudaGetLastError() == cudaErrorAssert);
  EXPECT(cudaDeviceSynchronize() == cudaErrorAssert);
  return finish("device_assert");
}
