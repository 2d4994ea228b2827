// A kernel that never ends: what becomes of it when its program dies is looked at from outside
// (endless_kernel_test.sh).
#include "program.hpp"

__global__ void forever(volatile int* word) {
  while (*word == 0) {
  }
}

int main() {
  int* word = nullptr;
  CHECK(cudaMalloc(&word, sizeof(int)));
  CHECK(cudaMemset(word, 0, sizeof(int)));
  forever<<<4, 64>>>(word);
  CHECK(cudaGetLastError());
  std::puts("running");
  std::fflush(stdout);
  EXPECT_RESULT(cudaDeviceSynchronize(), cudaErrorLaunchTimeout);
  return finish("endless_kernel");
}
