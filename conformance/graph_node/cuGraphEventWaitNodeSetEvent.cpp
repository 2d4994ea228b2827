#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphEventWaitNodeSetEvent {

CONFORMANCE_SUITE(cuGraphEventWaitNodeSetEvent, Context);
CONFORMANCE_SUITE(cuGraphEventWaitNodeSetEvent_fresh, Uninitialised);

/// A launch waits for what the event stands for.
void expect_waits(const Executable& exec, const Event& event) {
  const Graph nothing;
  const Stream stream(CU_STREAM_NON_BLOCKING);
  const Stream busy(CU_STREAM_NON_BLOCKING);
  Blocker blocker(busy);
  event.record(busy);
  exec.launch(stream);
  nothing.run();  // time for a launch that does not wait
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  stream.synchronize();
}

/// A launch ends while what the event stands for is still going on.
void expect_waits_not(const Executable& exec, const Event& event) {
  const Stream stream(CU_STREAM_NON_BLOCKING);
  const Stream busy(CU_STREAM_NON_BLOCKING);
  Blocker blocker(busy);
  event.record(busy);
  exec.launch(stream);
  stream.synchronize();
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  blocker.finish();
}

TEST_F(cuGraphEventWaitNodeSetEvent, ChangesTheNextExecutables) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, first);
  const Executable before(graph);
  EXPECT_CUDA_OK(driver().cuGraphEventWaitNodeSetEvent(node, second));
  const Executable after(graph);
  expect_waits_not(after, first);
  expect_waits(after, second);
  expect_waits(before, first);  // executables made before are left alone
  expect_waits_not(before, second);
}

TEST_F(cuGraphEventWaitNodeSetEvent, RefusesNodesOfOtherTypes) {
  const Event event;
  const Graph graph;
  const CUgraphNode other = add_event_record(graph, {}, event);
  for (const CUgraphNode node : {add_empty(graph), other}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventWaitNodeSetEvent(node, event));
  }
}

TEST_F(cuGraphEventWaitNodeSetEvent, RefusesANullEvent) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventWaitNodeSetEvent(node, nullptr));
  CUevent found = nullptr;
  EXPECT_CUDA_OK(driver().cuGraphEventWaitNodeGetEvent(node, &found));
  EXPECT_EQ(found, event.get());
}

TEST_F(cuGraphEventWaitNodeSetEvent, RefusesANullNode) {
  const Event event;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventWaitNodeSetEvent(nullptr, event));
}

TEST_F(cuGraphEventWaitNodeSetEvent, IsSafeDuringCapture) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  expect_safe_in_capture([&] { return driver().cuGraphEventWaitNodeSetEvent(node, event); });
}

// Undocumented.
TEST_F(cuGraphEventWaitNodeSetEvent, NeedsNoCurrentContext) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphEventWaitNodeSetEvent(node, event));
}

TEST_F(cuGraphEventWaitNodeSetEvent_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuGraphEventWaitNodeSetEvent(garbage_handle<CUgraphNode>(),
                                                                   garbage_handle<CUevent>()));
}

}  // namespace vgpu::conformance::test_cuGraphEventWaitNodeSetEvent
