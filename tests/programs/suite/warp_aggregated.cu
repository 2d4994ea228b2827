// Atomics that a warp makes together: filtering by active mask, counting by matching keys.
#include "suite.hpp"

__device__ int take_slot(int* counter) {
  const unsigned active = __activemask();
  const int lane = threadIdx.x % 32, leader = __ffs(active) - 1;
  int base = 0;
  if (lane == leader) base = atomicAdd(counter, __popc(active));
  base = __shfl_sync(active, base, leader);
  return base + __popc(active & ((1u << lane) - 1));
}

__global__ void filter(const int* values, int count, int* kept, int* counter) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count && values[i] > 0) kept[take_slot(counter)] = values[i];
}

__global__ void count_keys(const int* keys, int count, int* counts, int* atomics) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const unsigned active = __ballot_sync(__activemask(), true);
  const unsigned same = __match_any_sync(active, keys[i]);
  if (__ffs(same) - 1 == threadIdx.x % 32) {
    atomicAdd(&counts[keys[i]], __popc(same));
    atomicAdd(atomics, 1);
  }
}

int main() {
  const int count = 10'000;
  const auto values = random_values<int>(count, -100, 100);
  Buffer<int> input(values), kept(count), counter(1);
  filter<<<blocks_for(count, 128), 128>>>(input, count, kept, counter);
  std::vector<int> expected, result = kept.read();
  std::copy_if(values.begin(), values.end(), std::back_inserter(expected),
               [](int v) { return v > 0; });
  const int found = counter.read()[0];
  EXPECT(found == static_cast<int>(expected.size()));
  result.resize(found);
  std::sort(result.begin(), result.end());
  std::sort(expected.begin(), expected.end());
  EXPECT(result == expected);

  std::vector<int> keys(count), counts(20);
  Random random(4);
  for (int& key : keys) ++counts[key = random.below(20)];
  Buffer<int> device_keys(keys), device_counts(20), atomics(1);
  count_keys<<<blocks_for(count, 128), 128>>>(device_keys, count, device_counts, atomics);
  EXPECT(device_counts.read() == counts);
  const int used = atomics.read()[0];
  EXPECT(used >= 20 && used < count);
  return finish("warp_aggregated");
}
