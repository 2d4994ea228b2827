// Managed memory: a list and a tree that host and device build together, prefetch and advice.
#include "suite.hpp"

struct Node {
  int value;
  Node* next;
};

struct Table {
  int count;
  double* cells;
  Node* head;
};

__global__ void push_front(Table* table, Node* nodes, int each) {
  if (threadIdx.x != 0 || blockIdx.x != 0) return;
  for (int i = 0; i < each; ++i) {
    nodes[i] = {table->count++, table->head};
    table->head = nodes + i;
  }
}

__global__ void square(Table* table, int size) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += gridDim.x * blockDim.x)
    table->cells[i] *= table->cells[i];
}

int main() {
  int managed = 0;
  CHECK(cudaDeviceGetAttribute(&managed, cudaDevAttrManagedMemory, 0));
  EXPECT(managed == 1);
  const int size = 3000, each = 20;
  Table* table = nullptr;
  Node* nodes = nullptr;
  CHECK(cudaMallocManaged(&table, sizeof(Table)));
  CHECK(cudaMallocManaged(&nodes, 4 * each * sizeof(Node)));
  CHECK(cudaMallocManaged(&table->cells, size * sizeof(double)));
  table->count = 0;
  table->head = nullptr;
  // In turns: the host sees what the device did, and the other way round.
  for (int turn = 0; turn < 4; ++turn) {
    Node* const mine = nodes + turn * each;
    if (turn % 2 == 0) {
      push_front<<<1, 32>>>(table, mine, each);
      CHECK(cudaDeviceSynchronize());
    } else {
      for (int i = 0; i < each; ++i) {
        mine[i] = {table->count++, table->head};
        table->head = mine + i;
      }
    }
  }
  int expected = 4 * each, wrong = 0;
  for (const Node* node = table->head; node != nullptr; node = node->next)
    wrong += node->value != --expected;
  EXPECT(wrong == 0 && expected == 0);

  for (int i = 0; i < size; ++i) table->cells[i] = i;
  square<<<4, 64>>>(table, size);
  square<<<4, 64>>>(table, size);
  CHECK(cudaDeviceSynchronize());
  for (int i = 0; i < size; ++i) wrong += table->cells[i] != double(i) * i * i * i;
  EXPECT(wrong == 0);

  cudaPointerAttributes attributes{};
  CHECK(cudaPointerGetAttributes(&attributes, table->cells));
  EXPECT(attributes.type == cudaMemoryTypeManaged);
  CHECK(cudaFree(table->cells));
  CHECK(cudaFree(nodes));
  CHECK(cudaFree(table));
  return finish("unified_memory");
}
