// Thrust: containers, sorting by key, reductions, iterators made of others.
#include <thrust/device_vector.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/reduce.h>
#include <thrust/sort.h>

#include "suite.hpp"

struct Square {
  __host__ __device__ long long operator()(int value) const { return 1LL * value * value; }
};

int main() {
  const int count = 5'000;
  auto host = random_values<int>(count, 0, 1000);
  thrust::device_vector<int> keys(host.begin(), host.end()), order(count);
  thrust::copy_n(thrust::counting_iterator<int>(0), count, order.begin());

  const auto squares_begin = thrust::make_transform_iterator(keys.begin(), Square());
  const long long squares = thrust::reduce(squares_begin, squares_begin + count, 0LL);
  long long expected = 0;
  for (int value : host) expected += Square()(value);
  EXPECT(squares == expected);

  thrust::stable_sort_by_key(keys.begin(), keys.end(), order.begin());
  std::vector<int> sorted_order(count), device_order(count);
  for (int i = 0; i < count; ++i) sorted_order[i] = i;
  std::stable_sort(sorted_order.begin(), sorted_order.end(),
                   [&](int a, int b) { return host[a] < host[b]; });
  thrust::copy(order.begin(), order.end(), device_order.begin());
  EXPECT(device_order == sorted_order);

  return finish("thrust_algorithms");
}
