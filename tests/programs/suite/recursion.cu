// Recursive device functions: single, mutual, deep, with a stack that the program sizes.
#include "suite.hpp"

__device__ __noinline__ unsigned fibonacci(unsigned n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

__device__ __noinline__ int ackermann(int m, int n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

__device__ bool is_odd(unsigned n);
__device__ __noinline__ bool is_even(unsigned n) {
  return n == 0 || is_odd(n - 1);
}
__device__ __noinline__ bool is_odd(unsigned n) {
  return n != 0 && is_even(n - 1);
}

// Queens on a board, by columns that are taken and both kinds of diagonals.
__device__ __noinline__ int queens(int n, unsigned columns, unsigned left, unsigned right) {
  const unsigned all = (1u << n) - 1;
  if (columns == all) return 1;
  int count = 0;
  for (unsigned free = all & ~(columns | left | right); free != 0; free &= free - 1) {
    const unsigned bit = free & -free;
    count += queens(n, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

__device__ __noinline__ int depth_sum(int depth, const int* values) {
  int local[4] = {depth, values[depth % 8], 0, 1};
  if (depth > 0) local[2] = depth_sum(depth - 1, values);
  return local[0] + local[1] + local[2] + local[3];
}

__global__ void run(unsigned* fib, int* other) {
  fib[threadIdx.x] = fibonacci(threadIdx.x % 14);
  __shared__ int values[8];
  if (threadIdx.x < 8) values[threadIdx.x] = threadIdx.x;
  __syncthreads();
  if (threadIdx.x == 3) other[0] = ackermann(2, 4);
  if (threadIdx.x == 7) other[1] = is_even(51) * 10 + is_odd(37);
  if (threadIdx.x == 9) other[2] = depth_sum(100, values);
  if (threadIdx.x < 6)
    atomicAdd(&other[3], queens(6, 1u << threadIdx.x, 2u << threadIdx.x, (1u << threadIdx.x) >> 1));
}

int main() {
  CHECK(cudaDeviceSetLimit(cudaLimitStackSize, 32 << 10));
  size_t stack = 0;
  CHECK(cudaDeviceGetLimit(&stack, cudaLimitStackSize));
  EXPECT(stack >= 32 << 10);
  Buffer<unsigned> fib(32);
  Buffer<int> other(4);
  run<<<1, 32>>>(fib, other);
  const auto numbers = fib.read();
  const auto rest = other.read();
  unsigned a = 0, b = 1;
  for (int i = 0; i < 14; ++i) {
    EXPECT(numbers[i] == a);
    b += a;
    a = b - a;
  }
  EXPECT(rest[0] == 11);
  EXPECT(rest[1] == 1);
  int sum = 0;
  for (int depth = 0; depth <= 100; ++depth) sum += depth + depth % 8 + 1;
  EXPECT(rest[2] == sum);
  EXPECT(rest[3] == 4);
  return finish("recursion");
}
