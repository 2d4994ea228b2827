#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamSynchronize {

CONFORMANCE_SUITE(cuStreamSynchronize, Context);
CONFORMANCE_SUITE(cuStreamSynchronize_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamSynchronize, driver().cuStreamSynchronize_ptsz};
}

TEST_F(cuStreamSynchronize, WaitsForAllWorkOfTheStream) {
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Kernel fill = module.kernel("fill");
  for (const auto form : forms()) {
    for (const unsigned flags : {CU_STREAM_DEFAULT, CU_STREAM_NON_BLOCKING}) {
      const DeviceBuffer<unsigned> buffer(100'000);
      const auto value = random_value<unsigned>();
      const Stream stream(flags);
      spin.launch({}, {}, 0, stream, 5'000'000ULL);
      fill.over(buffer, stream, value);
      EXPECT_CUDA_OK(form(stream));
      EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
      EXPECT_CUDA_OK(driver().cuStreamQuery(stream));
    }
  }
}

TEST_F(cuStreamSynchronize, WaitsForNoOtherStream) {
  const Stream idle;
  for (const auto form : forms()) {
    expect_waits_for_no_other_stream([&] { return form(idle); });
  }
}

// The stream of the call waits for the one that is kept busy.
TEST_F(cuStreamSynchronize, ReturnsNotBeforeTheWorkIsDone) {
  for (const auto form : forms()) {
    const Event event;
    const Stream waiting;
    expect_waits_for_other_streams([&] {
      check(driver().cuEventRecord(event, CU_STREAM_LEGACY), "cuEventRecord");
      check(driver().cuStreamWaitEvent(waiting, event, 0), "cuStreamWaitEvent");
      return form(waiting);
    });
  }
}

TEST_F(cuStreamSynchronize, ReturnsAtOnceForAnEmptyStream) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const CUstream empty :
         {stream.get(), CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      EXPECT_CUDA_OK(form(empty));
    }
  }
}

TEST_F(cuStreamSynchronize, DefaultStreamIsTheLegacyOne) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  expect_waits_for_other_streams([&] {
    fill.over(buffer, CU_STREAM_LEGACY, 1U);
    return driver().cuStreamSynchronize(nullptr);
  });
  EXPECT_EQ(buffer.read()[0], 1U);
}

TEST_F(cuStreamSynchronize, PtszDefaultStreamIsTheThreadsOwn) {
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Kernel fill = module.kernel("fill");
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  expect_waits_for_no_other_stream([&] {
    spin.launch({}, {}, 0, CU_STREAM_PER_THREAD, 2'000'000ULL);
    fill.over(buffer, CU_STREAM_PER_THREAD, 1U);
    return driver().cuStreamSynchronize_ptsz(nullptr);
  });
  EXPECT_EQ(buffer.read()[0], 1U);
}

TEST_F(cuStreamSynchronize, DoesNotWaitForAnotherThreadsDefaultStream) {
  const Blocker blocker(CU_STREAM_PER_THREAD);
  EXPECT_CUDA_OK(
      on_other_thread(context, [] { return driver().cuStreamSynchronize_ptsz(nullptr); }));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_PER_THREAD));
}

TEST_F(cuStreamSynchronize, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(foreign.stream()));  // Undocumented.
  EXPECT_EQ(current_context(), context);
}

TEST_F(cuStreamSynchronize, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(stream));
    }
  }
}

TEST_F(cuStreamSynchronize, IsUnsafeDuringCapture) {
  const Stream other;
  expect_unsafe_in_capture([&] { return driver().cuStreamSynchronize(other); });
}

TEST_F(cuStreamSynchronize, OfACapturingStreamInvalidatesTheCaptureInEveryMode) {
  for (const auto mode : {CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL,
                          CU_STREAM_CAPTURE_MODE_RELAXED}) {
    for (const auto form : forms()) {
      const Stream stream;
      Capture capture(stream, mode);
      EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, form(stream)) << "mode " << mode;
      EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end()) << "mode " << mode;
    }
  }
}

TEST_F(cuStreamSynchronize, OfTheLegacyStreamInvalidatesACapture) {
  expect_implicit_in_capture([] { return driver().cuStreamSynchronize(nullptr); });
}

// Undocumented.
TEST_F(cuStreamSynchronize, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream)); });
}

TEST_F(cuStreamSynchronize_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr));
}

TEST_F(cuStreamSynchronize_fresh, ReturnsTheErrorOfTheWorkAgainAndAgain) {
  check(driver().cuInit(0), "cuInit");
  ExtraContext own;
  const Current current(own);
  const Module module;
  const Stream stream;
  const Stream other;
  module.kernel("bad_address").launch({}, {}, 0, stream);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuStreamSynchronize(stream));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuStreamSynchronize(stream));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuStreamSynchronize(other));
}

}  // namespace vgpu::conformance::test_cuStreamSynchronize
