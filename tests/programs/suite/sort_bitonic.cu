// Bitonic sorting networks: whole blocks in shared memory, longer strides in global memory.
#include "suite.hpp"

constexpr unsigned width = 512;  // keys that a block of half as many threads sorts

template <class T>
__device__ void order(T& a, T& b, bool ascending) {
  if ((b < a) == ascending) {
    const T old = a;
    a = b;
    b = old;
  }
}

template <class T>
__global__ void sort_in_shared(T* keys, unsigned size, unsigned first_stride) {
  __shared__ T cells[width];
  T* const mine = keys + blockIdx.x * width;
  cells[threadIdx.x] = mine[threadIdx.x];
  cells[threadIdx.x + width / 2] = mine[threadIdx.x + width / 2];
  // All sizes up to the block's own, or only the short strides of a longer one.
  for (unsigned length = first_stride == 0 ? 2 : size; length <= size; length *= 2) {
    for (unsigned stride = first_stride == 0 ? length / 2 : first_stride; stride > 0; stride /= 2) {
      __syncthreads();
      const unsigned at = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
      const bool ascending = ((blockIdx.x * width + at) & length) == 0;
      order(cells[at], cells[at + stride], ascending);
    }
  }
  __syncthreads();
  mine[threadIdx.x] = cells[threadIdx.x];
  mine[threadIdx.x + width / 2] = cells[threadIdx.x + width / 2];
}

template <class T>
__global__ void merge_in_global(T* keys, unsigned length, unsigned stride) {
  const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned at = 2 * thread - (thread & (stride - 1));
  order(keys[at], keys[at + stride], (at & length) == 0);
}

template <class T>
void sort(T* keys, unsigned count) {
  const unsigned blocks = count / width;
  sort_in_shared<<<blocks, width / 2>>>(keys, width, 0);
  for (unsigned length = 2 * width; length <= count; length *= 2) {
    for (unsigned stride = length / 2; stride >= width; stride /= 2)
      merge_in_global<<<blocks, width / 2>>>(keys, length, stride);
    sort_in_shared<<<blocks, width / 2>>>(keys, length, width / 2);
  }
}

template <class T>
void expect_sorts(unsigned count) {
  std::vector<T> keys = random_values<T>(count, -1e6, 1e6, count);
  Buffer<T> device(keys);
  sort(static_cast<T*>(device), count);
  std::sort(keys.begin(), keys.end());
  EXPECT(device.read() == keys);
}

int main() {
  expect_sorts<int>(width);
  expect_sorts<int>(16 * width);
  expect_sorts<float>(8 * width);
  expect_sorts<long long>(4 * width);
  return finish("sort_bitonic");
}
