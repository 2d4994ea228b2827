#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecEventWaitNodeSetEvent {

CONFORMANCE_SUITE(cuGraphExecEventWaitNodeSetEvent, Context);
CONFORMANCE_SUITE(cuGraphExecEventWaitNodeSetEvent_fresh, Uninitialised);

/// A launch waits for what the event stands for; or ends while that is still going on.
void expect_effect(bool expected, const Executable& exec, const Event& event) {
  const Graph nothing;
  const Stream stream(CU_STREAM_NON_BLOCKING);
  const Stream busy(CU_STREAM_NON_BLOCKING);
  Blocker blocker(busy);
  event.record(busy);
  exec.launch(stream);
  if (expected) {
    nothing.run();  // time for a launch that does not wait
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  } else {
    stream.synchronize();
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  }
  blocker.finish();
  stream.synchronize();
}

TEST_F(cuGraphExecEventWaitNodeSetEvent, ChangesTheNextLaunchesOfThatExecutable) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, first);
  const Executable exec(graph);
  const Executable sibling(graph);
  expect_effect(true, exec, first);
  EXPECT_CUDA_OK(driver().cuGraphExecEventWaitNodeSetEvent(exec, node, second));
  expect_effect(false, exec, first);
  expect_effect(true, exec, second);
  expect_effect(true, sibling, first);
  expect_effect(false, sibling, second);
}

TEST_F(cuGraphExecEventWaitNodeSetEvent, RefusesOtherNodes) {
  const Event event;
  const Graph graph;
  const CUgraphNode empty = add_empty(graph);
  const CUgraphNode other = add_event_record(graph, {empty}, event);
  add_event_wait(graph, {other}, event);
  const Executable exec(graph);
  const CUgraphNode later = add_event_wait(graph, {}, event);
  for (const CUgraphNode node : {empty, other, later}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuGraphExecEventWaitNodeSetEvent(exec, node, event));
  }
}

TEST_F(cuGraphExecEventWaitNodeSetEvent, RefusesANullEvent) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecEventWaitNodeSetEvent(exec, node, nullptr));
  expect_effect(true, exec, event);
}

TEST_F(cuGraphExecEventWaitNodeSetEvent, RefusesNull) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecEventWaitNodeSetEvent(nullptr, node, event));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecEventWaitNodeSetEvent(exec, nullptr, event));
}

// Undocumented.
TEST_F(cuGraphExecEventWaitNodeSetEvent, IsSafeDuringCapture) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, first);
  const Executable exec(graph);
  expect_safe_in_capture(
      [&] { return driver().cuGraphExecEventWaitNodeSetEvent(exec, node, second); });
}

// Undocumented.
TEST_F(cuGraphExecEventWaitNodeSetEvent, NeedsNoCurrentContext) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, first);
  const Executable exec(graph);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphExecEventWaitNodeSetEvent(exec, node, second));
}

TEST_F(cuGraphExecEventWaitNodeSetEvent_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuGraphExecEventWaitNodeSetEvent(
          garbage_handle<CUgraphExec>(), garbage_handle<CUgraphNode>(), garbage_handle<CUevent>()));
}

}  // namespace vgpu::conformance::test_cuGraphExecEventWaitNodeSetEvent
