#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamDestroy {

CONFORMANCE_SUITE(cuStreamDestroy, Context);
CONFORMANCE_SUITE(cuStreamDestroy_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamDestroy, driver().cuStreamDestroy_v2};
}

TEST_F(cuStreamDestroy, TakesAnEmptyStream) {
  for (const auto form : forms()) {
    for (const unsigned flags : {CU_STREAM_DEFAULT, CU_STREAM_NON_BLOCKING}) {
      Stream stream(flags);
      EXPECT_CUDA_OK(form(stream.release()));
    }
  }
}

// The form of CUDA 2 waits.
TEST_F(cuStreamDestroy, DoesNotWaitAndItsWorkGoesOn) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{1});
  const Event done;
  const Event gate;
  Stream stream;
  // A kernel's first launch may load it, which waits for the device.
  fill.over(buffer, stream, 0U);
  stream.synchronize();
  const Stream busy;
  Blocker blocker(busy);
  gate.record(busy);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(stream, gate, 0));
  fill.over(buffer, stream, 1U);
  done.record(stream);
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream.release()));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(done));
  EXPECT_EQ(buffer.read()[0], 0U);
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuEventSynchronize(done));
  EXPECT_EQ(buffer.read()[0], 1U);
}

TEST_F(cuStreamDestroy, TheContextStillWaitsForItsWork) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Module module;
  Stream stream(CU_STREAM_NON_BLOCKING);
  module.kernel("spin").launch({}, {}, 0, stream, 10'000'000ULL);
  module.kernel("fill").over(buffer, stream, 1U);
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream.release()));
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_EQ(buffer.read()[0], 1U);
}

TEST_F(cuStreamDestroy, AStreamThatWaitsForItsEventStillWaits) {
  const Event event;
  const Stream waiting;
  const Event gate;
  Stream stream;
  const Stream busy;
  Blocker blocker(busy);
  gate.record(busy);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(stream, gate, 0));
  event.record(stream);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(waiting, event, 0));
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream.release()));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(waiting));
  blocker.finish();
  waiting.synchronize();
}

TEST_F(cuStreamDestroy, WorksOnAnyThread) {
  Stream stream;
  const CUstream handle = stream.release();
  EXPECT_CUDA_OK(on_other_thread(context, [&] { return driver().cuStreamDestroy_v2(handle); }));
}

TEST_F(cuStreamDestroy, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  CUstream stream = nullptr;
  {
    const Current other(foreign.context());
    ASSERT_CUDA_OK(driver().cuStreamCreate(&stream, 0));
  }
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));  // Undocumented.
}

TEST_F(cuStreamDestroy, RefusesTheDefaultStreams) {
  for (const auto form : forms()) {
    for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(stream));
    }
  }
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(nullptr));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
}

TEST_F(cuStreamDestroy, IsSafeDuringCapture) {
  CUstream other = nullptr;
  expect_safe_in_capture([&] { return driver().cuStreamDestroy_v2(other); },
                         [&] { other = Stream().release(); });
}

TEST_F(cuStreamDestroy, OfTheCapturingStreamEndsTheCapture) {
  Stream stream;
  ASSERT_CUDA_OK(driver().cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream.release()));  // Undocumented.
  const DeviceMemory memory(16);                                  // would be refused in a capture
  EXPECT_NE(memory.address(), 0U);
}

// Undocumented.
TEST_F(cuStreamDestroy, NeedsNoCurrentContext) {
  Stream stream;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream.release()));
}

TEST_F(cuStreamDestroy_fresh, BeforeInit) {
  for (const auto form : forms())
    EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, form(nullptr));
}

}  // namespace vgpu::conformance::test_cuStreamDestroy
