// Exclusive prefix sums: up-sweep and down-sweep in shared memory, block sums scanned and added.
#include "suite.hpp"

constexpr int width = 256;  // of a block, which scans twice as many values

__global__ void scan_blocks(const int* values, int* scanned, int* sums, int count) {
  __shared__ int tree[2 * width];
  const int base = blockIdx.x * 2 * width;
  for (int k = threadIdx.x; k < 2 * width; k += width)
    tree[k] = base + k < count ? values[base + k] : 0;
  int step = 1;
  for (int pairs = width; pairs > 0; pairs >>= 1) {
    __syncthreads();
    if (threadIdx.x < pairs) {
      const int right = step * (2 * threadIdx.x + 2) - 1;
      tree[right] += tree[right - step];
    }
    step *= 2;
  }
  if (threadIdx.x == 0) {
    sums[blockIdx.x] = tree[2 * width - 1];
    tree[2 * width - 1] = 0;
  }
  for (int pairs = 1; pairs < 2 * width; pairs *= 2) {
    step >>= 1;
    __syncthreads();
    if (threadIdx.x < pairs) {
      const int right = step * (2 * threadIdx.x + 2) - 1;
      const int left = tree[right - step];
      tree[right - step] = tree[right];
      tree[right] += left;
    }
  }
  __syncthreads();
  for (int k = threadIdx.x; k < 2 * width; k += width)
    if (base + k < count) scanned[base + k] = tree[k];
}

__global__ void add_offsets(int* scanned, const int* offsets, int count) {
  const int base = blockIdx.x * 2 * width;
  for (int k = threadIdx.x; k < 2 * width; k += width)
    if (base + k < count) scanned[base + k] += offsets[blockIdx.x];
}

void scan(const int* values, int* scanned, int count) {
  const int blocks = blocks_for(count, 2 * width);
  Buffer<int> sums(blocks), offsets(blocks);
  scan_blocks<<<blocks, width>>>(values, scanned, sums, count);
  if (blocks == 1) return;
  scan(sums, offsets, blocks);
  add_offsets<<<blocks, width>>>(scanned, offsets, count);
  CHECK(cudaDeviceSynchronize());
}

int main() {
  for (const int count : {1, 31, 512, 513, 100'000, 300'001}) {
    const auto values = random_values<int>(count, -50, 100, count);
    Buffer<int> input(values), output(count);
    scan(input, output, count);
    std::vector<int> expected(count);
    for (int i = 1; i < count; ++i) expected[i] = expected[i - 1] + values[i - 1];
    EXPECT(output.read() == expected);
  }
  return finish("scan_blelloch");
}
