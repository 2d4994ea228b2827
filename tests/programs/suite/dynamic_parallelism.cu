// nvcc: -rdc=true -lcudadevrt
// Kernels that launch kernels: a device that cannot do it says so, and goes on.
#include "suite.hpp"

__global__ void child(int* values, int add) {
  values[threadIdx.x] += add;
}

__global__ void parent(int* values) {
  if (threadIdx.x < 3) child<<<1, 32>>>(values + 32 * threadIdx.x, threadIdx.x + 1);
}

int main() {
  int* values = nullptr;
  CHECK(cudaMalloc(&values, 96 * sizeof(int)));
  CHECK(cudaMemset(values, 0, 96 * sizeof(int)));
  parent<<<1, 32>>>(values);
  cudaError_t result = cudaGetLastError();
  if (result == cudaSuccess) result = cudaDeviceSynchronize();
  std::vector<int> host(96);
  if (result == cudaSuccess) {
    CHECK(cudaMemcpy(host.data(), values, 96 * sizeof(int), cudaMemcpyDeviceToHost));
    for (int i = 0; i < 96; ++i) EXPECT(host[i] == i / 32 + 1);
    return finish("dynamic_parallelism");
  }
  // Refused when the code is loaded or launched, not when it runs: nothing is lost by it.
  std::printf("refused: %s\n", cudaGetErrorName(result));
  EXPECT(result == cudaErrorNoKernelImageForDevice || result == cudaErrorInvalidDeviceFunction ||
         result == cudaErrorNotSupported || result == cudaErrorSymbolNotFound ||
         result == cudaErrorInvalidKernelImage || result == cudaErrorInvalidPtx ||
         result == cudaErrorSharedObjectSymbolNotFound);
  CHECK(cudaMemset(values, 1, 96 * sizeof(int)));
  CHECK(cudaMemcpy(host.data(), values, 96 * sizeof(int), cudaMemcpyDeviceToHost));
  EXPECT(all_equal(host.data(), host.size(), 0x01010101));
  CHECK(cudaFree(values));
  return finish("dynamic_parallelism");
}
