// Sums by halving in shared memory, of several types and a length that fills no block.
#include "suite.hpp"

template <class T>
__global__ void block_sums(const T* values, T* sums, int count) {
  extern __shared__ unsigned char raw[];
  T* partial = reinterpret_cast<T*>(raw);
  T sum = T(0);
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    sum += values[i];
  partial[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half >>= 1) {
    if (threadIdx.x < half) partial[threadIdx.x] += partial[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = partial[0];
}

template <class T>
double device_sum(const std::vector<T>& values) {
  const int threads = 256, blocks = 7;
  Buffer<T> input(values), sums(blocks), total(1);
  const size_t shared = threads * sizeof(T);
  block_sums<<<blocks, threads, shared>>>(static_cast<const T*>(input), static_cast<T*>(sums),
                                          static_cast<int>(values.size()));
  block_sums<<<1, threads, shared>>>(static_cast<const T*>(sums), static_cast<T*>(total), blocks);
  return static_cast<double>(total.read()[0]);
}

template <class T>
double host_sum(const std::vector<T>& values) {
  double sum = 0;
  for (T value : values) sum += static_cast<double>(value);
  return sum;
}

int main() {
  const size_t count = 100'003;
  const auto ints = random_values<int>(count, -1000, 1000);
  EXPECT(device_sum(ints) == host_sum(ints));
  const auto longs = random_values<long long>(count, -1e12, 1e12, 2);
  EXPECT(device_sum(longs) == host_sum(longs));
  const auto floats = random_values<float>(count, 0, 1, 3);
  EXPECT(close_to(device_sum(floats), host_sum(floats), 1e-5));
  const auto doubles = random_values<double>(count, 0, 1, 4);
  EXPECT(close_to(device_sum(doubles), host_sum(doubles), 1e-12));
  EXPECT(device_sum(std::vector<int>{5}) == 5);
  return finish("reduction_tree");
}
