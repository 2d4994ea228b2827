// Prefix sums in one pass: a block waits for what the blocks before it publish.
#include "suite.hpp"

struct State {
  unsigned status;  // 0 nothing, 1 the block's own sum, 2 the sum of all up to it
  int sum;
};

__global__ void scan(const int* values, int* scanned, State* states, unsigned* next, int count) {
  __shared__ int cells[2][256];
  __shared__ int before;
  __shared__ unsigned block;
  // Blocks are numbered as they start, so that those before have started, too.
  if (threadIdx.x == 0) block = atomicAdd(next, 1);
  __syncthreads();
  const int i = block * blockDim.x + threadIdx.x;
  int from = 0;
  cells[0][threadIdx.x] = i < count ? values[i] : 0;
  for (int step = 1; step < blockDim.x; step *= 2) {
    __syncthreads();
    const int add = threadIdx.x >= step ? cells[from][threadIdx.x - step] : 0;
    cells[1 - from][threadIdx.x] = cells[from][threadIdx.x] + add;
    from = 1 - from;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    const int own = cells[from][blockDim.x - 1];
    volatile State* state = states + block;
    state->sum = own;
    __threadfence();
    state->status = block == 0 ? 2 : 1;
    int sum = 0;
    for (int k = static_cast<int>(block) - 1; k >= 0; --k) {
      volatile State* other = states + k;
      unsigned status;
      while ((status = other->status) == 0) {
      }
      __threadfence();
      // A block goes from 1 to 2 with another sum: what was read must belong to the status.
      if (status == 2) {
        sum += other->sum;
        break;
      }
      const int its_own = other->sum;
      __threadfence();
      if (other->status == status) {
        sum += its_own;
      } else {
        ++k;
      }
    }
    before = sum;
    if (block != 0) {
      state->status = 0;
      __threadfence();
      state->sum = sum + own;
      __threadfence();
      state->status = 2;
    }
  }
  __syncthreads();
  if (i < count) scanned[i] = before + cells[from][threadIdx.x];
}

int main() {
  const int count = 60'007, threads = 256;
  const int blocks = blocks_for(count, threads);
  const auto values = random_values<int>(count, -9, 10);
  Buffer<int> input(values), output(count);
  Buffer<State> states(blocks);
  Buffer<unsigned> next(1);
  scan<<<blocks, threads>>>(input, output, states, next, count);
  const std::vector<int> result = output.read();
  int sum = 0, wrong = 0;
  for (int i = 0; i < count; ++i) wrong += result[i] != (sum += values[i]);
  EXPECT(wrong == 0);
  return finish("scan_lookback");
}
