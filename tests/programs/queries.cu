// What a program asks about device and kernels: properties, memory, occupancy, attributes.
#include <cstring>

#include "program.hpp"

__global__ void kernel(float* data) {
  __shared__ float tile[256];
  tile[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = tile[255 - threadIdx.x];
}

int main() {
  int count = 0, device = -1;
  CHECK(cudaGetDeviceCount(&count));
  EXPECT(count >= 1);
  CHECK(cudaGetDevice(&device));
  EXPECT(device == 0);
  EXPECT_RESULT(cudaSetDevice(count), cudaErrorInvalidDevice);
  cudaDeviceProp properties{};
  CHECK(cudaGetDeviceProperties(&properties, 0));
  EXPECT(std::strlen(properties.name) > 0);
  EXPECT(properties.major >= 7 && properties.warpSize == 32);
  EXPECT(properties.maxThreadsPerBlock == 1024 && properties.sharedMemPerBlock >= 48 * 1024);
  int value = 0;
  CHECK(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 0));
  EXPECT(value == properties.multiProcessorCount && value > 0);
  char bus[32] = "";
  CHECK(cudaDeviceGetPCIBusId(bus, sizeof bus, 0));
  int by_bus = -1;
  CHECK(cudaDeviceGetByPCIBusId(&by_bus, bus));
  EXPECT(by_bus == 0);

  size_t free_before = 0, free_after = 0, total = 0;
  CHECK(cudaMemGetInfo(&free_before, &total));
  EXPECT(total == properties.totalGlobalMem && free_before <= total && free_before > 0);
  void* memory = nullptr;
  const size_t bytes = size_t{64} << 20;
  CHECK(cudaMalloc(&memory, bytes));
  CHECK(cudaMemGetInfo(&free_after, &total));
  EXPECT(free_after + bytes <= free_before + (size_t{2} << 20));
  CHECK(cudaFree(memory));

  cudaFuncAttributes attributes{};
  CHECK(cudaFuncGetAttributes(&attributes, kernel));
  EXPECT(attributes.sharedSizeBytes == 1024);
  EXPECT(attributes.maxThreadsPerBlock >= 256 && attributes.maxThreadsPerBlock <= 1024);
  CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 1 << 12));
  int blocks = 0, best_grid = 0, best_block = 0;
  CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, 256, 0));
  EXPECT(blocks >= 1 && blocks * 256 <= properties.maxThreadsPerMultiProcessor);
  CHECK(cudaOccupancyMaxPotentialBlockSize(&best_grid, &best_block, kernel, 0, 0));
  EXPECT(best_block >= 32 && best_block % 32 == 0 && best_grid >= properties.multiProcessorCount);

  size_t limit = 0;
  CHECK(cudaDeviceGetLimit(&limit, cudaLimitMallocHeapSize));
  EXPECT(limit > 0);
  int driver = 0, runtime = 0;
  CHECK(cudaDriverGetVersion(&driver));
  CHECK(cudaRuntimeGetVersion(&runtime));
  EXPECT(driver / 1000 >= runtime / 1000);
  return finish("queries");
}
