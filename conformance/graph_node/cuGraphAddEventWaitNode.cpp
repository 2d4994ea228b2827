#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddEventWaitNode {

CONFORMANCE_SUITE(cuGraphAddEventWaitNode, Context);
CONFORMANCE_SUITE(cuGraphAddEventWaitNode_fresh, Uninitialised);

std::vector<AddNode> forms(CUevent event) {
  return {[event](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
    return driver().cuGraphAddEventWaitNode(node, graph, before, count, event);
  }};
}

TEST_F(cuGraphAddEventWaitNode, AddsANodeAfterItsDependencies) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_adds_a_node(CU_GRAPH_NODE_TYPE_WAIT_EVENT, add);
}

TEST_F(cuGraphAddEventWaitNode, RefusesBadDependencies) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_refuses_bad_dependencies(add);
}

TEST_F(cuGraphAddEventWaitNode, RefusesNullPlaces) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_refuses_null_places(add);
}

TEST_F(cuGraphAddEventWaitNode, RefusesADestroyedGraph) {
  const Event event;
  const CUgraph stale = stale_graph();
  for (const AddNode& add : forms(event)) {
    expect_leaves<CUgraphNode>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphNode* node) { return add(node, stale, nullptr, 0); });
  }
}

TEST_F(cuGraphAddEventWaitNode, IsSafeDuringCapture) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_adds_in_capture(add);
}

TEST_F(cuGraphAddEventWaitNode, WaitsForWorkOfAnotherStream) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Event event;
  const Graph graph;
  add_memset(graph, {add_event_wait(graph, {}, event)}, buffer, value);
  const Executable exec(graph);
  const auto before = buffer.read();
  const Stream stream(CU_STREAM_NON_BLOCKING);
  const Stream busy(CU_STREAM_NON_BLOCKING);
  Blocker blocker(busy);
  event.record(busy);
  exec.launch(stream);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(buffer.read(), before);
  blocker.release();
  stream.synchronize();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphAddEventWaitNode, AnEventNeverRecordedHoldsNothingUp) {
  const Event event;
  const Graph graph;
  add_event_wait(graph, {}, event);
  graph.run();
}

TEST_F(cuGraphAddEventWaitNode, WaitsForAnEventOfAnotherContext) {
  const Foreign foreign;
  HostNode host;
  const Graph graph;
  add_host(graph, {add_event_wait(graph, {}, foreign.event())}, host);
  {
    const Current current(foreign.context());
    ASSERT_CUDA_OK(driver().cuEventRecord(foreign.event(), foreign.stream()));
  }
  graph.run();
  EXPECT_EQ(host.calls(), 1);
}

TEST_F(cuGraphAddEventWaitNode, RefusesANullEvent) {
  for (const AddNode& add : forms(nullptr)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
  }
}

// Undocumented.
TEST_F(cuGraphAddEventWaitNode, NeedsNoCurrentContext) {
  const Event event;
  const Graph graph;
  const NoContext none;
  for (const AddNode& add : forms(event)) {
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(add(&node, graph, nullptr, 0));
  }
}

TEST_F(cuGraphAddEventWaitNode_fresh, BeforeInit) {
  for (const AddNode& add : forms(garbage_handle<CUevent>())) expect_adds_nothing_before_init(add);
}

}  // namespace vgpu::conformance::test_cuGraphAddEventWaitNode
