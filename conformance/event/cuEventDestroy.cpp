#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuEventDestroy {

CONFORMANCE_SUITE(cuEventDestroy, Context);
CONFORMANCE_SUITE(cuEventDestroy_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuEventDestroy, driver().cuEventDestroy_v2};
}

TEST_F(cuEventDestroy, TakesEventsInEveryState) {
  const Stream stream;
  for (const auto form : forms()) {
    Event never_recorded;
    EXPECT_CUDA_OK(form(never_recorded.release()));
    Event done;
    done.record(stream);
    done.synchronize();
    EXPECT_CUDA_OK(form(done.release()));
  }
}

// The first form waits.
TEST_F(cuEventDestroy, DoesNotWaitForTheEvent) {
  const Stream stream;
  Event event;
  Blocker blocker(stream);
  event.record(stream);
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(event.release()));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamQuery(stream));
}

// Who waits already goes on waiting.
TEST_F(cuEventDestroy, AStreamThatWaitsForItStillWaits) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream busy;
  const Stream waiting;
  Event event;
  Blocker blocker(busy);
  event.record(busy);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(waiting, event, 0));
  fill.over(buffer, waiting, 1U);
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(event.release()));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(waiting));
  EXPECT_EQ(buffer.read(), (std::vector<unsigned>{0}));
  blocker.finish();
  waiting.synchronize();
  EXPECT_EQ(buffer.read(), (std::vector<unsigned>{1}));
}

TEST_F(cuEventDestroy, TakesAnEventOfAnotherContext) {
  const Foreign foreign;
  CUevent event = nullptr;
  {
    const Current other(foreign.context());
    ASSERT_CUDA_OK(driver().cuEventCreate(&event, 0));
  }
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(event));
}

TEST_F(cuEventDestroy, WorksOnAnyThread) {
  Event event;
  const CUevent handle = event.release();
  EXPECT_CUDA_OK(on_other_thread(context, [&] { return driver().cuEventDestroy_v2(handle); }));
}

TEST_F(cuEventDestroy, RefusesANullHandle) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(nullptr));
}

TEST_F(cuEventDestroy, IsSafeDuringCapture) {
  Event event;
  CUevent handle = nullptr;
  expect_safe_in_capture([&] { return driver().cuEventDestroy_v2(handle); },
                         [&] { handle = Event().release(); });
}

// The capture keeps what it recorded.
TEST_F(cuEventDestroy, OfAnEventThatACaptureRecorded) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Stream origin;
  const Stream joined;
  Capture capture(origin);
  Event fork;
  Event join;
  fork.record(origin);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(joined, fork, 0));
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(fork.release()));
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, 5, 1, joined));
  join.record(joined);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(origin, join, 0));
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(join.release()));
  const Graph graph = capture.end();
  graph.run();
  EXPECT_EQ(buffer.read(), (std::vector<unsigned>{5}));
}

// Undocumented.
TEST_F(cuEventDestroy, NeedsNoCurrentContext) {
  Event event;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(event.release()));
}

TEST_F(cuEventDestroy_fresh, BeforeInit) {
  for (const auto form : forms())
    EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, form(nullptr));
}

// A process of its own, because a driver may look behind the handle.
TEST_F(cuEventDestroy_fresh, RefusesAnEventOfADestroyedContext) {
  check(driver().cuInit(0), "cuInit");
  ExtraContext own;
  const Current current(own);
  CUevent event = nullptr;
  {
    const ExtraContext gone;
    const Current other(gone);
    check(driver().cuEventCreate(&event, 0), "cuEventCreate");
  }
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, driver().cuEventDestroy_v2(event));
}

}  // namespace vgpu::conformance::test_cuEventDestroy
