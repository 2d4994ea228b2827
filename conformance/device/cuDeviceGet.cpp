#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGet {

CONFORMANCE_SUITE(cuDeviceGet, Driver);
CONFORMANCE_SUITE(cuDeviceGet_fresh, Uninitialised);

TEST_F(cuDeviceGet, WritesTheHandleAndAlwaysTheSame) {
  for (int ordinal = 0; ordinal < device_count(); ++ordinal) {
    const auto [first, second] = expect_writes<CUdevice>(
        [ordinal](CUdevice* handle) { return driver().cuDeviceGet(handle, ordinal); });
    EXPECT_EQ(first, second);
  }
}

TEST_F(cuDeviceGet, GivesEveryDeviceItsOwnHandle) {
  std::set<CUdevice> handles;
  for (int ordinal = 0; ordinal < device_count(); ++ordinal) {
    CUdevice handle = -1;
    ASSERT_CUDA_OK(driver().cuDeviceGet(&handle, ordinal));
    handles.insert(handle);
    int warp = 0;
    EXPECT_CUDA_OK(driver().cuDeviceGetAttribute(&warp, CU_DEVICE_ATTRIBUTE_WARP_SIZE, handle));
    EXPECT_EQ(warp, 32);
  }
  EXPECT_EQ(handles.size(), static_cast<std::size_t>(device_count()));
}

// Programs pass ordinals where handles are meant.
TEST_F(cuDeviceGet, TheHandleIsTheOrdinal) {
  for (int ordinal = 0; ordinal < device_count(); ++ordinal) {
    CUdevice handle = -1;
    ASSERT_CUDA_OK(driver().cuDeviceGet(&handle, ordinal));
    EXPECT_EQ(handle, ordinal);
  }
}

TEST_F(cuDeviceGet, RefusesOrdinalsThatDoNotExist) {
  for (const int ordinal : {device_count(), device_count() + 1, 100000, INT32_MAX, -1, INT32_MIN}) {
    SCOPED_TRACE(ordinal);
    expect_leaves<CUdevice>(CUDA_ERROR_INVALID_DEVICE, [ordinal](CUdevice* handle) {
      return driver().cuDeviceGet(handle, ordinal);
    });
  }
}

TEST_F(cuDeviceGet, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGet(nullptr, 0));
}

TEST_F(cuDeviceGet, MakesNoContext) {
  CUdevice handle = -1;
  ASSERT_CUDA_OK(driver().cuDeviceGet(&handle, 0));
  unsigned flags = 0;
  int active = 1;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(handle, &flags, &active));
  EXPECT_EQ(active, 0);
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuDeviceGet, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    CUdevice handle = -1;
    return driver().cuDeviceGet(&handle, 0);
  });
}

TEST_F(cuDeviceGet_fresh, BeforeInit) {
  expect_leaves<CUdevice>(CUDA_ERROR_NOT_INITIALIZED,
                          [](CUdevice* handle) { return driver().cuDeviceGet(handle, 0); });
}

}  // namespace vgpu::conformance::test_cuDeviceGet
