#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphChildGraphNodeGetGraph {

CONFORMANCE_SUITE(cuGraphChildGraphNodeGetGraph, Context);
CONFORMANCE_SUITE(cuGraphChildGraphNodeGetGraph_fresh, Uninitialised);

TEST_F(cuGraphChildGraphNodeGetGraph, ReturnsTheNodesOwnGraph) {
  const Graph child;
  add_empty(child, {add_empty(child)});
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  const CUgraphNode other = add_child(graph, {}, child);
  const auto [first, second] = expect_writes<CUgraph>(
      [&](CUgraph* inner) { return driver().cuGraphChildGraphNodeGetGraph(node, inner); });
  EXPECT_EQ(first, second) << "one handle, however often it is asked for";
  EXPECT_NE(first, child.get());
  EXPECT_NE(first, graph.get());
  EXPECT_EQ(nodes_of(first).size(), 2U);
  EXPECT_EQ(edges_of(first).size(), 1U);
  CUgraph of_other = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(other, &of_other));
  EXPECT_NE(of_other, first);
}

TEST_F(cuGraphChildGraphNodeGetGraph, ChangesToItAreTheNodes) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph child;
  add_memset(child, {}, buffer, ~value);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  CUgraph inner = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(node, &inner));
  const CUgraphNode set = only_node(inner);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, value);
  ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(set, &params));
  add_kernel(inner, {set}, module.kernel("scale_add"), buffer, {3, 1});
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value * 3 + 1));
  EXPECT_EQ(nodes_of(child).size(), 1U);
}

TEST_F(cuGraphChildGraphNodeGetGraph, ItCannotBeRunByItself) {
  const Graph child;
  add_empty(child);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  CUgraph inner = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(node, &inner));
  CUgraphExec exec = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_SUPPORTED, driver().cuGraphInstantiateWithFlags(&exec, inner, 0));
}

TEST_F(cuGraphChildGraphNodeGetGraph, RefusesNodesOfOtherTypes) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  expect_leaves<CUgraph>(CUDA_ERROR_INVALID_VALUE, [&](CUgraph* inner) {
    return driver().cuGraphChildGraphNodeGetGraph(node, inner);
  });
}

TEST_F(cuGraphChildGraphNodeGetGraph, RefusesNull) {
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, Graph());
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphChildGraphNodeGetGraph(node, nullptr));
  expect_leaves<CUgraph>(CUDA_ERROR_INVALID_VALUE, [](CUgraph* inner) {
    return driver().cuGraphChildGraphNodeGetGraph(nullptr, inner);
  });
}

// Undocumented.
TEST_F(cuGraphChildGraphNodeGetGraph, IsSafeDuringCapture) {
  const Graph child;
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  expect_safe_in_capture([&] {
    CUgraph inner = nullptr;
    return driver().cuGraphChildGraphNodeGetGraph(node, &inner);
  });
}

// Undocumented.
TEST_F(cuGraphChildGraphNodeGetGraph, NeedsNoCurrentContext) {
  const Graph child;
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  const NoContext none;
  CUgraph inner = nullptr;
  EXPECT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(node, &inner));
}

TEST_F(cuGraphChildGraphNodeGetGraph_fresh, BeforeInit) {
  expect_leaves<CUgraph>(CUDA_ERROR_NOT_INITIALIZED, [](CUgraph* inner) {
    return driver().cuGraphChildGraphNodeGetGraph(garbage_handle<CUgraphNode>(), inner);
  });
}

}  // namespace vgpu::conformance::test_cuGraphChildGraphNodeGetGraph
