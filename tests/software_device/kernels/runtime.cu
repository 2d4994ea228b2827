// What the tests of the device runtime and of memcheck launch.
#include <cassert>
#include <cstdio>

__constant__ int constant_value = 3;
__managed__ int managed_value = 17;

extern "C" __global__ void say(int first, int count) {
  for (int i = 0; i < count; ++i) printf("line %d\n", first + i);
}

extern "C" __global__ void check(int limit) { assert(static_cast<int>(threadIdx.x) < limit); }

extern "C" __global__ void wait_for(volatile int* word) {
  while (*word == 0) {
  }
}

extern "C" __global__ void take(size_t bytes, unsigned long long* got) {
  *got = reinterpret_cast<unsigned long long>(malloc(bytes));
}
extern "C" __global__ void give_back(void* block) { free(block); }

extern "C" __global__ void add_managed(int value) { managed_value += value; }

extern "C" __global__ void write_constant() {
  asm volatile("st.u32 [%0], %1;" ::"l"(&constant_value), "r"(1));
}

// Neighbours of the other warp are read with and without a barrier in between.
extern "C" __global__ void reverse_racing(int* out) {
  __shared__ volatile int values[64];
  values[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = values[63 - threadIdx.x];
}
extern "C" __global__ void reverse(int* out) {
  __shared__ volatile int values[64];
  for (int round = 0; round < 3; ++round) {
    values[threadIdx.x] = threadIdx.x;
    __syncthreads();
    out[threadIdx.x] = values[63 - threadIdx.x];
    __syncthreads();
  }
}
// Warp 0 tells warp 1 by an atomic operation that its value is there.
extern "C" __global__ void hand_over(int* out) {
  __shared__ volatile int value;
  __shared__ int ready;
  if (threadIdx.x == 0) ready = 0;
  __syncthreads();
  if (threadIdx.x == 0) {
    value = 5;
    __threadfence_block();
    atomicExch(&ready, 1);
  }
  if (threadIdx.x == 32) {
    while (atomicAdd(&ready, 0) == 0) {
    }
    *out = value;
  }
}
extern "C" __global__ void read_unwritten_shared(int* out) {
  __shared__ volatile int values[32];
  out[threadIdx.x] = values[threadIdx.x];
}
extern "C" __global__ void copy_words(const int* from, int* to) {
  to[threadIdx.x] = from[threadIdx.x];
}
