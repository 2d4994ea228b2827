#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphEventRecordNodeGetEvent {

CONFORMANCE_SUITE(cuGraphEventRecordNodeGetEvent, Context);
CONFORMANCE_SUITE(cuGraphEventRecordNodeGetEvent_fresh, Uninitialised);

void expect_event(CUgraphNode node, CUevent event) {
  const auto [first, second] = expect_writes<CUevent>(
      [&](CUevent* found) { return driver().cuGraphEventRecordNodeGetEvent(node, found); });
  EXPECT_EQ(first, event);
  EXPECT_EQ(second, event);
}

TEST_F(cuGraphEventRecordNodeGetEvent, ReturnsWhatTheNodeWasMadeOf) {
  const Event first;
  const Event second;
  const Graph graph;
  expect_event(add_event_record(graph, {}, first), first);
  expect_event(add_event_record(graph, {}, second), second);
}

TEST_F(cuGraphEventRecordNodeGetEvent, ReturnsWhatWasCaptured) {
  const Event event;
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuEventRecordWithFlags(event, stream, CU_EVENT_RECORD_EXTERNAL));
  const Graph graph = capture.end();
  expect_event(only_node(graph), event);
}

TEST_F(cuGraphEventRecordNodeGetEvent, ReturnsWhatWasSetLast) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, first);
  ASSERT_CUDA_OK(driver().cuGraphEventRecordNodeSetEvent(node, second));
  expect_event(node, second);
}

TEST_F(cuGraphEventRecordNodeGetEvent, KnowsNothingOfChangedExecutables) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, first);
  const Executable exec(graph);
  ASSERT_CUDA_OK(driver().cuGraphExecEventRecordNodeSetEvent(exec, node, second));
  expect_event(node, first);
}

TEST_F(cuGraphEventRecordNodeGetEvent, RefusesNodesOfOtherTypes) {
  const Event event;
  const Graph graph;
  const CUgraphNode other = add_event_wait(graph, {}, event);
  for (const CUgraphNode node : {add_empty(graph), other}) {
    expect_leaves<CUevent>(CUDA_ERROR_INVALID_VALUE, [&](CUevent* found) {
      return driver().cuGraphEventRecordNodeGetEvent(node, found);
    });
  }
}

TEST_F(cuGraphEventRecordNodeGetEvent, RefusesNull) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventRecordNodeGetEvent(node, nullptr));
  expect_leaves<CUevent>(CUDA_ERROR_INVALID_VALUE, [](CUevent* found) {
    return driver().cuGraphEventRecordNodeGetEvent(nullptr, found);
  });
}

// Undocumented.
TEST_F(cuGraphEventRecordNodeGetEvent, IsSafeDuringCapture) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  CUevent found{};
  expect_safe_in_capture([&] { return driver().cuGraphEventRecordNodeGetEvent(node, &found); });
}

// Undocumented.
TEST_F(cuGraphEventRecordNodeGetEvent, NeedsNoCurrentContext) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_record(graph, {}, event);
  CUevent found{};
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphEventRecordNodeGetEvent(node, &found));
}

TEST_F(cuGraphEventRecordNodeGetEvent_fresh, BeforeInit) {
  CUevent found = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventRecordNodeGetEvent(
                                                           garbage_handle<CUgraphNode>(), &found));
  EXPECT_EQ(found, nullptr);
}

}  // namespace vgpu::conformance::test_cuGraphEventRecordNodeGetEvent
