// Threads that wait for each other make progress: lanes of a warp, warps of a block, blocks of a grid.
#include "program.hpp"

__device__ int lock_word = 0;
__device__ volatile int flag = 0;

__global__ void take_turns(int* count) {
  for (bool done = false; !done;) {
    if (atomicCAS(&lock_word, 0, 1) != 0) continue;
    __threadfence();
    ++*static_cast<volatile int*>(count);
    __threadfence();
    atomicExch(&lock_word, 0);
    done = true;
  }
}

// The first lanes wait for the last one.
__global__ void wait_in_warp(volatile int* word) {
  if (threadIdx.x < 31) {
    while (*word == 0) {
    }
  } else {
    *word = 1;
  }
}

// The first block waits for the last one.
__global__ void wait_for_block(int* seen) {
  if (blockIdx.x == gridDim.x - 1) {
    flag = 42;
  } else if (blockIdx.x == 0) {
    while (flag == 0) {
    }
    *seen = flag;
  }
}

int main() {
  int* words = nullptr;
  CHECK(cudaMalloc(&words, 3 * sizeof(int)));
  CHECK(cudaMemset(words, 0, 3 * sizeof(int)));
  take_turns<<<4, 96>>>(words);
  wait_in_warp<<<1, 32>>>(words + 1);
  wait_for_block<<<4, 32>>>(words + 2);
  int host[3] = {};
  CHECK(cudaMemcpy(host, words, sizeof host, cudaMemcpyDeviceToHost));
  EXPECT(host[0] == 4 * 96);
  EXPECT(host[1] == 1);
  EXPECT(host[2] == 42);
  return finish("independent_progress");
}
