#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphRemoveDependencies {

CONFORMANCE_SUITE(cuGraphRemoveDependencies, Context);
CONFORMANCE_SUITE(cuGraphRemoveDependencies_fresh, Uninitialised);

using Remove =
    std::function<CUresult(CUgraph, const CUgraphNode*, const CUgraphNode*, std::size_t)>;
std::vector<Remove> forms() {
  return {[](CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, std::size_t count) {
            return driver().cuGraphRemoveDependencies(graph, from, to, count);
          },
          [](CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, std::size_t count) {
            return driver().cuGraphRemoveDependencies_v2(graph, from, to, nullptr, count);
          },
          [](CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, std::size_t count) {
            const std::vector<CUgraphEdgeData> data(count);
            return driver().cuGraphRemoveDependencies_v2(graph, from, to, data.data(), count);
          }};
}

TEST_F(cuGraphRemoveDependencies, RemovesExactlyThePairs) {
  for (const Remove& remove : forms()) {
    const Graph graph;
    const CUgraphNode a = add_empty(graph);
    const CUgraphNode b = add_empty(graph, {a});
    const CUgraphNode c = add_empty(graph, {a, b});
    const Nodes from{a, b};
    const Nodes to{b, c};
    EXPECT_CUDA_OK(remove(graph, from.data(), to.data(), 2));
    EXPECT_EQ(edges_of(graph), (Edges{{a, c}}));
    EXPECT_EQ(dependents_of(a), Nodes{c});
    EXPECT_TRUE(dependencies_of(b).empty());
    EXPECT_EQ(nodes_of(graph).size(), 3U);
  }
}

TEST_F(cuGraphRemoveDependencies, LetsAnotherOrderTakeItsPlace) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph graph;
  const CUgraphNode a = add_kernel(graph, {}, scale_add, buffer, {3, 1});
  const CUgraphNode b = add_kernel(graph, {a}, scale_add, buffer, {5, 7});
  ASSERT_CUDA_OK(driver().cuGraphRemoveDependencies(graph, &a, &b, 1));
  ASSERT_CUDA_OK(driver().cuGraphAddDependencies(graph, &b, &a, 1));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, (value * 5 + 7) * 3 + 1));
}

TEST_F(cuGraphRemoveDependencies, LeavesExecutablesAlone) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph graph;
  const CUgraphNode a = add_kernel(graph, {}, scale_add, buffer, {3, 1});
  const CUgraphNode b = add_kernel(graph, {a}, scale_add, buffer, {5, 7});
  const Executable exec(graph);
  ASSERT_CUDA_OK(driver().cuGraphRemoveDependencies(graph, &a, &b, 1));
  ASSERT_CUDA_OK(driver().cuGraphAddDependencies(graph, &b, &a, 1));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, (value * 3 + 1) * 5 + 7));
}

TEST_F(cuGraphRemoveDependencies, IgnoresTheArraysWhenTheCountIsZero) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  for (const Remove& remove : forms()) {
    EXPECT_CUDA_OK(remove(graph, nullptr, nullptr, 0));
    EXPECT_CUDA_OK(remove(graph, &a, &b, 0));
  }
  EXPECT_EQ(edges_of(graph), (Edges{{a, b}}));
}

TEST_F(cuGraphRemoveDependencies, RefusesOneThatDoesNotExist) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph);
  for (const Remove& remove : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(graph, &b, &a, 1)) << "the other direction";
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(graph, &a, &c, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(graph, &a, &a, 1));
  }
  EXPECT_EQ(edges_of(graph), (Edges{{a, b}}));
}

TEST_F(cuGraphRemoveDependencies, RefusesEdgesOfAnotherGraph) {
  const Graph graph;
  const Graph other;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  for (const Remove& remove : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(other, &a, &b, 1));
  }
  EXPECT_EQ(edges_of(graph), (Edges{{a, b}}));
}

TEST_F(cuGraphRemoveDependencies, RefusesNull) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode none = nullptr;
  for (const Remove& remove : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(nullptr, &a, &b, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(graph, nullptr, &b, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(graph, &a, nullptr, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(graph, &none, &b, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, remove(graph, &a, &none, 1));
  }
  EXPECT_EQ(edges_of(graph), (Edges{{a, b}}));
}

TEST_F(cuGraphRemoveDependencies, IsSafeDuringCapture) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  expect_safe_in_capture(
      [&] { return driver().cuGraphRemoveDependencies(graph, &a, &b, 1); },
      [&] { check(driver().cuGraphAddDependencies(graph, &a, &b, 1), "cuGraphAddDependencies"); });
}

// Undocumented.
TEST_F(cuGraphRemoveDependencies, NeedsNoCurrentContext) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  check(driver().cuGraphAddDependencies(graph, &a, &b, 1), "cuGraphAddDependencies");
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphRemoveDependencies(graph, &a, &b, 1));
}

TEST_F(cuGraphRemoveDependencies_fresh, BeforeInit) {
  const auto node = garbage_handle<CUgraphNode>();
  for (const Remove& remove : forms()) {
    EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                               remove(garbage_handle<CUgraph>(), &node, &node, 1));
  }
}

}  // namespace vgpu::conformance::test_cuGraphRemoveDependencies
