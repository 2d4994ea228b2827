#include "fixture/doomed.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamAddCallback {

CONFORMANCE_SUITE(cuStreamAddCallback, Context);
CONFORMANCE_SUITE(cuStreamAddCallback_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamAddCallback, driver().cuStreamAddCallback_ptsz};
}

/// What a callback was given.
struct Call {
  std::atomic<int> calls{0};
  std::atomic<CUstream> stream{nullptr};
  std::atomic<int> status{-1};
};

void CUDA_CB note_call(CUstream stream, CUresult status, void* data) {
  auto* call = static_cast<Call*>(data);
  call->stream = stream;
  call->status = status;
  ++call->calls;
}

void CUDA_CB wait_for(CUstream, CUresult, void* flag) {
  while (!*static_cast<std::atomic<bool>*>(flag)) std::this_thread::yield();
}

TEST_F(cuStreamAddCallback, CallsBackOnceWithStreamStatusAndData) {
  for (const auto form : forms()) {
    Call call;
    const Stream stream;
    EXPECT_CUDA_OK(form(stream, &note_call, &call, 0));
    stream.synchronize();
    EXPECT_EQ(call.calls, 1);
    EXPECT_EQ(call.stream, stream.get());
    EXPECT_CUDA(CUDA_SUCCESS, static_cast<CUresult>(call.status.load()));
  }
}

TEST_F(cuStreamAddCallback, RunsAfterTheWorkBeforeIt) {
  Call call;
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuStreamAddCallback(stream, &note_call, &call, 0));
  EXPECT_EQ(call.calls, 0);
  blocker.finish();
  EXPECT_EQ(call.calls, 1);
}

TEST_F(cuStreamAddCallback, TheWorkBehindItWaits) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 1));
  std::atomic<bool> go{false};
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Kernel spin = module.kernel("spin");  // loading it later would wait for the stream
  const Stream stream;
  const Stream side(CU_STREAM_NON_BLOCKING);
  EXPECT_CUDA_OK(driver().cuStreamAddCallback(stream, &wait_for, &go, 0));
  fill.over(buffer, stream, 2U);
  spin.launch({}, {}, 0, side, 20'000'000ULL);
  side.synchronize();
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(10, 1));
  go = true;
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(10, 2));
}

TEST_F(cuStreamAddCallback, ManyKeepTheirOrder) {
  static std::atomic<int> last;
  static std::atomic<int> out_of_order;
  last = 0;
  out_of_order = 0;
  const Stream stream;
  for (std::intptr_t i = 1; i <= 100; ++i) {
    EXPECT_CUDA_OK(driver().cuStreamAddCallback(
        stream,
        [](CUstream, CUresult, void* data) {
          const auto number = static_cast<int>(reinterpret_cast<std::intptr_t>(data));
          if (last.exchange(number) != number - 1) ++out_of_order;
        },
        reinterpret_cast<void*>(i), 0));
  }
  stream.synchronize();
  EXPECT_EQ(last, 100);
  EXPECT_EQ(out_of_order, 0);
}

TEST_F(cuStreamAddCallback, MayNotCallTheDriver) {
  std::atomic<int> result{-1};
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuStreamAddCallback(
      stream,
      [](CUstream, CUresult, void* data) {
        CUdeviceptr address = 0;
        *static_cast<std::atomic<int>*>(data) = driver().cuMemAlloc_v2(&address, 16);
      },
      &result, 0));
  stream.synchronize();
  EXPECT_CUDA(CUDA_ERROR_NOT_PERMITTED, static_cast<CUresult>(result.load()));
}

TEST_F(cuStreamAddCallback, DefaultStreams) {
  static Call call;
  call.calls = 0;
  expect_legacy_default_stream(
      [] { return driver().cuStreamAddCallback(nullptr, &note_call, &call, 0); },
      [] { return call.calls == 1; });
  expect_per_thread_default_stream(
      [] { return driver().cuStreamAddCallback_ptsz(nullptr, &note_call, &call, 0); },
      [] { return call.calls == 2; });
}

TEST_F(cuStreamAddCallback, RefusesANullFunction) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr, nullptr, 0));
  }
}

TEST_F(cuStreamAddCallback, RefusesFlags) {
  Call call;
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, &note_call, &call, 1));
  }
  stream.synchronize();
  EXPECT_EQ(call.calls, 0);
}

TEST_F(cuStreamAddCallback, NeedsACurrentContextForTheDefaultStream) {
  Call call;
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuStreamAddCallback(nullptr, &note_call, &call, 0));
}

// Unlike cuLaunchHostFunc it cannot be captured.
TEST_F(cuStreamAddCallback, EndsACapture) {
  Call call;
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              driver().cuStreamAddCallback(stream, &note_call, &call, 0));
  EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_INVALIDATED);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  EXPECT_EQ(call.calls, 0);
}

TEST_F(cuStreamAddCallback_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, &note_call, nullptr, 0));
  }
}

// It is called after a device error too, and told of it.
TEST_F(cuStreamAddCallback_fresh, IsToldOfAnError) {
  static Call call;
  const Doomed doomed;
  EXPECT_CUDA_OK(driver().cuStreamAddCallback(doomed.stream, &note_call, &call, 0));
  doomed.go();
  EXPECT_CUDA(Doomed::error, driver().cuStreamSynchronize(doomed.stream));
  while (call.calls == 0) std::this_thread::yield();
  EXPECT_EQ(call.calls, 1);
  EXPECT_CUDA(Doomed::error, static_cast<CUresult>(call.status.load()));
}

}  // namespace vgpu::conformance::test_cuStreamAddCallback
