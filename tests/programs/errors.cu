// Errors at the place, with the code and for as long as CUDA says; a context recovers or stays lost.
#include "program.hpp"

__global__ void store(int* where) { *where = 1; }
__global__ void trap_now() { __trap(); }

int main() {
  int* data = nullptr;
  CHECK(cudaMalloc(&data, 1024));

  void* huge = nullptr;
  EXPECT_RESULT(cudaMalloc(&huge, size_t{1} << 50), cudaErrorMemoryAllocation);
  EXPECT_RESULT(cudaFree(reinterpret_cast<void*>(0x1234560)), cudaErrorInvalidValue);
  CHECK(cudaFree(nullptr));

  // Runtimes differ in what they call an impossible launch (13.0 says invalid value).
  store<<<1, 2048>>>(data);
  const cudaError_t impossible = cudaPeekAtLastError();
  EXPECT(impossible == cudaErrorInvalidConfiguration || impossible == cudaErrorInvalidValue);
  EXPECT(cudaGetLastError() == impossible);
  EXPECT(cudaGetLastError() == cudaSuccess);
  store<<<0, 1>>>(data);
  EXPECT(cudaGetLastError() == impossible);
  store<<<1, 1, 1 << 22>>>(data);
  EXPECT(cudaGetLastError() == cudaErrorInvalidValue);

  int host = 0;
  EXPECT_RESULT(cudaMemcpy(&host, data, 4, static_cast<cudaMemcpyKind>(42)),
                cudaErrorInvalidMemcpyDirection);
  EXPECT_RESULT(cudaMemset(reinterpret_cast<void*>(0x1000), 0, 16), cudaErrorInvalidValue);
  EXPECT_RESULT(cudaGetDeviceProperties(nullptr, 0), cudaErrorInvalidValue);

  // None of that has hurt the context.
  store<<<1, 1>>>(data);
  CHECK(cudaMemcpy(&host, data, 4, cudaMemcpyDeviceToHost));
  EXPECT(host == 1);

  // A trap is sticky: every later call fails, until the device is reset.
  trap_now<<<1, 1>>>();
  CHECK(cudaGetLastError());
  const cudaError_t trapped = cudaDeviceSynchronize();
  EXPECT(trapped == cudaErrorLaunchFailure || trapped == cudaErrorIllegalInstruction);
  EXPECT(cudaMemcpy(&host, data, 4, cudaMemcpyDeviceToHost) == trapped);
  EXPECT(cudaDeviceSynchronize() == trapped);
  return finish("errors");
}
