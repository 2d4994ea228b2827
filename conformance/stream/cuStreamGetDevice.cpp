#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamGetDevice {

CONFORMANCE_SUITE(cuStreamGetDevice, Context);
CONFORMANCE_SUITE(cuStreamGetDevice_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamGetDevice, driver().cuStreamGetDevice_ptsz};
}

/// What both forms say of a stream that is no default stream.
CUdevice of(CUstream stream) {
  CUdevice said{};
  for (const auto form : forms()) {
    const auto [first, second] =
        expect_writes<CUdevice>([&](CUdevice* out) { return form(stream, out); });
    EXPECT_EQ(first, second);
    if (form == forms().front()) said = first;
    EXPECT_EQ(first, said) << "the two forms differ";
  }
  return said;
}

TEST_F(cuStreamGetDevice, IsTheDeviceOfTheContext) {
  EXPECT_EQ(of(Stream()), device);
  EXPECT_EQ(of(Stream(CU_STREAM_NON_BLOCKING)), device);
}

TEST_F(cuStreamGetDevice, OfTheDefaultStreamsIsTheCurrentOne) {
  for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
    EXPECT_EQ(of(stream), device);
  }
}

TEST_F(cuStreamGetDevice, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_EQ(of(foreign.stream()), device);
}

TEST_F(cuStreamGetDevice, TellsTwoDevicesApart) {
  REQUIRE_DEVICES(2);
  const Stream here;
  CUcontext other = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&other, nullptr, 0, 1));
  EXPECT_EQ(of(here), 0);
  EXPECT_EQ(of(Stream()), 1);
  EXPECT_EQ(of(nullptr), 1);
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(other));
}

TEST_F(cuStreamGetDevice, AnswersOnAnyThreadAndWhileTheStreamIsBusy) {
  const Stream stream;
  const CUdevice idle = of(stream);
  const Blocker blocker(stream);
  EXPECT_EQ(of(stream), idle);
  EXPECT_EQ(on_other_thread(context, [&] { return of(stream); }), idle);
}

TEST_F(cuStreamGetDevice, RefusesANullOutput) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, nullptr));
  }
}

TEST_F(cuStreamGetDevice, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      expect_leaves<CUdevice>(CUDA_ERROR_INVALID_CONTEXT,
                              [&](CUdevice* out) { return form(stream, out); });
    }
  }
}

TEST_F(cuStreamGetDevice, IsSafeDuringCapture) {
  const Stream other;
  expect_safe_in_capture([&] {
    CUdevice out{};
    return driver().cuStreamGetDevice(other, &out);
  });
}

// Undocumented. The priority and the context of such a stream may be asked for.
TEST_F(cuStreamGetDevice, RefusesACapturingStream) {
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    expect_leaves<CUdevice>(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                            [&](CUdevice* out) { return form(stream, out); });
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

TEST_F(cuStreamGetDevice, PtszNullMeansTheThreadsOwnStream) {
  Capture capture(CU_STREAM_PER_THREAD);
  expect_leaves<CUdevice>(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, [&](CUdevice* out) {
    return driver().cuStreamGetDevice_ptsz(nullptr, out);
  });
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

// Undocumented.
TEST_F(cuStreamGetDevice, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  CUdevice found = -1;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamGetDevice(stream, &found)); });
  EXPECT_EQ(found, device);
}

TEST_F(cuStreamGetDevice_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<CUdevice>(CUDA_ERROR_NOT_INITIALIZED,
                            [&](CUdevice* out) { return form(nullptr, out); });
  }
}

}  // namespace vgpu::conformance::test_cuStreamGetDevice
