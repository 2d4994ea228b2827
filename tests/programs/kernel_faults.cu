// What a kernel may not do ends its context with the error that CUDA documents; a new one works.
#include "program.hpp"

__global__ void store(int* where) { *where = 1; }
__global__ void trap() { asm volatile("trap;"); }
__global__ void fine(int* where) { *where = 7; }

template <class Launch>
void expect_fault(Launch launch, cudaError_t expected) {
  launch();
  EXPECT_RESULT(cudaDeviceSynchronize(), expected);
  int* memory = nullptr;
  EXPECT_RESULT(cudaMalloc(&memory, 4), expected);
  CHECK(cudaDeviceReset());
  int value = 0;
  CHECK(cudaMalloc(&memory, 4));
  fine<<<1, 1>>>(memory);
  CHECK(cudaMemcpy(&value, memory, 4, cudaMemcpyDeviceToHost));
  EXPECT(value == 7);
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
