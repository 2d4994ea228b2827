#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphEventWaitNodeGetEvent {

CONFORMANCE_SUITE(cuGraphEventWaitNodeGetEvent, Context);
CONFORMANCE_SUITE(cuGraphEventWaitNodeGetEvent_fresh, Uninitialised);

void expect_event(CUgraphNode node, CUevent event) {
  const auto [first, second] = expect_writes<CUevent>(
      [&](CUevent* found) { return driver().cuGraphEventWaitNodeGetEvent(node, found); });
  EXPECT_EQ(first, event);
  EXPECT_EQ(second, event);
}

TEST_F(cuGraphEventWaitNodeGetEvent, ReturnsWhatTheNodeWasMadeOf) {
  const Event first;
  const Event second;
  const Graph graph;
  expect_event(add_event_wait(graph, {}, first), first);
  expect_event(add_event_wait(graph, {}, second), second);
}

TEST_F(cuGraphEventWaitNodeGetEvent, ReturnsWhatWasCaptured) {
  const Event event;
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(stream, event, CU_EVENT_WAIT_EXTERNAL));
  const Graph graph = capture.end();
  expect_event(only_node(graph), event);
}

TEST_F(cuGraphEventWaitNodeGetEvent, ReturnsWhatWasSetLast) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, first);
  ASSERT_CUDA_OK(driver().cuGraphEventWaitNodeSetEvent(node, second));
  expect_event(node, second);
}

TEST_F(cuGraphEventWaitNodeGetEvent, KnowsNothingOfChangedExecutables) {
  const Event first;
  const Event second;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, first);
  const Executable exec(graph);
  ASSERT_CUDA_OK(driver().cuGraphExecEventWaitNodeSetEvent(exec, node, second));
  expect_event(node, first);
}

TEST_F(cuGraphEventWaitNodeGetEvent, RefusesNodesOfOtherTypes) {
  const Event event;
  const Graph graph;
  const CUgraphNode other = add_event_record(graph, {}, event);
  for (const CUgraphNode node : {add_empty(graph), other}) {
    expect_leaves<CUevent>(CUDA_ERROR_INVALID_VALUE, [&](CUevent* found) {
      return driver().cuGraphEventWaitNodeGetEvent(node, found);
    });
  }
}

TEST_F(cuGraphEventWaitNodeGetEvent, RefusesNull) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventWaitNodeGetEvent(node, nullptr));
  expect_leaves<CUevent>(CUDA_ERROR_INVALID_VALUE, [](CUevent* found) {
    return driver().cuGraphEventWaitNodeGetEvent(nullptr, found);
  });
}

// Undocumented.
TEST_F(cuGraphEventWaitNodeGetEvent, IsSafeDuringCapture) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  CUevent found{};
  expect_safe_in_capture([&] { return driver().cuGraphEventWaitNodeGetEvent(node, &found); });
}

// Undocumented.
TEST_F(cuGraphEventWaitNodeGetEvent, NeedsNoCurrentContext) {
  const Event event;
  const Graph graph;
  const CUgraphNode node = add_event_wait(graph, {}, event);
  CUevent found{};
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphEventWaitNodeGetEvent(node, &found));
}

TEST_F(cuGraphEventWaitNodeGetEvent_fresh, BeforeInit) {
  CUevent found = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, driver().cuGraphEventWaitNodeGetEvent(
                                                           garbage_handle<CUgraphNode>(), &found));
  EXPECT_EQ(found, nullptr);
}

}  // namespace vgpu::conformance::test_cuGraphEventWaitNodeGetEvent
