// Quicksort by recursion in each thread, merge by ranks over the whole.
#include "suite.hpp"

__device__ __noinline__ void quicksort(int* keys, int low, int high) {
  if (low >= high) return;
  const int pivot = keys[low + (high - low) / 2];
  int i = low, j = high;
  while (i <= j) {
    while (keys[i] < pivot) ++i;
    while (keys[j] > pivot) --j;
    if (i <= j) {
      const int old = keys[i];
      keys[i++] = keys[j];
      keys[j--] = old;
    }
  }
  quicksort(keys, low, j);
  quicksort(keys, i, high);
}

__global__ void sort_pieces(int* keys, int count, int piece) {
  const int begin = (blockIdx.x * blockDim.x + threadIdx.x) * piece;
  if (begin < count) quicksort(keys, begin, min(begin + piece, count) - 1);
}

// Keys of the other piece that come before this one; equal keys of the left piece come first.
__device__ int rank_in(const int* keys, int begin, int end, int key, bool after_equals) {
  while (begin < end) {
    const int middle = (begin + end) / 2;
    if (keys[middle] < key || (after_equals && keys[middle] == key)) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

__global__ void merge_pieces(const int* keys, int* merged, int count, int piece) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int pair = i / (2 * piece) * 2 * piece;
  const int middle = min(pair + piece, count), end = min(pair + 2 * piece, count);
  const bool left = i < middle;
  const int other = left ? rank_in(keys, middle, end, keys[i], false) - middle
                         : rank_in(keys, pair, middle, keys[i], true) - pair;
  merged[pair + (left ? i - pair : i - middle) + other] = keys[i];
}

int main() {
  const int count = 5'003;
  int piece = 40;
  std::vector<int> keys = random_values<int>(count, -300, 300);
  CHECK(cudaDeviceSetLimit(cudaLimitStackSize, 16 << 10));
  Buffer<int> a(keys), b(count);
  sort_pieces<<<4, 32>>>(a, count, piece);
  int *from = a, *to = b;
  for (; piece < count; piece *= 2, std::swap(from, to))
    merge_pieces<<<blocks_for(count, 128), 128>>>(from, to, count, piece);
  std::sort(keys.begin(), keys.end());
  EXPECT((from == a ? a : b).read() == keys);
  return finish("sort_quick");
}
