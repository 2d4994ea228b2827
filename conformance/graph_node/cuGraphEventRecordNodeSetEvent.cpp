#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphEventRecordNodeSetEvent {

CONFORMANCE_SUITE(cuGraphEventRecordNodeSetEvent, Context);
CONFORMANCE_SUITE(cuGraphEventRecordNodeSetEvent_fresh, Uninitialised);

/// Whether a launch behind a blocked stream makes the event pending, i.e. records it.
bool records(const Executable& exec, CUevent event) {
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  const bool pending = driver().cuEventQuery(event) == CUDA_ERROR_NOT_READY;
  blocker.finish();
  return pending;
}

TEST_F(cuGraphEventRecordNodeSetEvent, ChangesTheNextExecutables) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, first);
  const Executable before(graph);
  EXPECT_CUDA_OK(driver().cuGraphEventRecordNodeSetEvent(node, second));
  const Executable after(graph);
  EXPECT_FALSE(records(after, first));
  EXPECT_TRUE(records(after, second));
  EXPECT_TRUE(records(before, first)) << "executables made before are left alone";
  EXPECT_FALSE(records(before, second));
}

TEST_F(cuGraphEventRecordNodeSetEvent, RefusesNodesOfOtherTypes) {
  const Event event;
  const Graph graph;
  const CUgraphNode other = add_event_wait(graph, {}, event);
  for (const CUgraphNode node : {add_empty(graph), other}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventRecordNodeSetEvent(node, event));
  }
}

TEST_F(cuGraphEventRecordNodeSetEvent, RefusesANullEvent) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventRecordNodeSetEvent(node, nullptr));
  CUevent found = nullptr;
  EXPECT_CUDA_OK(driver().cuGraphEventRecordNodeGetEvent(node, &found));
  EXPECT_EQ(found, event.get());
}

TEST_F(cuGraphEventRecordNodeSetEvent, RefusesANullNode) {
  const Event event;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventRecordNodeSetEvent(nullptr, event));
}

TEST_F(cuGraphEventRecordNodeSetEvent, IsSafeDuringCapture) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  expect_safe_in_capture([&] { return driver().cuGraphEventRecordNodeSetEvent(node, event); });
}

// Undocumented.
TEST_F(cuGraphEventRecordNodeSetEvent, NeedsNoCurrentContext) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphEventRecordNodeSetEvent(node, event));
}

TEST_F(cuGraphEventRecordNodeSetEvent_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuGraphEventRecordNodeSetEvent(garbage_handle<CUgraphNode>(),
                                                                     garbage_handle<CUevent>()));
}

}  // namespace vgpu::conformance::test_cuGraphEventRecordNodeSetEvent
