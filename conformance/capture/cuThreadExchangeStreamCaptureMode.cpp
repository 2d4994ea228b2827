#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuThreadExchangeStreamCaptureMode {

CONFORMANCE_SUITE(cuThreadExchangeStreamCaptureMode, Context);
CONFORMANCE_SUITE(cuThreadExchangeStreamCaptureMode_fresh, Uninitialised);

constexpr auto global = CU_STREAM_CAPTURE_MODE_GLOBAL;
constexpr auto thread_only = CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
constexpr auto relaxed = CU_STREAM_CAPTURE_MODE_RELAXED;

/// Sets this thread's mode and returns the one before.
CUstreamCaptureMode exchange(CUstreamCaptureMode mode) {
  check(driver().cuThreadExchangeStreamCaptureMode(&mode), "cuThreadExchangeStreamCaptureMode");
  return mode;
}

/// This thread's mode is another one while this lives.
class Mode {
 public:
  explicit Mode(CUstreamCaptureMode mode) : before_(exchange(mode)) {}
  ~Mode() { exchange(before_); }
  Mode(const Mode&) = delete;
  Mode& operator=(const Mode&) = delete;

 private:
  CUstreamCaptureMode before_;
};

/// A call that a capture may forbid.
CUresult unsafe() {
  CUdeviceptr address = 0;
  const CUresult result = driver().cuMemAlloc_v2(&address, 16);
  if (result == CUDA_SUCCESS) driver().cuMemFree_v2(address);
  return result;
}

TEST_F(cuThreadExchangeStreamCaptureMode, SwapsTheModeWithTheOneBefore) {
  EXPECT_EQ(exchange(relaxed), global) << "the mode of a thread at first";
  EXPECT_EQ(exchange(thread_only), relaxed);
  EXPECT_EQ(exchange(thread_only), thread_only);
  EXPECT_EQ(exchange(global), thread_only);
  EXPECT_EQ(exchange(global), global);
}

TEST_F(cuThreadExchangeStreamCaptureMode, EachThreadHasAModeOfItsOwn) {
  const Mode mode(relaxed);
  on_other_thread(context, [] {
    EXPECT_EQ(exchange(thread_only), global);
    EXPECT_EQ(exchange(thread_only), thread_only);
  });
  on_other_thread(context, [] { EXPECT_EQ(exchange(global), global) << "a further thread"; });
  EXPECT_EQ(exchange(relaxed), relaxed);
}

TEST_F(cuThreadExchangeStreamCaptureMode, BelongsToTheThreadNotToTheContext) {
  const Mode mode(relaxed);
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(exchange(relaxed), relaxed);
  const NoContext none;
  EXPECT_EQ(exchange(relaxed), relaxed);
}

TEST_F(cuThreadExchangeStreamCaptureMode, ARelaxedThreadMayDoWhatItsOwnCaptureForbids) {
  for (const auto capture_mode : {global, thread_only}) {
    const Stream stream;
    Capture capture(stream, capture_mode);
    {
      const Mode mode(relaxed);
      EXPECT_CUDA_OK(unsafe());
    }
    EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, unsafe());
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

// What is in conflict with a capture stays forbidden.
TEST_F(cuThreadExchangeStreamCaptureMode, ARelaxedThreadMayNotWaitForACapturingStream) {
  const Stream stream;
  Capture capture(stream);
  const Mode mode(relaxed);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, driver().cuStreamSynchronize(stream));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

TEST_F(cuThreadExchangeStreamCaptureMode, AThreadLocalThreadIgnoresOtherThreadsCaptures) {
  const Stream stream;
  Capture capture(stream, global);
  EXPECT_CUDA_OK(on_other_thread(context, [] {
    exchange(thread_only);
    return unsafe();
  }));
  EXPECT_CUDA_OK(on_other_thread(context, [] {
    exchange(relaxed);
    return unsafe();
  }));
  EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, on_other_thread(context, unsafe))
      << "a thread in the mode that it has at first";
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

TEST_F(cuThreadExchangeStreamCaptureMode, AThreadLocalThreadHeedsItsOwnCapture) {
  const Mode mode(thread_only);
  for (const auto capture_mode : {global, thread_only}) {
    const Stream stream;
    Capture capture(stream, capture_mode);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, unsafe());
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

TEST_F(cuThreadExchangeStreamCaptureMode_fresh, BeforeInit) {
  auto mode = relaxed;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuThreadExchangeStreamCaptureMode(&mode));
  EXPECT_EQ(mode, relaxed);
}

}  // namespace vgpu::conformance::test_cuThreadExchangeStreamCaptureMode
