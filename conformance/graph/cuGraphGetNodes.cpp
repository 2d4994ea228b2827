#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphGetNodes {

CONFORMANCE_SUITE(cuGraphGetNodes, Context);
CONFORMANCE_SUITE(cuGraphGetNodes_fresh, Uninitialised);

void expect_nodes(CUgraph graph, const Nodes& expected) {
  expect_lists_nodes(expected, {[=](CUgraphNode* nodes, std::size_t* count) {
                       return driver().cuGraphGetNodes(graph, nodes, count);
                     }});
}

TEST_F(cuGraphGetNodes, ListsWhatWasAdded) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  expect_nodes(graph, {});
  const CUgraphNode a = add_empty(graph);
  expect_nodes(graph, {a});
  const CUgraphNode b = add_memset(graph, {a}, buffer, 1);
  const CUgraphNode c = add_empty(graph, {a, b});
  expect_nodes(graph, {a, b, c});
}

TEST_F(cuGraphGetNodes, ListsManyNodes) {
  const Graph graph;
  Nodes added;
  for (int i = 0; i < 300; ++i) {
    added.push_back(add_empty(graph, added.empty() ? Nodes{} : Nodes{added.back()}));
  }
  expect_nodes(graph, added);
}

TEST_F(cuGraphGetNodes, ForgetsDestroyedNodes) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph, {b});
  ASSERT_CUDA_OK(driver().cuGraphDestroyNode(b));
  expect_nodes(graph, {a, c});
}

TEST_F(cuGraphGetNodes, NamesCapturedNodesAlikeEachTime) {
  const DeviceBuffer<unsigned> buffer(10);
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, 1, 10, stream));
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, 2, 10, stream));
  const Graph graph = capture.end();
  const Nodes nodes = nodes_of(graph);
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_NE(nodes[0], nodes[1]);
  expect_nodes(graph, nodes);
}

TEST_F(cuGraphGetNodes, ListsNoNodesOfChildGraphs) {
  const Graph child;
  add_empty(child);
  add_empty(child);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  expect_nodes(graph, {node});
}

TEST_F(cuGraphGetNodes, RefusesNull) {
  const Graph graph;
  CUgraphNode node = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphGetNodes(graph, nullptr, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphGetNodes(graph, &node, nullptr));
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [](std::size_t* count) {
    return driver().cuGraphGetNodes(nullptr, nullptr, count);
  });
}

TEST_F(cuGraphGetNodes, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [&](std::size_t* count) {
    return driver().cuGraphGetNodes(stale, nullptr, count);
  });
}

TEST_F(cuGraphGetNodes, IsSafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  expect_safe_in_capture([&] {
    std::size_t count = 0;
    return driver().cuGraphGetNodes(graph, nullptr, &count);
  });
}

// Undocumented.
TEST_F(cuGraphGetNodes, NeedsNoCurrentContext) {
  const Graph graph;
  add_empty(graph);
  const NoContext none;
  std::size_t count = 0;
  EXPECT_CUDA_OK(driver().cuGraphGetNodes(graph, nullptr, &count));
}

TEST_F(cuGraphGetNodes_fresh, BeforeInit) {
  expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED, [](std::size_t* count) {
    return driver().cuGraphGetNodes(garbage_handle<CUgraph>(), nullptr, count);
  });
}

}  // namespace vgpu::conformance::test_cuGraphGetNodes
