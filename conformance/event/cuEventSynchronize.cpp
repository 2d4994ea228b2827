#include "fixture/doomed.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuEventSynchronize {

CONFORMANCE_SUITE(cuEventSynchronize, Context);
CONFORMANCE_SUITE(cuEventSynchronize_fresh, Uninitialised);

TEST_F(cuEventSynchronize, ReturnsAtOnceForAnEventNeverRecorded) {
  const Event event;
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
}

TEST_F(cuEventSynchronize, WaitsForTheWorkBeforeTheRecord) {
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Kernel fill = module.kernel("fill");
  for (const unsigned flags : {unsigned{CU_EVENT_DEFAULT}, unsigned{CU_EVENT_BLOCKING_SYNC},
                               unsigned{CU_EVENT_DISABLE_TIMING}}) {
    const DeviceBuffer<unsigned> buffer(100'000);
    const auto value = random_value<unsigned>();
    const Event event(flags);
    const Stream stream;
    spin.launch({}, {}, 0, stream, 5'000'000ULL);
    fill.over(buffer, stream, value);
    event.record(stream);
    EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
    EXPECT_CUDA_OK(driver().cuEventQuery(event));
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
  }
}

TEST_F(cuEventSynchronize, ReturnsNotBeforeTheEvent) {
  const Event event;
  expect_waits_for_other_streams([&] {
    // The legacy stream comes after the stream that is kept busy.
    check(driver().cuEventRecord(event, CU_STREAM_LEGACY), "cuEventRecord");
    return driver().cuEventSynchronize(event);
  });
}

TEST_F(cuEventSynchronize, DoesNotWaitForLaterWorkOrOtherStreams) {
  const Event event;
  const Stream stream;
  const Stream other;
  const Blocker elsewhere(other);
  event.record(stream);
  const Blocker later(stream);
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(other));
}

TEST_F(cuEventSynchronize, ManyThreadsMayWaitForOneEvent) {
  const Event event;
  const Stream stream;
  std::array<CUresult, 4> results{};
  std::vector<std::thread> threads;
  Blocker blocker(stream);
  event.record(stream);
  for (CUresult& result : results) {
    threads.emplace_back([&] {
      result = driver().cuCtxSetCurrent(context);
      if (result == CUDA_SUCCESS) result = driver().cuEventSynchronize(event);
    });
  }
  blocker.release();
  for (std::thread& thread : threads) thread.join();
  for (const CUresult result : results) EXPECT_CUDA_OK(result);
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
}

TEST_F(cuEventSynchronize, TakesAnEventOfAnotherContext) {
  const Foreign foreign;
  {
    const Current other(foreign.context());
    ASSERT_CUDA_OK(driver().cuEventRecord(foreign.event(), foreign.stream()));
  }
  EXPECT_CUDA_OK(driver().cuEventSynchronize(foreign.event()));
  EXPECT_EQ(current_context(), context);
}

TEST_F(cuEventSynchronize, RefusesANullHandle) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuEventSynchronize(nullptr));
}

TEST_F(cuEventSynchronize, NeedsNoCurrentContext) {
  const Event event;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));  // Undocumented.
}

TEST_F(cuEventSynchronize, IsUnsafeDuringCapture) {
  const Event event;
  const Stream stream;
  event.record(stream);
  stream.synchronize();
  expect_unsafe_in_capture([&] { return driver().cuEventSynchronize(event); });
}

TEST_F(cuEventSynchronize, RefusesAnEventThatACaptureRecorded) {
  for (const auto mode : {CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL,
                          CU_STREAM_CAPTURE_MODE_RELAXED}) {
    const Event event;
    const Stream stream;
    Capture capture(stream, mode);
    event.record(stream);
    EXPECT_CUDA(CUDA_ERROR_CAPTURED_EVENT, driver().cuEventSynchronize(event));
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

TEST_F(cuEventSynchronize_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, driver().cuEventSynchronize(nullptr));
}

TEST_F(cuEventSynchronize_fresh, ReturnsTheErrorOfTheWorkBefore) {
  const Doomed doomed;
  doomed.event.record(doomed.stream);
  doomed.go();
  EXPECT_CUDA(Doomed::error, driver().cuEventSynchronize(doomed.event));
  EXPECT_CUDA(Doomed::error, driver().cuEventSynchronize(doomed.event)) << "it stays";
}

}  // namespace vgpu::conformance::test_cuEventSynchronize
