// Kernels that print and assert.
#include <cassert>
#include <cstdio>

extern "C" __global__ void print_line(int number) { printf("kernel line %d\n", number); }

extern "C" __global__ void assert_below(int limit) {
  printf("thread %d\n", threadIdx.x);
  assert(static_cast<int>(threadIdx.x) < limit);
}
