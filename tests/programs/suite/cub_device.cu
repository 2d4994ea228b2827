// CUB's algorithms over the whole device.
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_reduce.cuh>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_select.cuh>

#include "suite.hpp"

/// Asks an algorithm for its memory, then runs it.
template <class Algorithm>
void run(Algorithm algorithm) {
  size_t bytes = 0;
  CHECK(algorithm(nullptr, bytes));
  Buffer<char> memory(bytes);
  CHECK(algorithm(static_cast<void*>(static_cast<char*>(memory)), bytes));
  CHECK(cudaDeviceSynchronize());
}

struct Odd {
  __host__ __device__ bool operator()(int value) const { return value & 1; }
};

int main() {
  const int count = 20'011;
  const auto host = random_values<int>(count, -100000, 100000);
  Buffer<int> values(host), out(count), number(1);
  int *in = values, *to = out, *n = number;

  run([&](void* m, size_t& s) { return cub::DeviceReduce::Sum(m, s, in, n, count); });
  int sum = 0;
  for (int value : host) sum += value;
  EXPECT(number.read()[0] == sum);
  run([&](void* m, size_t& s) { return cub::DeviceReduce::Max(m, s, in, n, count); });
  EXPECT(number.read()[0] == *std::max_element(host.begin(), host.end()));

  run([&](void* m, size_t& s) { return cub::DeviceScan::InclusiveSum(m, s, in, to, count); });
  std::vector<int> expected(count);
  for (int i = 0, total = 0; i < count; ++i) expected[i] = total += host[i];
  EXPECT(out.read() == expected);

  run([&](void* m, size_t& s) { return cub::DeviceSelect::If(m, s, in, to, n, count, Odd()); });
  expected.clear();
  std::copy_if(host.begin(), host.end(), std::back_inserter(expected), Odd());
  auto selected = out.read();
  EXPECT(number.read()[0] == static_cast<int>(expected.size()));
  selected.resize(expected.size());
  EXPECT(selected == expected);

  run([&](void* m, size_t& s) { return cub::DeviceRadixSort::SortKeys(m, s, in, to, count); });
  expected = host;
  std::sort(expected.begin(), expected.end());
  EXPECT(out.read() == expected);
  return finish("cub_device");
}
