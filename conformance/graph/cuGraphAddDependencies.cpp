#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddDependencies {

CONFORMANCE_SUITE(cuGraphAddDependencies, Context);
CONFORMANCE_SUITE(cuGraphAddDependencies_fresh, Uninitialised);

using Add = std::function<CUresult(CUgraph, const CUgraphNode*, const CUgraphNode*, std::size_t)>;
std::vector<Add> forms() {
  return {[](CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, std::size_t count) {
            return driver().cuGraphAddDependencies(graph, from, to, count);
          },
          [](CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, std::size_t count) {
            return driver().cuGraphAddDependencies_v2(graph, from, to, nullptr, count);
          },
          [](CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, std::size_t count) {
            const std::vector<CUgraphEdgeData> data(count);
            return driver().cuGraphAddDependencies_v2(graph, from, to, data.data(), count);
          }};
}

TEST_F(cuGraphAddDependencies, AddsEachPair) {
  for (const Add& add : forms()) {
    const Graph graph;
    const CUgraphNode a = add_empty(graph);
    const CUgraphNode b = add_empty(graph);
    const CUgraphNode c = add_empty(graph);
    const Nodes from{a, a, b};
    const Nodes to{b, c, c};
    EXPECT_CUDA_OK(add(graph, from.data(), to.data(), 3));
    Edges expected{{a, b}, {a, c}, {b, c}};
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(edges_of(graph), expected);
    EXPECT_EQ(dependencies_of(c), sorted({a, b}));
    EXPECT_EQ(dependents_of(a), sorted({b, c}));
  }
}

TEST_F(cuGraphAddDependencies, OrdersTheNextLaunches) {
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  for (const bool forwards : {true, false}) {
    const auto value = random_value<unsigned>();
    const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
    const Graph graph;
    const CUgraphNode a = add_kernel(graph, {}, scale_add, buffer, {3, 1});
    const CUgraphNode b = add_kernel(graph, {}, scale_add, buffer, {5, 7});
    ASSERT_CUDA_OK(forwards ? driver().cuGraphAddDependencies(graph, &a, &b, 1)
                            : driver().cuGraphAddDependencies(graph, &b, &a, 1));
    graph.run();
    EXPECT_EQ(buffer.read(),
              all(buffer, forwards ? (value * 3 + 1) * 5 + 7 : (value * 5 + 7) * 3 + 1));
  }
}

TEST_F(cuGraphAddDependencies, IgnoresTheArraysWhenTheCountIsZero) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  for (const Add& add : forms()) {
    EXPECT_CUDA_OK(add(graph, nullptr, nullptr, 0));
    EXPECT_CUDA_OK(add(graph, &a, &b, 0));
  }
  EXPECT_TRUE(edges_of(graph).empty());
}

TEST_F(cuGraphAddDependencies, RefusesAnExistingOne) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  for (const Add& add : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, &a, &b, 1));
  EXPECT_EQ(edges_of(graph), (Edges{{a, b}}));
}

TEST_F(cuGraphAddDependencies, RefusesNodesOfAnotherGraph) {
  const Graph graph;
  const Graph other;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  const CUgraphNode stranger = add_empty(other);
  for (const Add& add : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, &a, &stranger, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, &stranger, &a, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(other, &a, &b, 1));
  }
  EXPECT_TRUE(edges_of(graph).empty());
  EXPECT_TRUE(edges_of(other).empty());
}

TEST_F(cuGraphAddDependencies, RefusesANodeThatWaitsForItself) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  for (const Add& add : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, &a, &a, 1));
  EXPECT_TRUE(edges_of(graph).empty());
}

TEST_F(cuGraphAddDependencies, KeepsTheDataOfAnEdge) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const Module module;
  const ProgrammaticPair pair(module.kernel("empty"));
  EXPECT_EQ(type_of(pair.from), CU_GRAPH_NODE_TYPE_KERNEL);
  CUgraphNode found = nullptr;
  CUgraphEdgeData data{};
  std::size_t count = 1;
  EXPECT_CUDA_OK(driver().cuGraphNodeGetDependencies_v2(pair.to, &found, &data, &count));
  EXPECT_TRUE(same_edge(data, programmatic_edge()));
}

TEST_F(cuGraphAddDependencies, RefusesNonsenseInTheEdgeData) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  CUgraphEdgeData data{};
  data.type = 200;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphAddDependencies_v2(graph, &a, &b, &data, 1));
  EXPECT_TRUE(edges_of(graph).empty());
}

TEST_F(cuGraphAddDependencies, RefusesNull) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  const CUgraphNode none = nullptr;
  for (const Add& add : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(nullptr, &a, &b, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, nullptr, &b, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, &a, nullptr, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, &none, &b, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, add(graph, &a, &none, 1));
  }
  EXPECT_TRUE(edges_of(graph).empty());
}

TEST_F(cuGraphAddDependencies, RefusesADestroyedNode) {
  const Graph graph;
  const CUgraphNode stale = stale_node(graph);
  const CUgraphNode a = add_memset(graph, {}, DeviceBuffer<unsigned>(1), 1);
  if (a == stale) return;  // its handle means the new node now
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphAddDependencies(graph, &a, &stale, 1));
}

TEST_F(cuGraphAddDependencies, IsSafeDuringCapture) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  expect_safe_in_capture([&] {
    const CUresult result = driver().cuGraphAddDependencies(graph, &a, &b, 1);
    driver().cuGraphRemoveDependencies(graph, &a, &b, 1);
    return result;
  });
}

// Undocumented.
TEST_F(cuGraphAddDependencies, NeedsNoCurrentContext) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  const NoContext none;
  const CUresult result = driver().cuGraphAddDependencies(graph, &a, &b, 1);
  driver().cuGraphRemoveDependencies(graph, &a, &b, 1);
  EXPECT_CUDA_OK(result);
}

TEST_F(cuGraphAddDependencies_fresh, BeforeInit) {
  const auto node = garbage_handle<CUgraphNode>();
  for (const Add& add : forms()) {
    EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                               add(garbage_handle<CUgraph>(), &node, &node, 1));
  }
}

}  // namespace vgpu::conformance::test_cuGraphAddDependencies
