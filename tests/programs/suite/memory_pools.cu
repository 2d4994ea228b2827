// Stream-ordered memory: allocations used by kernels of the same stream, pools with a threshold.
#include "suite.hpp"

__global__ void fill(int* values, int count, int value) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    values[i] = value + i;
}

__global__ void accumulate(const int* values, int count, long long* sum) {
  long long own = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    own += values[i];
  atomicAdd(reinterpret_cast<unsigned long long*>(sum), static_cast<unsigned long long>(own));
}

int main() {
  int supported = 0;
  CHECK(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, 0));
  EXPECT(supported == 1);
  cudaStream_t stream = nullptr, other = nullptr;
  CHECK(cudaStreamCreate(&stream));
  CHECK(cudaStreamCreate(&other));
  Buffer<long long> sum(1);
  long long expected = 0;
  for (int round = 0; round < 10; ++round) {
    const int count = 1000 + 500 * round;
    int* values = nullptr;
    CHECK(cudaMallocAsync(&values, count * sizeof(int), stream));
    fill<<<2, 64, 0, stream>>>(values, count, round);
    accumulate<<<2, 64, 0, stream>>>(values, count, sum);
    CHECK(cudaFreeAsync(values, stream));
    expected +=
        static_cast<long long>(count) * (count - 1) / 2 + static_cast<long long>(count) * round;
  }
  CHECK(cudaStreamSynchronize(stream));
  EXPECT(sum.read()[0] == expected);

  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  cudaMemPool_t pool = nullptr;
  CHECK(cudaMemPoolCreate(&pool, &properties));
  uint64_t threshold = UINT64_MAX;
  CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
  int* values = nullptr;
  CHECK(cudaMallocFromPoolAsync(&values, 4096 * sizeof(int), pool, stream));
  fill<<<2, 64, 0, stream>>>(values, 4096, 5);
  // Used on another stream, which waits for the one it belongs to.
  cudaEvent_t filled = nullptr, used = nullptr;
  CHECK(cudaEventCreate(&filled));
  CHECK(cudaEventCreate(&used));
  CHECK(cudaEventRecord(filled, stream));
  CHECK(cudaStreamWaitEvent(other, filled, 0));
  CHECK(cudaMemsetAsync(sum, 0, sizeof(long long), other));
  accumulate<<<2, 64, 0, other>>>(values, 4096, sum);
  CHECK(cudaEventRecord(used, other));
  CHECK(cudaStreamWaitEvent(stream, used, 0));
  CHECK(cudaFreeAsync(values, stream));
  CHECK(cudaStreamSynchronize(stream));
  EXPECT(sum.read()[0] == 4096LL * 4095 / 2 + 4096 * 5);
  uint64_t in_use = 1, reserved = 0;
  CHECK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &in_use));
  CHECK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReservedMemCurrent, &reserved));
  EXPECT(in_use == 0 && reserved >= in_use);
  CHECK(cudaMemPoolTrimTo(pool, 0));
  CHECK(cudaMemPoolDestroy(pool));
  CHECK(cudaStreamDestroy(stream));
  CHECK(cudaStreamDestroy(other));
  return finish("memory_pools");
}
