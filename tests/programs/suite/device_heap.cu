// Memory that kernels take and give back: buffers that outlive a launch, lists, the heap's limit.
#include "suite.hpp"

struct Node {
  int value;
  Node* next;
};

__global__ void make_lists(Node** heads, int* failed) {
  Node* head = nullptr;
  for (int i = 0; i <= threadIdx.x; ++i) {
    Node* const node = static_cast<Node*>(malloc(sizeof(Node)));
    if (node == nullptr) {
      atomicAdd(failed, 1);
      return;
    }
    node->value = i;
    node->next = head;
    head = node;
  }
  heads[threadIdx.x] = head;
}

__global__ void sum_and_free(Node** heads, int* sums) {
  int sum = 0;
  for (Node* node = heads[threadIdx.x]; node != nullptr;) {
    sum += node->value;
    Node* const next = node->next;
    free(node);
    node = next;
  }
  sums[threadIdx.x] = sum;
}

__global__ void by_block(int* sums) {
  __shared__ int* cells;
  if (threadIdx.x == 0) cells = new int[blockDim.x];
  __syncthreads();
  cells[threadIdx.x] = threadIdx.x * (blockIdx.x + 1);
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int i = 0; i < blockDim.x; ++i) sums[blockIdx.x] += cells[i];
  delete[] cells;
}

__global__ void exhaust(int* taken) {
  // More than the heap has: the first that does not fit is null, and so are all as large.
  while (*taken < 100) {
    if (malloc(1 << 20) == nullptr) break;
    ++*taken;
  }
}

int main() {
  CHECK(cudaDeviceSetLimit(cudaLimitMallocHeapSize, 16 << 20));
  Buffer<Node*> heads(64);
  Buffer<int> sums(64), failed(1), of_blocks(5), taken(1);
  make_lists<<<1, 64>>>(heads, failed);
  sum_and_free<<<1, 64>>>(heads, sums);
  EXPECT(failed.read()[0] == 0);
  const auto sum = sums.read();
  for (int i = 0; i < 64; ++i) EXPECT(sum[i] == i * (i + 1) / 2);
  by_block<<<5, 96>>>(of_blocks);
  const auto of_block = of_blocks.read();
  for (int block = 0; block < 5; ++block) EXPECT(of_block[block] == 96 * 95 / 2 * (block + 1));
  exhaust<<<1, 1>>>(taken);
  const int megabytes = taken.read()[0];
  EXPECT(megabytes >= 8 && megabytes <= 16);
  return finish("device_heap");
}
