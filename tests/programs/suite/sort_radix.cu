// Stable radix sort of keys with values, four bits a pass: count, scan, scatter.
#include "suite.hpp"

constexpr int digits = 16, threads = 128;

__global__ void count_digits(const unsigned* keys, int count, int shift, int* counts) {
  __shared__ int of_block[digits];
  if (threadIdx.x < digits) of_block[threadIdx.x] = 0;
  __syncthreads();
  const int i = blockIdx.x * threads + threadIdx.x;
  if (i < count) atomicAdd(&of_block[keys[i] >> shift & (digits - 1)], 1);
  __syncthreads();
  if (threadIdx.x < digits) counts[threadIdx.x * gridDim.x + blockIdx.x] = of_block[threadIdx.x];
}

__global__ void scan_counts(int* counts, int count) {
  __shared__ int cells[1024];
  int carry = 0;
  for (int base = 0; base < count; base += blockDim.x) {
    const int i = base + threadIdx.x;
    const int own = i < count ? counts[i] : 0;
    cells[threadIdx.x] = own;
    for (int step = 1; step < blockDim.x; step *= 2) {
      __syncthreads();
      const int add = threadIdx.x >= step ? cells[threadIdx.x - step] : 0;
      __syncthreads();
      cells[threadIdx.x] += add;
    }
    __syncthreads();
    if (i < count) counts[i] = carry + cells[threadIdx.x] - own;
    carry += cells[blockDim.x - 1];
    __syncthreads();
  }
}

__global__ void scatter(const unsigned* keys, const int* values, int count, int shift,
                        const int* offsets, unsigned* keys_out, int* values_out) {
  __shared__ unsigned masks[threads / 32][digits];
  const int i = blockIdx.x * threads + threadIdx.x;
  const int warp = threadIdx.x / 32;
  const unsigned digit = i < count ? keys[i] >> shift & (digits - 1) : digits;
  const unsigned same = __match_any_sync(0xffffffffu, digit);
  if (threadIdx.x % 32 < digits) masks[warp][threadIdx.x % 32] = 0;
  __syncwarp();
  if (digit < digits) masks[warp][digit] = same;
  __syncthreads();
  if (digit == digits) return;
  int rank = __popc(same & ((1u << threadIdx.x % 32) - 1));
  for (int before = 0; before < warp; ++before) rank += __popc(masks[before][digit]);
  const int to = offsets[digit * gridDim.x + blockIdx.x] + rank;
  keys_out[to] = keys[i];
  values_out[to] = values[i];
}

int main() {
  const int count = 20'011, blocks = blocks_for(count, threads);
  std::vector<unsigned> keys(count);
  std::vector<int> order(count);
  Random random(7);
  for (int i = 0; i < count; ++i) {
    keys[i] = i % 3 == 0 ? random.next() % 50 : random.next();
    order[i] = i;
  }
  Buffer<unsigned> a(keys), b(count);
  Buffer<int> a_order(order), b_order(count), counts(digits * blocks);
  for (int shift = 0; shift < 32; shift += 8) {
    for (int half = 0; half < 2; ++half) {
      const bool even = half == 0;
      count_digits<<<blocks, threads>>>(even ? a : b, count, shift + 4 * half, counts);
      scan_counts<<<1, 1024>>>(counts, digits * blocks);
      scatter<<<blocks, threads>>>(even ? a : b, even ? a_order : b_order, count, shift + 4 * half,
                                   counts, even ? b : a, even ? b_order : a_order);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](int x, int y) { return keys[x] < keys[y]; });
  EXPECT(a_order.read() == order);
  std::sort(keys.begin(), keys.end());
  EXPECT(a.read() == keys);
  return finish("sort_radix");
}
