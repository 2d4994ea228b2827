#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetDevice {

CONFORMANCE_SUITE(cuCtxGetDevice, Driver);
CONFORMANCE_SUITE(cuCtxGetDevice_fresh, Uninitialised);

constexpr std::array<CUdevice, 2> both_zero{0, 0};

TEST_F(cuCtxGetDevice, IsTheDeviceOfTheCurrentContext) {
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(expect_writes<CUdevice>([](CUdevice* out) { return driver().cuCtxGetDevice(out); }),
            both_zero);
  EXPECT_EQ(expect_writes<CUdevice>(
                [](CUdevice* out) { return driver().cuCtxGetDevice_v2(out, nullptr); }),
            both_zero);
}

TEST_F(cuCtxGetDevice, IsTheDeviceOfTheNamedContext) {
  const ExtraContext extra;
  EXPECT_EQ(expect_writes<CUdevice>(
                [&](CUdevice* out) { return driver().cuCtxGetDevice_v2(out, extra); }),
            both_zero);
}

TEST_F(cuCtxGetDevice, TellsTwoDevicesApart) {
  REQUIRE_DEVICES(2);
  const ExtraContext here;
  CUcontext there = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&there, nullptr, 0, 1));
  CUdevice found = -1;
  EXPECT_CUDA_OK(driver().cuCtxGetDevice(&found));
  EXPECT_EQ(found, 1);
  EXPECT_CUDA_OK(driver().cuCtxGetDevice_v2(&found, here));
  EXPECT_EQ(found, 0);
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(there));
}

TEST_F(cuCtxGetDevice, RefusesWithoutAContext) {
  expect_leaves<CUdevice>(CUDA_ERROR_INVALID_CONTEXT,
                          [](CUdevice* out) { return driver().cuCtxGetDevice(out); });
  expect_leaves<CUdevice>(CUDA_ERROR_INVALID_CONTEXT,
                          [](CUdevice* out) { return driver().cuCtxGetDevice_v2(out, nullptr); });
}

TEST_F(cuCtxGetDevice, AnswersForTheCallingThread) {
  const ExtraContext extra;
  const Current current(extra);
  CUdevice found = -1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              on_other_thread([&] { return driver().cuCtxGetDevice(&found); }));
  EXPECT_CUDA_OK(on_other_thread(extra, [&] { return driver().cuCtxGetDevice(&found); }));
  EXPECT_EQ(found, device);
}

// As the vendor's driver does for a primary context that was released.
TEST_F(cuCtxGetDevice, StillAnswersForAReleasedPrimaryContext) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  CUdevice found = -1;
  EXPECT_CUDA_OK(driver().cuCtxGetDevice(&found));
  EXPECT_EQ(found, device);
}

TEST_F(cuCtxGetDevice, RefusesANullOutput) {
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetDevice(nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetDevice_v2(nullptr, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetDevice_v2(nullptr, extra));
}

TEST_F(cuCtxGetDevice, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    CUdevice found = -1;
    return driver().cuCtxGetDevice(&found);
  });
}

TEST_F(cuCtxGetDevice_fresh, BeforeInit) {
  expect_leaves<CUdevice>(CUDA_ERROR_NOT_INITIALIZED,
                          [](CUdevice* out) { return driver().cuCtxGetDevice(out); });
  expect_leaves<CUdevice>(CUDA_ERROR_NOT_INITIALIZED,
                          [](CUdevice* out) { return driver().cuCtxGetDevice_v2(out, nullptr); });
}

}  // namespace vgpu::conformance::test_cuCtxGetDevice
