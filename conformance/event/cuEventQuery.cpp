#include "fixture/doomed.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuEventQuery {

CONFORMANCE_SUITE(cuEventQuery, Context);
CONFORMANCE_SUITE(cuEventQuery_fresh, Uninitialised);

TEST_F(cuEventQuery, AnEventNeverRecordedIsDone) {
  const Event event;
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
}

TEST_F(cuEventQuery, AnEventBehindFinishedWorkIsDone) {
  const Event event;
  const Stream stream;
  event.record(stream);
  stream.synchronize();
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
}

TEST_F(cuEventQuery, AnEventBehindPendingWorkIsNotReady) {
  const Event event;
  const Stream stream;
  Blocker blocker(stream);
  event.record(stream);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event)) << "asking changes nothing";
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
}

TEST_F(cuEventQuery, ReportsTheWorkBeforeTheRecordOnly) {
  const Event event;
  const Stream stream;
  event.record(stream);
  const Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
}

TEST_F(cuEventQuery, AnotherRecordReplacesTheState) {
  const Event event;
  const Stream busy;
  const Stream idle;
  Blocker blocker(busy);
  event.record(busy);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  event.record(idle);
  idle.synchronize();
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
  event.record(busy);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
}

TEST_F(cuEventQuery, DoneMeansThatTheWorksEffectIsThere) {
  const DeviceBuffer<unsigned> buffer(100'000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Event event;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  event.record(stream);
  while (driver().cuEventQuery(event) == CUDA_ERROR_NOT_READY) {
  }
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
}

TEST_F(cuEventQuery, NotReadyIsNoErrorForOtherCalls) {
  const Event event;
  const Stream stream;
  Blocker blocker(stream);
  event.record(stream);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
}

TEST_F(cuEventQuery, WorksForEveryKindOfEvent) {
  for (const unsigned flags :
       std::initializer_list<unsigned>{CU_EVENT_BLOCKING_SYNC, CU_EVENT_DISABLE_TIMING,
                                       CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING}) {
    const Event event(flags);
    const Stream stream;
    Blocker blocker(stream);
    event.record(stream);
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event)) << "flags " << flags;
    blocker.finish();
    EXPECT_CUDA_OK(driver().cuEventQuery(event)) << "flags " << flags;
  }
}

TEST_F(cuEventQuery, AnswersOnAnyThread) {
  const Event event;
  const Stream stream;
  Blocker blocker(stream);
  event.record(stream);
  const auto query = [&] { return driver().cuEventQuery(event); };
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, on_other_thread(context, query));
  blocker.finish();
  EXPECT_CUDA_OK(on_other_thread(context, query));
}

TEST_F(cuEventQuery, RefusesANullHandle) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuEventQuery(nullptr));
}

// The event knows its context; none has to be current.
TEST_F(cuEventQuery, NeedsNoCurrentContext) {
  const Event event;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
}

TEST_F(cuEventQuery, TakesAnEventOfAnotherContext) {
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuEventQuery(foreign.event()));
}

TEST_F(cuEventQuery, IsUnsafeDuringCapture) {
  const Event event;
  const Stream stream;
  event.record(stream);
  stream.synchronize();
  expect_unsafe_in_capture([&] { return driver().cuEventQuery(event); });
}

TEST_F(cuEventQuery, RefusesAnEventThatACaptureRecorded) {
  const Event event;
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  event.record(stream);
  EXPECT_CUDA(CUDA_ERROR_CAPTURED_EVENT, driver().cuEventQuery(event));
}

TEST_F(cuEventQuery_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, driver().cuEventQuery(nullptr));
}

TEST_F(cuEventQuery_fresh, ReturnsTheErrorOfTheWorkBefore) {
  const Doomed doomed;
  doomed.event.record(doomed.stream);
  doomed.go();
  CUresult result = CUDA_ERROR_NOT_READY;
  while (result == CUDA_ERROR_NOT_READY) result = driver().cuEventQuery(doomed.event);
  EXPECT_CUDA(Doomed::error, result);
  EXPECT_CUDA(Doomed::error, driver().cuEventQuery(doomed.event)) << "the error stays";
}

}  // namespace vgpu::conformance::test_cuEventQuery
