// Breadth-first search with a frontier in a queue, and components by pointer jumping.
#include <queue>

#include "suite.hpp"

__global__ void expand(const int* begins, const int* edges, int* depth, const int* frontier,
                       int size, int* next, int* next_size, int level) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= size) return;
  const int node = frontier[i];
  for (int k = begins[node]; k < begins[node + 1]; ++k)
    if (atomicCAS(&depth[edges[k]], -1, level) == -1) next[atomicAdd(next_size, 1)] = edges[k];
}

__global__ void hook(const int2* pairs, int count, int* parents, int* changed) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int a = parents[pairs[i].x], b = parents[pairs[i].y];
  if (a == b) return;
  atomicMin(&parents[max(a, b)], min(a, b));
  *changed = 1;
}

__global__ void jump(int* parents, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  volatile int* p = parents;
  while (p[i] != p[p[i]]) p[i] = p[p[i]];
}

int main() {
  const int nodes = 700, pairs = 800;
  Random random(8);
  std::vector<int2> list(pairs);
  std::vector<std::vector<int>> neighbours(nodes);
  for (int2& pair : list) {
    pair = make_int2(random.below(nodes), random.below(nodes));
    neighbours[pair.x].push_back(pair.y);
    neighbours[pair.y].push_back(pair.x);
  }
  std::vector<int> begins{0}, edges, expected(nodes, -1), component(nodes, -1);
  for (const auto& of_node : neighbours) {
    edges.insert(edges.end(), of_node.begin(), of_node.end());
    begins.push_back(static_cast<int>(edges.size()));
  }
  const auto visit = [&](int start, const auto& first, const auto& step) {
    std::queue<int> queue({start});
    first(start);
    for (; !queue.empty(); queue.pop())
      for (int other : neighbours[queue.front()])
        if (step(queue.front(), other)) queue.push(other);
  };
  visit(
      0, [&](int s) { expected[s] = 0; },
      [&](int from, int to) {
        if (expected[to] != -1) return false;
        expected[to] = expected[from] + 1;
        return true;
      });
  for (int i = 0; i < nodes; ++i)
    if (component[i] == -1)
      visit(
          i, [&](int s) { component[s] = i; },
          [&](int, int to) { return component[to] == -1 ? component[to] = i, true : false; });

  std::vector<int> start(nodes, -1), identity(nodes);
  start[0] = 0;
  for (int i = 0; i < nodes; ++i) identity[i] = i;
  Buffer<int> db(begins), de(edges), depth(start), a(nodes), b(nodes), size(1);
  int *from = a, *to = b;  // node 0 is the first frontier
  for (int count = 1, level = 1; count > 0; ++level, std::swap(from, to)) {
    CHECK(cudaMemset(size, 0, sizeof(int)));
    expand<<<blocks_for(count, 64), 64>>>(db, de, depth, from, count, to, size, level);
    count = size.read()[0];
  }
  EXPECT(depth.read() == expected);

  Buffer<int2> dlist(list);
  Buffer<int> parents(identity), changed(1);
  do {
    CHECK(cudaMemset(changed, 0, sizeof(int)));
    hook<<<blocks_for(pairs, 128), 128>>>(dlist, pairs, parents, changed);
    jump<<<blocks_for(nodes, 128), 128>>>(parents, nodes);
  } while (changed.read()[0] != 0);
  EXPECT(parents.read() == component);
  return finish("graph_search");
}
