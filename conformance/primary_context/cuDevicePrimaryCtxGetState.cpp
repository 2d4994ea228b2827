#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDevicePrimaryCtxGetState {

CONFORMANCE_SUITE(cuDevicePrimaryCtxGetState, Driver);
CONFORMANCE_SUITE(cuDevicePrimaryCtxGetState_fresh, Uninitialised);

int active(CUdevice device = Driver::device) {
  unsigned flags = 0;
  int value = -1;
  check(driver().cuDevicePrimaryCtxGetState(device, &flags, &value), "cuDevicePrimaryCtxGetState");
  return value;
}

CUcontext retain() {
  CUcontext context = nullptr;
  check(driver().cuDevicePrimaryCtxRetain(&context, Driver::device), "cuDevicePrimaryCtxRetain");
  return context;
}

CUresult release() {
  return driver().cuDevicePrimaryCtxRelease_v2(Driver::device);
}

TEST_F(cuDevicePrimaryCtxGetState, WritesBothOutputs) {
  for (const int expected : {0, 1}) {
    const auto results = expect_writes<unsigned, int>([](unsigned* flags, int* value) {
      return driver().cuDevicePrimaryCtxGetState(device, flags, value);
    });
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(std::get<1>(results[0]), expected);
    if (expected == 0) retain();
  }
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxGetState, IsActiveWhileRetained) {
  EXPECT_EQ(active(), 0);
  retain();
  retain();
  EXPECT_EQ(active(), 1);
  EXPECT_CUDA_OK(release());
  EXPECT_EQ(active(), 1);
  EXPECT_CUDA_OK(release());
  EXPECT_EQ(active(), 0);
}

TEST_F(cuDevicePrimaryCtxGetState, IsTheSameOnAllThreads) {
  on_other_thread(retain);
  EXPECT_EQ(active(), 1);
  EXPECT_EQ(on_other_thread([] { return active(); }), 1);
  EXPECT_CUDA_OK(release());
  EXPECT_EQ(on_other_thread([] { return active(); }), 0);
}

TEST_F(cuDevicePrimaryCtxGetState, OtherContextsDoNotMatter) {
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(active(), 0);
}

// An inactive primary context can be current; that does not make it active.
TEST_F(cuDevicePrimaryCtxGetState, BeingCurrentDoesNotMatter) {
  const CUcontext primary = retain();
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  ASSERT_CUDA_OK(release());
  EXPECT_EQ(active(), 0);
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  EXPECT_EQ(active(), 0);
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
}

TEST_F(cuDevicePrimaryCtxGetState, EveryDeviceHasItsOwn) {
  REQUIRE_DEVICES(2);
  retain();
  EXPECT_EQ(active(1), 0);
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxGetState, RefusesNullFlags) {
  int value = 77;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDevicePrimaryCtxGetState(device, nullptr, &value));  // Undocumented.
}

TEST_F(cuDevicePrimaryCtxGetState, RefusesANullActive) {
  unsigned flags = 77;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDevicePrimaryCtxGetState(device, &flags, nullptr));  // Undocumented.
}

TEST_F(cuDevicePrimaryCtxGetState, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    expect_leaves<unsigned, int>(CUDA_ERROR_INVALID_DEVICE, [unknown](unsigned* flags, int* value) {
      return driver().cuDevicePrimaryCtxGetState(unknown, flags, value);
    });
  }
}

TEST_F(cuDevicePrimaryCtxGetState, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    unsigned flags = 0;
    int value = 0;
    return driver().cuDevicePrimaryCtxGetState(device, &flags, &value);
  });
}

TEST_F(cuDevicePrimaryCtxGetState_fresh, BeforeInit) {
  expect_leaves<unsigned, int>(CUDA_ERROR_NOT_INITIALIZED, [](unsigned* flags, int* value) {
    return driver().cuDevicePrimaryCtxGetState(0, flags, value);
  });
}

TEST_F(cuDevicePrimaryCtxGetState_fresh, BeginsInactiveWithoutFlags) {
  ASSERT_CUDA_OK(driver().cuInit(0));
  for (CUdevice device = 0; device < device_count(); ++device) {
    unsigned flags = 77;
    int value = 77;
    EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &flags, &value));
    EXPECT_EQ(flags, 0U);
    EXPECT_EQ(value, 0);
  }
}

}  // namespace vgpu::conformance::test_cuDevicePrimaryCtxGetState
