#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamQuery {

CONFORMANCE_SUITE(cuStreamQuery, Context);
CONFORMANCE_SUITE(cuStreamQuery_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamQuery, driver().cuStreamQuery_ptsz};
}

TEST_F(cuStreamQuery, AnEmptyStreamIsDone) {
  const Stream stream;
  for (const auto form : forms()) EXPECT_CUDA_OK(form(stream));
}

TEST_F(cuStreamQuery, ABusyStreamIsNotReady) {
  for (const unsigned flags : {CU_STREAM_DEFAULT, CU_STREAM_NON_BLOCKING}) {
    const Stream stream(flags);
    Blocker blocker(stream);
    for (const auto form : forms()) {
      EXPECT_CUDA(CUDA_ERROR_NOT_READY, form(stream));
      EXPECT_CUDA(CUDA_ERROR_NOT_READY, form(stream)) << "asking changes nothing";
    }
    blocker.finish();
    for (const auto form : forms()) EXPECT_CUDA_OK(form(stream));
  }
}

TEST_F(cuStreamQuery, IsAboutTheNamedStreamOnly) {
  const Stream busy;
  const Stream idle;
  const Blocker blocker(busy);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(idle));
}

TEST_F(cuStreamQuery, DoneMeansThatTheWorksEffectIsThere) {
  const DeviceBuffer<unsigned> buffer(100'000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  CUresult result = CUDA_ERROR_NOT_READY;
  while (result == CUDA_ERROR_NOT_READY) result = driver().cuStreamQuery(stream);
  EXPECT_CUDA_OK(result);
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
}

TEST_F(cuStreamQuery, SeesWorkOfAnotherThread) {
  const Stream stream;
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Blocker blocker(stream);
  on_other_thread(context, [&] {
    empty.launch({}, {}, 0, stream);
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  });
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
}

TEST_F(cuStreamQuery, DefaultStreamIsTheLegacyOne) {
  Blocker blocker(CU_STREAM_LEGACY);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(nullptr));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery_ptsz(CU_STREAM_LEGACY));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamQuery(nullptr));
}

TEST_F(cuStreamQuery, PtszDefaultStreamIsTheThreadsOwn) {
  Blocker blocker(CU_STREAM_PER_THREAD);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery_ptsz(nullptr));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_PER_THREAD));
  EXPECT_CUDA_OK(on_other_thread(context, [] { return driver().cuStreamQuery_ptsz(nullptr); }));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamQuery_ptsz(nullptr));
}

TEST_F(cuStreamQuery, NonBlockingStreamsDoNotMakeTheLegacyStreamBusy) {
  const Stream apart(CU_STREAM_NON_BLOCKING);
  const Blocker blocker(apart);
  EXPECT_CUDA_OK(driver().cuStreamQuery(nullptr));
}

TEST_F(cuStreamQuery, NotReadyIsNoErrorForOtherCalls) {
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.release();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
}

TEST_F(cuStreamQuery, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuStreamQuery(foreign.stream()));  // Undocumented.
}

TEST_F(cuStreamQuery, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(stream));
    }
  }
}

TEST_F(cuStreamQuery, IsUnsafeDuringCapture) {
  const Stream other;
  expect_unsafe_in_capture([&] { return driver().cuStreamQuery(other); });
}

TEST_F(cuStreamQuery, OfACapturingStreamInvalidatesTheCaptureInEveryMode) {
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

TEST_F(cuStreamQuery, OfTheLegacyStreamInvalidatesACapture) {
  expect_implicit_in_capture([] { return driver().cuStreamQuery(nullptr); });
}

// Undocumented.
TEST_F(cuStreamQuery, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamQuery(stream)); });
}

TEST_F(cuStreamQuery_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr));
}

TEST_F(cuStreamQuery_fresh, ReturnsTheErrorOfTheWork) {
  check(driver().cuInit(0), "cuInit");
  ExtraContext own;
  const Current current(own);
  const Module module;
  const Stream stream;
  const Stream other;
  module.kernel("bad_address").launch({}, {}, 0, stream);
  CUresult result = CUDA_ERROR_NOT_READY;
  while (result == CUDA_ERROR_NOT_READY) result = driver().cuStreamQuery(stream);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, result);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuStreamQuery(stream)) << "it stays";
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuStreamQuery(other)) << "for all streams";
}

}  // namespace vgpu::conformance::test_cuStreamQuery
