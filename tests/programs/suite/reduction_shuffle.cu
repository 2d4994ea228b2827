// Reductions by warp shuffles, and the pattern in which the last block to finish adds up.
#include "suite.hpp"

__device__ unsigned finished_blocks = 0;

template <class T, class Operation>
__device__ T warp_reduce(T value, Operation operation) {
  for (int step = 16; step > 0; step >>= 1)
    value = operation(value, __shfl_down_sync(0xffffffffu, value, step));
  return value;
}

template <class T, class Operation>
__device__ T block_reduce(T value, T neutral, Operation operation) {
  __shared__ T of_warps[32];
  value = warp_reduce(value, operation);
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = value;
  __syncthreads();
  value = threadIdx.x < blockDim.x / 32 ? of_warps[threadIdx.x] : neutral;
  __syncthreads();
  return threadIdx.x < 32 ? warp_reduce(value, operation) : value;
}

struct Maximum {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};
struct Sum {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};

template <class T, class Operation>
__global__ void reduce(const T* values, int count, T neutral, Operation operation, T* partial,
                       T* result) {
  __shared__ bool last;
  T value = neutral;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    value = operation(value, values[i]);
  value = block_reduce(value, neutral, operation);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = value;
    __threadfence();
    last = atomicInc(&finished_blocks, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) return;
  value = neutral;
  for (int i = threadIdx.x; i < gridDim.x; i += blockDim.x)
    value = operation(value, static_cast<volatile T*>(partial)[i]);
  value = block_reduce(value, neutral, operation);
  if (threadIdx.x == 0) *result = value;
}

template <class T, class Operation>
T device_reduce(const std::vector<T>& values, T neutral, Operation operation) {
  const int blocks = 9;
  Buffer<T> input(values), partial(blocks), result(1);
  reduce<<<blocks, 192>>>(static_cast<const T*>(input), static_cast<int>(values.size()), neutral,
                          operation, static_cast<T*>(partial), static_cast<T*>(result));
  return result.read()[0];
}

int main() {
  const auto ints = random_values<int>(50'001, -1e9, 1e9);
  EXPECT(device_reduce(ints, INT32_MIN, Maximum()) == *std::max_element(ints.begin(), ints.end()));
  const auto doubles = random_values<double>(50'001, -1, 1, 2);
  EXPECT(device_reduce(doubles, -1e300, Maximum()) ==
         *std::max_element(doubles.begin(), doubles.end()));
  long long sum = 0;
  std::vector<long long> longs(30'000);
  for (size_t i = 0; i < longs.size(); ++i) sum += longs[i] = static_cast<long long>(i * i) - 7;
  EXPECT(device_reduce(longs, 0LL, Sum()) == sum);
  EXPECT(device_reduce(std::vector<float>{1.5f, 2.5f}, 0.0f, Sum()) == 4.0f);
  return finish("reduction_shuffle");
}
