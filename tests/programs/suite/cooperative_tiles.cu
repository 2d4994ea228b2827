// Cooperative groups inside a block: tiles, coalesced threads, reductions and scans of the library.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>

#include "suite.hpp"

namespace cg = cooperative_groups;

template <int size>
__global__ void tile_sums(const int* values, int* sums) {
  const auto tile = cg::tiled_partition<size>(cg::this_thread_block());
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  int value = values[i];
  for (int step = tile.size() / 2; step > 0; step /= 2) value += tile.shfl_down(value, step);
  if (tile.thread_rank() == 0) sums[i / size] = value;
}

__global__ void library_functions(const int* values, int* results) {
  const auto block = cg::this_thread_block();
  const auto tile = cg::tiled_partition<16>(block);
  const int value = values[threadIdx.x];
  const int least = cg::reduce(tile, value, cg::less<int>());
  const int all = cg::reduce(tile, value, cg::plus<int>());
  const int before = cg::exclusive_scan(tile, value, cg::plus<int>());
  const int upto = cg::inclusive_scan(tile, value, cg::plus<int>());
  results[4 * threadIdx.x] = least;
  results[4 * threadIdx.x + 1] = all;
  results[4 * threadIdx.x + 2] = before;
  results[4 * threadIdx.x + 3] = upto;
}

__global__ void coalesced(const int* values, int* ranks, int* sizes) {
  const int value = values[threadIdx.x];
  if (value % 3 == 0) {
    const auto together = cg::coalesced_threads();
    ranks[threadIdx.x] = together.thread_rank();
    sizes[threadIdx.x] = together.size();
    const auto same = cg::labeled_partition(together, value % 2);
    ranks[threadIdx.x] += 100 * same.thread_rank();
    sizes[threadIdx.x] += 100 * same.size();
  }
  const auto split =
      cg::binary_partition(cg::tiled_partition<32>(cg::this_thread_block()), value > 50);
  sizes[threadIdx.x] += 10000 * split.size();
}

int main() {
  const int count = 256;
  const auto values = random_values<int>(count, 0, 100);
  Buffer<int> input(values), sums(count);
  const auto expect_sums = [&](int size) {
    const auto result = sums.read();
    for (int k = 0; k < count / size; ++k) {
      int sum = 0;
      for (int i = k * size; i < (k + 1) * size; ++i) sum += values[i];
      EXPECT(result[k] == sum);
    }
  };
  tile_sums<4><<<2, 128>>>(input, sums), expect_sums(4);
  tile_sums<16><<<2, 128>>>(input, sums), expect_sums(16);
  tile_sums<32><<<2, 128>>>(input, sums), expect_sums(32);
  Buffer<int> results(4 * count);
  library_functions<<<1, count>>>(input, results);
  const auto of_library = results.read();
  for (int i = 0; i < count; ++i) {
    const int base = i / 16 * 16;
    int least = 1 << 30, all = 0, before = 0;
    for (int k = base; k < base + 16; ++k) {
      least = std::min(least, values[k]);
      all += values[k];
      if (k < i) before += values[k];
    }
    EXPECT(of_library[4 * i] == least && of_library[4 * i + 1] == all);
    EXPECT(of_library[4 * i + 2] == before && of_library[4 * i + 3] == before + values[i]);
  }
  Buffer<int> ranks(count), sizes(count);
  coalesced<<<1, count>>>(input, ranks, sizes);
  const auto rank = ranks.read(), size = sizes.read();
  for (int i = 0; i < count; ++i) {
    int r = 0, s = 0, same_r = 0, same_s = 0, over = 0;
    for (int k = i / 32 * 32; k < i / 32 * 32 + 32; ++k) {
      over += (values[k] > 50) == (values[i] > 50);
      if (values[k] % 3 != 0 || values[i] % 3 != 0) continue;
      s += 1, r += k < i;
      same_s += values[k] % 2 == values[i] % 2, same_r += k < i && values[k] % 2 == values[i] % 2;
    }
    EXPECT(rank[i] == r + 100 * same_r && size[i] == s + 100 * same_s + 10000 * over);
  }
  return finish("cooperative_tiles");
}
