#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamIsCapturing {

CONFORMANCE_SUITE(cuStreamIsCapturing, Context);
CONFORMANCE_SUITE(cuStreamIsCapturing_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamIsCapturing, driver().cuStreamIsCapturing_ptsz};
}

CUstreamCaptureStatus of(CUstream stream) {
  CUstreamCaptureStatus said{};
  for (const auto form : forms()) {
    const auto [first, second] = expect_writes<CUstreamCaptureStatus>(
        [&](CUstreamCaptureStatus* out) { return form(stream, out); });
    EXPECT_EQ(first, second);
    if (form == forms().front()) said = first;
    EXPECT_EQ(first, said) << "the two forms differ";
  }
  return said;
}

TEST_F(cuStreamIsCapturing, GoesFromNoneToActiveAndBack) {
  const Stream stream;
  EXPECT_EQ(of(stream), CU_STREAM_CAPTURE_STATUS_NONE);
  Capture capture(stream);
  EXPECT_EQ(of(stream), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CUDA_OK(capture.try_end());
  EXPECT_EQ(of(stream), CU_STREAM_CAPTURE_STATUS_NONE);
}

TEST_F(cuStreamIsCapturing, SaysWhenTheCaptureIsInvalid) {
  const Stream stream;
  Capture capture(stream);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, driver().cuStreamSynchronize(stream));
  EXPECT_EQ(of(stream), CU_STREAM_CAPTURE_STATUS_INVALIDATED);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  EXPECT_EQ(of(stream), CU_STREAM_CAPTURE_STATUS_NONE);
}

TEST_F(cuStreamIsCapturing, OtherStreamsAreNotCapturing) {
  const Stream captured;
  const Stream other;
  const Capture capture(captured);
  EXPECT_EQ(of(other), CU_STREAM_CAPTURE_STATUS_NONE);
  EXPECT_EQ(of(CU_STREAM_PER_THREAD), CU_STREAM_CAPTURE_STATUS_NONE);
}

TEST_F(cuStreamIsCapturing, IsTheSameForEveryThread) {
  const Stream stream;
  const Capture capture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  EXPECT_EQ(on_other_thread(context, [&] { return of(stream); }), CU_STREAM_CAPTURE_STATUS_ACTIVE);
}

TEST_F(cuStreamIsCapturing, DefaultStreams) {
  for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
    EXPECT_EQ(of(stream), CU_STREAM_CAPTURE_STATUS_NONE);
  }
}

TEST_F(cuStreamIsCapturing, PtszNullMeansTheThreadsOwnStream) {
  const Capture capture(CU_STREAM_PER_THREAD);
  EXPECT_EQ(of(CU_STREAM_PER_THREAD), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  CUstreamCaptureStatus status{};
  EXPECT_CUDA_OK(driver().cuStreamIsCapturing_ptsz(nullptr, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_EQ(on_other_thread(context, [] { return of(CU_STREAM_PER_THREAD); }),
            CU_STREAM_CAPTURE_STATUS_NONE);
}

// The question does not end the capture.
TEST_F(cuStreamIsCapturing, TheLegacyStreamIsUnusableWhileAnOrdinaryOneCaptures) {
  const Stream stream;
  Capture capture(stream);
  CUstreamCaptureStatus status{};
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, driver().cuStreamIsCapturing(nullptr, &status));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, form(CU_STREAM_LEGACY, &status));
  }
  EXPECT_CUDA_OK(capture.try_end());
}

TEST_F(cuStreamIsCapturing, TheLegacyStreamIsUsableWhileANonBlockingOneCaptures) {
  const Stream stream(CU_STREAM_NON_BLOCKING);
  Capture capture(stream);
  EXPECT_EQ(of(CU_STREAM_LEGACY), CU_STREAM_CAPTURE_STATUS_NONE);
  EXPECT_CUDA_OK(capture.try_end());
}

TEST_F(cuStreamIsCapturing, RefusesANullOutput) {
  const Stream stream;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr));
}

TEST_F(cuStreamIsCapturing, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    expect_leaves<CUstreamCaptureStatus>(
        CUDA_ERROR_INVALID_CONTEXT, [&](CUstreamCaptureStatus* out) { return form(nullptr, out); });
  }
}

// Undocumented.
TEST_F(cuStreamIsCapturing, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  CUstreamCaptureStatus found{};
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamIsCapturing(stream, &found)); });
  EXPECT_EQ(found, CU_STREAM_CAPTURE_STATUS_NONE);
}

TEST_F(cuStreamIsCapturing_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<CUstreamCaptureStatus>(
        CUDA_ERROR_NOT_INITIALIZED, [&](CUstreamCaptureStatus* out) { return form(nullptr, out); });
  }
}

}  // namespace vgpu::conformance::test_cuStreamIsCapturing
