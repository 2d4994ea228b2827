#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddChildGraphNode {

CONFORMANCE_SUITE(cuGraphAddChildGraphNode, Context);
CONFORMANCE_SUITE(cuGraphAddChildGraphNode_fresh, Uninitialised);

std::vector<AddNode> forms(CUgraph child) {
  return {[child](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
    return driver().cuGraphAddChildGraphNode(node, graph, before, count, child);
  }};
}

TEST_F(cuGraphAddChildGraphNode, AddsANodeAfterItsDependencies) {
  const Graph child;
  add_empty(child);
  for (const AddNode& add : forms(child)) expect_adds_a_node(CU_GRAPH_NODE_TYPE_GRAPH, add);
}

TEST_F(cuGraphAddChildGraphNode, RefusesBadDependencies) {
  const Graph child;
  add_empty(child);
  for (const AddNode& add : forms(child)) expect_refuses_bad_dependencies(add);
}

TEST_F(cuGraphAddChildGraphNode, RefusesNullPlaces) {
  const Graph child;
  add_empty(child);
  for (const AddNode& add : forms(child)) expect_refuses_null_places(add);
}

TEST_F(cuGraphAddChildGraphNode, RefusesADestroyedGraph) {
  const Graph child;
  add_empty(child);
  const CUgraph stale = stale_graph();
  for (const AddNode& add : forms(child)) {
    expect_leaves<CUgraphNode>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphNode* node) { return add(node, stale, nullptr, 0); });
  }
}

TEST_F(cuGraphAddChildGraphNode, IsSafeDuringCapture) {
  const Graph child;
  add_empty(child);
  for (const AddNode& add : forms(child)) expect_adds_in_capture(add);
}

TEST_F(cuGraphAddChildGraphNode, RunsTheChildInItsPlace) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph child;
  const CUgraphNode inner = add_kernel(child, {}, scale_add, buffer, {3, 1});
  add_kernel(child, {inner}, scale_add, buffer, {5, 2});
  const Graph graph;
  const CUgraphNode before = add_kernel(graph, {}, scale_add, buffer, {7, 3});
  const CUgraphNode node = add_child(graph, {before}, child);
  add_kernel(graph, {node}, scale_add, buffer, {11, 4});
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, (((value * 7 + 3) * 3 + 1) * 5 + 2) * 11 + 4));
}

TEST_F(cuGraphAddChildGraphNode, ClonesTheChild) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph child;
  const CUgraphNode inner = add_memset(child, {}, buffer, value);
  const Graph graph;
  add_child(graph, {}, child);
  const CUDA_MEMSET_NODE_PARAMS changed = memset_node(buffer, ~value);
  ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(inner, &changed));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphAddChildGraphNode, TakesOneChildSeveralTimes) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Graph child;
  add_kernel(child, {}, module.kernel("scale_add"), buffer, {3, 1});
  const Graph graph;
  add_child(graph, {add_child(graph, {}, child)}, child);
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, (value * 3 + 1) * 3 + 1));
}

TEST_F(cuGraphAddChildGraphNode, Nests) {
  HostNode host;
  const Graph innermost;
  add_host(innermost, {}, host);
  const Graph middle;
  add_child(middle, {add_child(middle, {}, innermost)}, innermost);
  const Graph graph;
  add_child(graph, {add_child(graph, {}, middle)}, middle);
  graph.run();
  EXPECT_EQ(host.calls(), 4);
}

TEST_F(cuGraphAddChildGraphNode, TakesCapturedAndEmptyGraphs) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, value, 100, stream));
  const Graph child = capture.end();
  const Graph empty;
  const Graph graph;
  add_child(graph, {add_child(graph, {}, empty)}, child);
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphAddChildGraphNode, RefusesGraphsThatAllocate) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 4096, stream));
  ASSERT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  const Graph child = capture.end();
  for (const AddNode& add : forms(child)) {
    expect_refuses_to_add(CUDA_ERROR_NOT_SUPPORTED, add);  // Undocumented: which.
  }
}

TEST_F(cuGraphAddChildGraphNode, RefusesANullChild) {
  for (const AddNode& add : forms(nullptr)) expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
}

TEST_F(cuGraphAddChildGraphNode, RefusesADestroyedChild) {
  for (const AddNode& add : forms(stale_graph())) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
  }
}

// Undocumented.
TEST_F(cuGraphAddChildGraphNode, NeedsNoCurrentContext) {
  const Graph child;
  add_empty(child);
  const Graph graph;
  const NoContext none;
  for (const AddNode& add : forms(child)) {
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(add(&node, graph, nullptr, 0));
  }
}

TEST_F(cuGraphAddChildGraphNode_fresh, BeforeInit) {
  for (const AddNode& add : forms(garbage_handle<CUgraph>())) expect_adds_nothing_before_init(add);
}

}  // namespace vgpu::conformance::test_cuGraphAddChildGraphNode
