#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphDestroy {

CONFORMANCE_SUITE(cuGraphDestroy, Context);
CONFORMANCE_SUITE(cuGraphDestroy_fresh, Uninitialised);

TEST_F(cuGraphDestroy, ExecutablesOutliveTheirGraph) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  HostNode host;
  Graph graph;
  const CUgraphNode a = add_memset(graph, {}, buffer, value);
  const CUgraphNode b = add_kernel(graph, {a}, module.kernel("scale_add"), buffer, {3, 1});
  add_host(graph, {b}, host);
  const Executable exec(graph);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph.release()));
  exec.run();
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value * 3 + 1));
  EXPECT_EQ(host.calls(), 2);
}

TEST_F(cuGraphDestroy, LaunchesInFlightGoOn) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  Graph graph;
  add_kernel(graph, {}, module.kernel("fill"), buffer, {value});
  const Executable exec(graph);
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph.release()));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream)) << "it waits for nothing";
  blocker.finish();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphDestroy, TheGraphOfAChildNodeIsACopy) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  Graph child;
  add_memset(child, {}, buffer, value);
  const Graph graph;
  add_child(graph, {}, child);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(child.release()));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphDestroy, DestroysGraphsWithNodesOfEachKind) {
  const DeviceBuffer<unsigned> buffer(10);
  const Event event;
  const Module module;
  HostNode host;
  const Graph child;
  add_empty(child);
  Graph graph;
  add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  add_memset(graph, {}, buffer, 1);
  add_host(graph, {}, host);
  add_child(graph, {add_event_record(graph, {add_event_wait(graph, {}, event)}, event)}, child);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph.release()));
}

TEST_F(cuGraphDestroy, AnyThreadMayDoIt) {
  Graph graph;
  const CUgraph handle = graph.release();
  EXPECT_CUDA_OK(on_other_thread([&] { return driver().cuGraphDestroy(handle); }));
}

TEST_F(cuGraphDestroy, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphDestroy(nullptr));
}

TEST_F(cuGraphDestroy, RefusesADestroyedGraph) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphDestroy(stale_graph()));
}

// "The node retains ownership of the graph."
TEST_F(cuGraphDestroy, RefusesTheGraphInsideANode) {
  const Graph child;
  add_empty(child);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  CUgraph inner = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(node, &inner));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphDestroy(inner));  // Undocumented.
  EXPECT_EQ(nodes_of(inner).size(), 1U);
}

TEST_F(cuGraphDestroy, IsSafeDuringCapture) {
  CUgraph graph = nullptr;
  expect_safe_in_capture([&] { return driver().cuGraphDestroy(graph); },
                         [&] { check(driver().cuGraphCreate(&graph, 0), "cuGraphCreate"); });
}

// Undocumented.
TEST_F(cuGraphDestroy, NeedsNoCurrentContext) {
  CUgraph graph = nullptr;
  check(driver().cuGraphCreate(&graph, 0), "cuGraphCreate");
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
}

TEST_F(cuGraphDestroy_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuGraphDestroy(garbage_handle<CUgraph>()));
}

}  // namespace vgpu::conformance::test_cuGraphDestroy
