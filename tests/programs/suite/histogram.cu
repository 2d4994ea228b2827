// Histograms: shared atomics per block, global atomics, and one counter per warp.
#include "suite.hpp"

__global__ void by_blocks(const unsigned char* bytes, int count, unsigned* bins) {
  __shared__ unsigned own[256];
  for (int k = threadIdx.x; k < 256; k += blockDim.x) own[k] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    atomicAdd(&own[bytes[i]], 1);
  __syncthreads();
  for (int k = threadIdx.x; k < 256; k += blockDim.x) atomicAdd(&bins[k], own[k]);
}

__global__ void directly(const uchar4* bytes, int count4, unsigned* bins) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count4) return;
  const uchar4 four = bytes[i];
  atomicAdd(&bins[four.x], 1);
  atomicAdd(&bins[four.y], 1);
  atomicAdd(&bins[four.z], 1);
  atomicAdd(&bins[four.w], 1);
}

// Counters of 16 bits, two in a word: a warp's cannot overflow into each other here.
__global__ void by_warps(const unsigned char* bytes, int count, unsigned* bins) {
  __shared__ unsigned packed[4][128];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int k = lane; k < 128; k += 32) packed[warp][k] = 0;
  __syncwarp();
  const int each = (count + 3) / 4;
  for (int i = warp * each + lane; i < min(count, (warp + 1) * each); i += 32)
    atomicAdd(&packed[warp][bytes[i] / 2], bytes[i] % 2 != 0 ? 0x10000u : 1u);
  __syncthreads();
  for (int k = threadIdx.x; k < 256; k += blockDim.x) {
    unsigned sum = 0;
    for (int w = 0; w < 4; ++w) sum += packed[w][k / 2] >> (k % 2 * 16) & 0xffff;
    bins[k] = sum;
  }
}

int main() {
  const int count = 40'000;
  Random random(3);
  std::vector<unsigned char> bytes(count);
  std::vector<unsigned> expected(256);
  for (auto& byte : bytes) {
    byte = static_cast<unsigned char>(random.below(256) & random.below(256));
    ++expected[byte];
  }
  Buffer<unsigned char> device(bytes);
  Buffer<unsigned> bins(256), direct(256), warps(256);
  by_blocks<<<6, 160>>>(device, count, bins);
  EXPECT(bins.read() == expected);
  const auto* fours = reinterpret_cast<const uchar4*>(static_cast<unsigned char*>(device));
  directly<<<blocks_for(count / 4, 256), 256>>>(fours, count / 4, direct);
  EXPECT(direct.read() == expected);
  by_warps<<<1, 128>>>(device, count, warps);
  EXPECT(warps.read() == expected);
  return finish("histogram");
}
