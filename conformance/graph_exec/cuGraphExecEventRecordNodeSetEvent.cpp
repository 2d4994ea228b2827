#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecEventRecordNodeSetEvent {

CONFORMANCE_SUITE(cuGraphExecEventRecordNodeSetEvent, Context);
CONFORMANCE_SUITE(cuGraphExecEventRecordNodeSetEvent_fresh, Uninitialised);

/// A launch behind a blocked stream makes the event pending, i.e. records it; or does not.
void expect_effect(bool expected, const Executable& exec, const Event& event) {
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  EXPECT_CUDA(expected ? CUDA_ERROR_NOT_READY : CUDA_SUCCESS, driver().cuEventQuery(event));
  blocker.finish();
}

TEST_F(cuGraphExecEventRecordNodeSetEvent, ChangesTheNextLaunchesOfThatExecutable) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, first);
  const Executable exec(graph);
  const Executable sibling(graph);
  expect_effect(true, exec, first);
  EXPECT_CUDA_OK(driver().cuGraphExecEventRecordNodeSetEvent(exec, node, second));
  expect_effect(false, exec, first);
  expect_effect(true, exec, second);
  expect_effect(true, sibling, first);
  expect_effect(false, sibling, second);
}

TEST_F(cuGraphExecEventRecordNodeSetEvent, RefusesOtherNodes) {
  const Event event;
  const Graph graph;
  const CUgraphNode empty = add_empty(graph);
  const CUgraphNode other = add_event_wait(graph, {empty}, event);
  add_event_record(graph, {other}, event);
  const Executable exec(graph);
  const CUgraphNode later = add_event_record(graph, {}, event);
  for (const CUgraphNode node : {empty, other, later}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuGraphExecEventRecordNodeSetEvent(exec, node, event));
  }
}

TEST_F(cuGraphExecEventRecordNodeSetEvent, RefusesANullEvent) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecEventRecordNodeSetEvent(exec, node, nullptr));
  expect_effect(true, exec, event);
}

TEST_F(cuGraphExecEventRecordNodeSetEvent, RefusesNull) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecEventRecordNodeSetEvent(nullptr, node, event));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecEventRecordNodeSetEvent(exec, nullptr, event));
}

// Undocumented.
TEST_F(cuGraphExecEventRecordNodeSetEvent, IsSafeDuringCapture) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, first);
  const Executable exec(graph);
  expect_safe_in_capture(
      [&] { return driver().cuGraphExecEventRecordNodeSetEvent(exec, node, second); });
}

// Undocumented.
TEST_F(cuGraphExecEventRecordNodeSetEvent, NeedsNoCurrentContext) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, first);
  const Executable exec(graph);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphExecEventRecordNodeSetEvent(exec, node, second));
}

TEST_F(cuGraphExecEventRecordNodeSetEvent_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuGraphExecEventRecordNodeSetEvent(
          garbage_handle<CUgraphExec>(), garbage_handle<CUgraphNode>(), garbage_handle<CUevent>()));
}

}  // namespace vgpu::conformance::test_cuGraphExecEventRecordNodeSetEvent
