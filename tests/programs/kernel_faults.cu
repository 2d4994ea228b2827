// What a kernel may not do ends its context with the error that CUDA documents. Each fault has a process
// of its own: some drivers let no context of a process live on.
#include <sys/wait.h>
#include <unistd.h>

#include "program.hpp"

__global__ void store(int* where) { *where = 1; }
__global__ void trap() { asm volatile("trap;"); }

template <class Launch>
void expect_fault(Launch launch, cudaError_t expected) {
  const pid_t child = fork();
  if (child == 0) {
    launch();
    EXPECT_RESULT(cudaDeviceSynchronize(), expected);
    int* memory = nullptr;
    EXPECT_RESULT(cudaMalloc(&memory, 4), expected);
    EXPECT_RESULT(cudaDeviceSynchronize(), expected);
    std::fflush(stderr);
    _exit(failures == 0 ? 0 : 1);
  }
  int status = 1;
  EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

int main() {
  expect_fault([] { store<<<1, 1>>>(nullptr); }, cudaErrorIllegalAddress);
  expect_fault(
      [] {
        char* memory = nullptr;
        CHECK(cudaMalloc(&memory, 16));
        store<<<1, 1>>>(reinterpret_cast<int*>(memory + 1));
      },
      cudaErrorMisalignedAddress);
  expect_fault([] { trap<<<1, 1>>>(); }, cudaErrorLaunchFailure);
  return finish("kernel_faults");
}
