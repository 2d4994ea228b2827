#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphClone {

CONFORMANCE_SUITE(cuGraphClone, Context);
CONFORMANCE_SUITE(cuGraphClone_fresh, Uninitialised);

Graph clone_of(CUgraph graph) {
  CUgraph clone = nullptr;
  check(driver().cuGraphClone(&clone, graph), "cuGraphClone");
  return Graph(clone);
}

TEST_F(cuGraphClone, CopiesNodesAndEdges) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  add_empty(graph, {a, b});
  add_empty(graph);
  const Graph clone = clone_of(graph);
  EXPECT_NE(clone.get(), graph.get());
  EXPECT_EQ(nodes_of(clone).size(), 4U);
  EXPECT_EQ(edges_of(clone).size(), 3U);
  EXPECT_EQ(roots_of(clone).size(), 2U);
  for (const CUgraphNode node : nodes_of(clone)) {
    for (const CUgraphNode original : nodes_of(graph)) EXPECT_NE(node, original);
  }
}

TEST_F(cuGraphClone, DoesTheSameInTheSameOrder) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  HostNode host;
  const Graph graph;
  const CUgraphNode first = add_memset(graph, {}, buffer, value);
  const CUgraphNode second = add_kernel(graph, {first}, scale_add, buffer, {3, 1});
  const CUgraphNode third = add_host(graph, {second}, host);
  add_kernel(graph, {third}, scale_add, buffer, {5, 7});
  clone_of(graph).run();
  EXPECT_EQ(buffer.read(), all(buffer, (value * 3 + 1) * 5 + 7));
  EXPECT_EQ(host.calls(), 1);
}

TEST_F(cuGraphClone, LaterChangesOfTheOriginalDoNotMatter) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, value);
  const Graph clone = clone_of(graph);
  const CUDA_MEMSET_NODE_PARAMS other = memset_node(buffer, ~value);
  ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &other));
  add_empty(graph);
  EXPECT_EQ(nodes_of(clone).size(), 1U);
  clone.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphClone, ItsChangesDoNotMatterToTheOriginal) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph graph;
  add_memset(graph, {}, buffer, value);
  const Graph clone = clone_of(graph);
  const CUDA_MEMSET_NODE_PARAMS other = memset_node(buffer, ~value);
  ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(only_node(clone), &other));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  clone.run();
  EXPECT_EQ(buffer.read(), all(buffer, ~value));
}

TEST_F(cuGraphClone, OutlivesTheOriginal) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  Graph graph;
  add_kernel(graph, {}, module.kernel("fill"), buffer, {value});
  const Graph clone = clone_of(graph);
  ASSERT_CUDA_OK(driver().cuGraphDestroy(graph.release()));
  clone.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphClone, CopiesCapturedGraphs) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  Capture capture(stream);
  module.kernel("fill").over(buffer, stream, value);
  module.kernel("scale_add").over(buffer, stream, 3U, 1U);
  const Graph graph = capture.end();
  clone_of(graph).run();
  EXPECT_EQ(buffer.read(), all(buffer, value * 3 + 1));
}

TEST_F(cuGraphClone, CopiesChildGraphs) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph child;
  add_memset(child, {}, buffer, value);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  CUgraph inner = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(node, &inner));
  const Graph clone = clone_of(graph);
  CUgraph cloned_inner = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(only_node(clone), &cloned_inner));
  EXPECT_NE(cloned_inner, inner);
  const CUDA_MEMSET_NODE_PARAMS other = memset_node(buffer, ~value);
  ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(only_node(inner), &other));
  clone.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphClone, CopiesAnEmptyGraph) {
  const Graph graph;
  const Graph clone = clone_of(graph);
  EXPECT_TRUE(nodes_of(clone).empty());
}

TEST_F(cuGraphClone, RefusesGraphsThatAllocate) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 4096, stream));
  ASSERT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  const Graph graph = capture.end();
  expect_leaves<CUgraph>(CUDA_ERROR_NOT_SUPPORTED, [&](CUgraph* clone) {  // Undocumented: which.
    return driver().cuGraphClone(clone, graph);
  });
}

TEST_F(cuGraphClone, RefusesNull) {
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphClone(nullptr, graph));
  expect_leaves<CUgraph>(CUDA_ERROR_INVALID_VALUE,
                         [](CUgraph* clone) { return driver().cuGraphClone(clone, nullptr); });
}

TEST_F(cuGraphClone, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  expect_leaves<CUgraph>(CUDA_ERROR_INVALID_VALUE,
                         [&](CUgraph* clone) { return driver().cuGraphClone(clone, stale); });
}

TEST_F(cuGraphClone, IsSafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  expect_safe_in_capture([&] {
    CUgraph clone = nullptr;
    const CUresult result = driver().cuGraphClone(&clone, graph);
    if (result == CUDA_SUCCESS) driver().cuGraphDestroy(clone);
    return result;
  });
}

// Undocumented.
TEST_F(cuGraphClone, NeedsNoCurrentContext) {
  const Graph graph;
  add_empty(graph);
  const NoContext none;
  CUgraph clone = nullptr;
  const CUresult result = driver().cuGraphClone(&clone, graph);
  if (result == CUDA_SUCCESS) driver().cuGraphDestroy(clone);
  EXPECT_CUDA_OK(result);
}

TEST_F(cuGraphClone_fresh, BeforeInit) {
  expect_leaves<CUgraph>(CUDA_ERROR_NOT_INITIALIZED, [](CUgraph* clone) {
    return driver().cuGraphClone(clone, garbage_handle<CUgraph>());
  });
}

}  // namespace vgpu::conformance::test_cuGraphClone
