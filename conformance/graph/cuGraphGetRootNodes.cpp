#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphGetRootNodes {

CONFORMANCE_SUITE(cuGraphGetRootNodes, Context);
CONFORMANCE_SUITE(cuGraphGetRootNodes_fresh, Uninitialised);

void expect_roots(CUgraph graph, const Nodes& expected) {
  expect_lists_nodes(expected, {[=](CUgraphNode* nodes, std::size_t* count) {
                       return driver().cuGraphGetRootNodes(graph, nodes, count);
                     }});
}

TEST_F(cuGraphGetRootNodes, ListsNodesWithoutDependencies) {
  const Graph graph;
  expect_roots(graph, {});
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  const CUgraphNode c = add_empty(graph);
  add_empty(graph, {a, b});
  expect_roots(graph, {a, b, c});
}

TEST_F(cuGraphGetRootNodes, FollowsTheEdges) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  ASSERT_CUDA_OK(driver().cuGraphAddDependencies(graph, &a, &b, 1));
  expect_roots(graph, {a});
  ASSERT_CUDA_OK(driver().cuGraphRemoveDependencies(graph, &a, &b, 1));
  ASSERT_CUDA_OK(driver().cuGraphAddDependencies(graph, &b, &a, 1));
  expect_roots(graph, {b});
  ASSERT_CUDA_OK(driver().cuGraphDestroyNode(b));
  expect_roots(graph, {a});
}

TEST_F(cuGraphGetRootNodes, ListsTheFirstCapturedNode) {
  const DeviceBuffer<unsigned> buffer(10);
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, 1, 10, stream));
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, 2, 10, stream));
  const Graph graph = capture.end();
  const Edges edges = edges_of(graph);
  ASSERT_EQ(edges.size(), 1U);
  expect_roots(graph, {edges[0].first});
}

TEST_F(cuGraphGetRootNodes, RefusesNull) {
  const Graph graph;
  CUgraphNode node = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphGetRootNodes(graph, nullptr, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphGetRootNodes(graph, &node, nullptr));
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [](std::size_t* count) {
    return driver().cuGraphGetRootNodes(nullptr, nullptr, count);
  });
}

TEST_F(cuGraphGetRootNodes, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [&](std::size_t* count) {
    return driver().cuGraphGetRootNodes(stale, nullptr, count);
  });
}

TEST_F(cuGraphGetRootNodes, IsSafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  expect_safe_in_capture([&] {
    std::size_t count = 0;
    return driver().cuGraphGetRootNodes(graph, nullptr, &count);
  });
}

// Undocumented.
TEST_F(cuGraphGetRootNodes, NeedsNoCurrentContext) {
  const Graph graph;
  add_empty(graph);
  const NoContext none;
  std::size_t count = 0;
  EXPECT_CUDA_OK(driver().cuGraphGetRootNodes(graph, nullptr, &count));
}

TEST_F(cuGraphGetRootNodes_fresh, BeforeInit) {
  expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED, [](std::size_t* count) {
    return driver().cuGraphGetRootNodes(garbage_handle<CUgraph>(), nullptr, count);
  });
}

}  // namespace vgpu::conformance::test_cuGraphGetRootNodes
