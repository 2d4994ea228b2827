// CUB's building blocks inside a kernel: loads, scans, sorts and reductions of blocks and warps.
#include <cub/block/block_load.cuh>
#include <cub/block/block_radix_sort.cuh>
#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>
#include <cub/block/block_store.cuh>
#include <cub/warp/warp_reduce.cuh>
#include <cub/warp/warp_scan.cuh>

#include "suite.hpp"

constexpr int threads = 64, items = 4, width = threads * items;

__global__ void sort_and_scan(const int* in, int* sorted, int* scanned, int* sums) {
  using Load = cub::BlockLoad<int, threads, items, cub::BLOCK_LOAD_TRANSPOSE>;
  using Store = cub::BlockStore<int, threads, items, cub::BLOCK_STORE_TRANSPOSE>;
  using Sort = cub::BlockRadixSort<int, threads, items>;
  using Scan = cub::BlockScan<int, threads>;
  using Reduce = cub::BlockReduce<int, threads>;
  __shared__ union {
    typename Load::TempStorage load;
    typename Store::TempStorage store;
    typename Sort::TempStorage sort;
    typename Scan::TempStorage scan;
    typename Reduce::TempStorage reduce;
  } memory;
  int mine[items], before[items];
  Load(memory.load).Load(in + blockIdx.x * width, mine);
  __syncthreads();
  const int sum = Reduce(memory.reduce).Sum(mine);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
  __syncthreads();
  Scan(memory.scan).ExclusiveSum(mine, before);
  __syncthreads();
  Store(memory.store).Store(scanned + blockIdx.x * width, before);
  __syncthreads();
  Sort(memory.sort).Sort(mine);
  __syncthreads();
  Store(memory.store).Store(sorted + blockIdx.x * width, mine);
}

__global__ void warps(const int* in, int* maxima, int* prefixes) {
  using Reduce = cub::WarpReduce<int>;
  using Scan = cub::WarpScan<int>;
  __shared__ typename Reduce::TempStorage reduce[threads / 32];
  __shared__ typename Scan::TempStorage scan[threads / 32];
  const int warp = threadIdx.x / 32, value = in[threadIdx.x];
  const int largest =
      Reduce(reduce[warp]).Reduce(value, [](int a, int b) { return a < b ? b : a; });
  if (threadIdx.x % 32 == 0) maxima[warp] = largest;
  Scan(scan[warp]).InclusiveSum(value, prefixes[threadIdx.x]);
}

int main() {
  const int blocks = 3;
  auto host = random_values<int>(blocks * width, -1000, 1000);
  Buffer<int> in(host), sorted(host.size()), scanned(host.size()), sums(blocks), maxima(2),
      prefixes(threads);
  sort_and_scan<<<blocks, threads>>>(in, sorted, scanned, sums);
  warps<<<1, threads>>>(in, maxima, prefixes);
  const auto before = scanned.read(), sum = sums.read(), prefix = prefixes.read();
  for (int i = 0, total = 0; i < static_cast<int>(host.size()); ++i) {
    if (i % width == 0) total = 0;
    EXPECT(before[i] == total);
    total += host[i];
    if (i % width == width - 1) EXPECT(sum[i / width] == total);
  }
  for (int i = 0, total = 0; i < threads; ++i) {
    if (i % 32 == 0) total = 0;
    EXPECT(prefix[i] == (total += host[i]));
  }
  for (int warp = 0; warp < 2; ++warp)
    EXPECT(maxima.read()[warp] == *std::max_element(&host[32 * warp], &host[32 * warp] + 32));
  for (int block = 0; block < blocks; ++block)
    std::sort(host.begin() + block * width, host.begin() + (block + 1) * width);
  EXPECT(sorted.read() == host);
  return finish("cub_block");
}
