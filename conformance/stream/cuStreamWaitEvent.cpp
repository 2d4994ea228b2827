#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamWaitEvent {

CONFORMANCE_SUITE(cuStreamWaitEvent, Context);
CONFORMANCE_SUITE(cuStreamWaitEvent_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamWaitEvent, driver().cuStreamWaitEvent_ptsz};
}

TEST_F(cuStreamWaitEvent, LaterWorkWaitsForTheEventsWork) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  for (const auto form : forms()) {
    const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
    const Event event;
    const Stream busy;
    const Stream waiting(CU_STREAM_NON_BLOCKING);
    Blocker blocker(busy);
    event.record(busy);
    EXPECT_CUDA_OK(form(waiting, event, 0));
    fill.over(buffer, waiting, 1U);
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(waiting));
    EXPECT_EQ(buffer.read()[0], 0U);
    blocker.finish();
    waiting.synchronize();
    EXPECT_EQ(buffer.read()[0], 1U);
  }
}

TEST_F(cuStreamWaitEvent, AloneMakesTheStreamBusy) {
  const Event event;
  const Stream busy;
  const Stream waiting;
  Blocker blocker(busy);
  event.record(busy);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(waiting, event, 0));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(waiting));
  blocker.finish();
  waiting.synchronize();
}

TEST_F(cuStreamWaitEvent, WorkBeforeItDoesNotWait) {
  const Event event;
  const Event before;
  const Stream busy;
  const Stream waiting;
  const Blocker blocker(busy);
  event.record(busy);
  before.record(waiting);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(waiting, event, 0));
  EXPECT_CUDA_OK(driver().cuEventSynchronize(before));
}

TEST_F(cuStreamWaitEvent, DoesNotWaitForAnEventNeverRecorded) {
  const Event event;
  const Stream stream;
  for (const auto form : forms()) EXPECT_CUDA_OK(form(stream, event, 0));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
}

TEST_F(cuStreamWaitEvent, MeansTheLatestRecordAtTheTimeOfTheCall) {
  const Event event;
  const Stream idle;
  const Stream busy;
  const Stream waiting;
  const Stream late;
  Blocker blocker(busy);
  event.record(busy);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(late, event, 0));
  event.record(idle);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(waiting, event, 0));
  event.record(busy);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(waiting)) << "it waits for the idle stream";
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(late)) << "it still waits";
  blocker.finish();
  late.synchronize();
}

TEST_F(cuStreamWaitEvent, OrdersAChainOfStreams) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(1000, 1));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const std::array<Stream, 6> streams;
  const Event event;
  unsigned expected = 1;
  Blocker blocker(streams[0]);
  for (unsigned i = 0; i < 60; ++i) {
    const Stream& stream = streams[i % streams.size()];
    EXPECT_CUDA_OK(driver().cuStreamWaitEvent(stream, event, 0));
    scale_add.over(buffer, stream, 3U + 2 * i, i);
    event.record(stream);
    expected = expected * (3 + 2 * i) + i;
  }
  blocker.release();
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), expected));
}

TEST_F(cuStreamWaitEvent, WaitsForSeveralEvents) {
  const Event first_event;
  const Event second_event;
  const Stream first;
  const Stream second;
  const Stream waiting;
  Blocker first_blocker(first);
  Blocker second_blocker(second);
  first_event.record(first);
  second_event.record(second);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(waiting, first_event, 0));
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(waiting, second_event, 0));
  second_blocker.finish();
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(waiting));
  first_blocker.finish();
  waiting.synchronize();
}

TEST_F(cuStreamWaitEvent, TakesAnEventOfAnotherContext) {
  const Foreign foreign;
  const Stream waiting;
  const Current other(foreign.context());
  Blocker blocker(foreign.stream());
  ASSERT_CUDA_OK(driver().cuEventRecord(foreign.event(), foreign.stream()));
  {
    const Current mine(context);
    EXPECT_CUDA_OK(driver().cuStreamWaitEvent(waiting, foreign.event(), 0));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(waiting));
  }
  blocker.finish();
  const Current mine(context);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(waiting));
}

TEST_F(cuStreamWaitEvent, DefaultStreamIsTheLegacyOne) {
  const Event event;
  const Stream apart(CU_STREAM_NON_BLOCKING);
  const Stream ordinary;
  Blocker blocker(apart);
  event.record(apart);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(nullptr, event, 0));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_LEGACY));
  EXPECT_CUDA_OK(driver().cuStreamQuery(CU_STREAM_PER_THREAD));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
}

TEST_F(cuStreamWaitEvent, PtszDefaultStreamIsTheThreadsOwn) {
  const Event event;
  const Stream apart(CU_STREAM_NON_BLOCKING);
  Blocker blocker(apart);
  event.record(apart);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent_ptsz(nullptr, event, 0));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_PER_THREAD));
  on_other_thread(context, [] { EXPECT_CUDA_OK(driver().cuStreamQuery(CU_STREAM_PER_THREAD)); });
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
}

TEST_F(cuStreamWaitEvent, RefusesUnknownFlags) {
  const Event event;
  const Stream stream;
  for (const auto form : forms()) {
    for (const unsigned flags : {2U, 0x80000000U}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, event, flags)) << "flags " << flags;
    }
  }
}

TEST_F(cuStreamWaitEvent, ExternalIsInvalidOutsideOfACapture) {
  const Event event;
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE, form(stream, event, CU_EVENT_WAIT_EXTERNAL));
  }
}

TEST_F(cuStreamWaitEvent, RefusesANullEvent) {
  const Stream stream;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(stream, nullptr, 0));
}

TEST_F(cuStreamWaitEvent, NeedsACurrentContextForADefaultStream) {
  const Event event;
  const NoContext none;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(nullptr, event, 0));
}

// Undocumented.
TEST_F(cuStreamWaitEvent, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  const Event event;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamWaitEvent(stream, event, 0)); });
  stream.synchronize();
}

TEST_F(cuStreamWaitEvent_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, nullptr, 0));
  }
}

// In captures.

TEST_F(cuStreamWaitEvent, OnACapturedEventDrawsTheStreamIntoTheCapture) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{1});
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Event fork;
  const Event join;
  const Stream origin;
  const Stream joined;
  Capture capture(origin);
  scale_add.over(buffer, origin, 3U, 1U);
  fork.record(origin);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(joined, fork, 0));
  CUstreamCaptureStatus status{};
  EXPECT_CUDA_OK(driver().cuStreamIsCapturing(joined, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  scale_add.over(buffer, joined, 5U, 7U);
  join.record(joined);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(origin, join, 0));
  scale_add.over(buffer, origin, 11U, 2U);
  const Graph graph = capture.end();
  EXPECT_EQ(graph.node_types(), std::vector<CUgraphNodeType>(3, CU_GRAPH_NODE_TYPE_KERNEL));
  EXPECT_CUDA_OK(driver().cuStreamIsCapturing(joined, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_NONE);
  EXPECT_EQ(buffer.read()[0], 1U);
  graph.run();
  EXPECT_EQ(buffer.read()[0], ((1U * 3 + 1) * 5 + 7) * 11 + 2);
}

TEST_F(cuStreamWaitEvent, ACaptureMustNotDependOnWorkOutside) {
  const Event outside;
  const Stream other;
  const Stream origin;
  outside.record(other);
  other.synchronize();
  Capture capture(origin);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, driver().cuStreamWaitEvent(origin, outside, 0));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

TEST_F(cuStreamWaitEvent, TwoCapturesMustNotMeet) {
  const Event event;
  const Stream first;
  const Stream second;
  Capture first_capture(first);
  Capture second_capture(second);
  event.record(first);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_MERGE, driver().cuStreamWaitEvent(second, event, 0));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, second_capture.try_end());
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, first_capture.try_end());
}

TEST_F(cuStreamWaitEvent, ExternalIsRecordedAsANode) {
  const Event event;
  for (const auto form : forms()) {
    const Graph graph = expect_recorded_in_capture(
        CU_GRAPH_NODE_TYPE_WAIT_EVENT,
        [&](CUstream stream) { return form(stream, event, CU_EVENT_WAIT_EXTERNAL); });
    graph.run();
  }
}

}  // namespace vgpu::conformance::test_cuStreamWaitEvent
