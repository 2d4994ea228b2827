#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphDestroyNode {

CONFORMANCE_SUITE(cuGraphDestroyNode, Context);
CONFORMANCE_SUITE(cuGraphDestroyNode_fresh, Uninitialised);

TEST_F(cuGraphDestroyNode, TakesItsEdgesAlong) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph, {b});
  const CUgraphNode d = add_empty(graph, {a});
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(b));
  EXPECT_EQ(nodes_of(graph), sorted({a, c, d}));
  EXPECT_EQ(edges_of(graph), (Edges{{a, d}}));
  EXPECT_EQ(dependents_of(a), Nodes{d});
  EXPECT_TRUE(dependencies_of(c).empty()) << "it does not inherit b's dependencies";
}

TEST_F(cuGraphDestroyNode, TheNextExecutableLacksIt) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph graph;
  const CUgraphNode a = add_kernel(graph, {}, scale_add, buffer, {3, 1});
  add_kernel(graph, {a}, scale_add, buffer, {5, 7});
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(a));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value * 5 + 7));
}

TEST_F(cuGraphDestroyNode, AnExecutableMadeBeforeStillHasIt) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  HostNode host;
  const Graph graph;
  const CUgraphNode a = add_kernel(graph, {}, module.kernel("fill"), buffer, {value});
  const CUgraphNode b = add_host(graph, {a}, host);
  const Executable exec(graph);
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(a));
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(b));
  EXPECT_TRUE(nodes_of(graph).empty());
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_EQ(host.calls(), 1);
}

TEST_F(cuGraphDestroyNode, DestroysCapturedNodes) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, value, 100, stream));
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, ~value, 100, stream));
  const Graph graph = capture.end();
  const Edges edges = edges_of(graph);
  ASSERT_EQ(edges.size(), 1U);
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(edges[0].second));
  EXPECT_EQ(only_node(graph), edges[0].first);
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphDestroyNode, DestroysChildGraphNodes) {
  const Graph child;
  add_empty(child);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(node));
  EXPECT_TRUE(nodes_of(graph).empty());
  EXPECT_EQ(nodes_of(child).size(), 1U) << "the graph it was made from is another one";
}

TEST_F(cuGraphDestroyNode, DestroysNodesOfAnEmbeddedGraph) {
  HostNode host;
  const Graph child;
  add_host(child, {}, host);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  CUgraph inner = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(node, &inner));
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(only_node(inner)));
  graph.run();
  EXPECT_EQ(host.calls(), 0);
}

TEST_F(cuGraphDestroyNode, RefusesGraphsThatAllocate) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 4096, stream));
  ASSERT_CUDA_OK(driver().cuMemsetD8Async(address, 1, 4096, stream));
  ASSERT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  const Graph graph = capture.end();
  for (const CUgraphNode node : nodes_of(graph)) {
    EXPECT_CUDA(CUDA_ERROR_NOT_SUPPORTED,
                driver().cuGraphDestroyNode(node))  // Undocumented: which.
        << "type " << type_of(node);
  }
  EXPECT_EQ(nodes_of(graph).size(), 3U);
}

TEST_F(cuGraphDestroyNode, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphDestroyNode(nullptr));
}

TEST_F(cuGraphDestroyNode, IsSafeDuringCapture) {
  const Graph graph;
  CUgraphNode node = nullptr;
  expect_safe_in_capture([&] { return driver().cuGraphDestroyNode(node); },
                         [&] { node = add_empty(graph); });
}

// Undocumented.
TEST_F(cuGraphDestroyNode, NeedsNoCurrentContext) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphDestroyNode(node));
}

TEST_F(cuGraphDestroyNode_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuGraphDestroyNode(garbage_handle<CUgraphNode>()));
}

}  // namespace vgpu::conformance::test_cuGraphDestroyNode
