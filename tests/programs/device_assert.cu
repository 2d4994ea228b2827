// A failed assertion is told on stderr in CUDA's words, and ends the context for good.
#include <cassert>

#include "program.hpp"

__global__ void check(int limit) {
  printf("thread %d is here\n", threadIdx.x);
  assert(static_cast<int>(threadIdx.x) < limit);
}

int main() {
  check<<<1, 2>>>(2);
  EXPECT_RESULT(cudaDeviceSynchronize(), cudaSuccess);
  check<<<1, 4>>>(3);
  EXPECT_RESULT(cudaDeviceSynchronize(), cudaErrorAssert);
  std::printf("the assertion failed\n");
  int* memory = nullptr;
  EXPECT_RESULT(cudaMalloc(&memory, 4), cudaErrorAssert);
  EXPECT_RESULT(cudaDeviceSynchronize(), cudaErrorAssert);
  return finish("device_assert");
}
