#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceCanAccessPeer {

CONFORMANCE_SUITE(cuDeviceCanAccessPeer, Driver);
CONFORMANCE_SUITE(cuDeviceCanAccessPeer_fresh, Uninitialised);

int can_access(CUdevice from, CUdevice to) {
  int can = -1;
  check(driver().cuDeviceCanAccessPeer(&can, from, to), "cuDeviceCanAccessPeer");
  return can;
}

TEST_F(cuDeviceCanAccessPeer, ADeviceIsNoPeerOfItself) {
  for (CUdevice one = 0; one < device_count(); ++one) {
    const auto [first, second] = expect_writes<int>(
        [one](int* can) { return driver().cuDeviceCanAccessPeer(can, one, one); });
    EXPECT_EQ(first, 0);
    EXPECT_EQ(second, 0);
  }
}

TEST_F(cuDeviceCanAccessPeer, AgreesWithTheLinksAttribute) {
  REQUIRE_DEVICES(2);
  for (CUdevice from = 0; from < device_count(); ++from) {
    for (CUdevice to = 0; to < device_count(); ++to) {
      if (from == to) continue;
      int supported = -1;
      ASSERT_CUDA_OK(driver().cuDeviceGetP2PAttribute(
          &supported, CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED, from, to));
      EXPECT_EQ(can_access(from, to), supported) << from << " to " << to;
    }
  }
}

TEST_F(cuDeviceCanAccessPeer, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceCanAccessPeer(nullptr, 0, 0));
}

TEST_F(cuDeviceCanAccessPeer, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [unknown](int* can) {
      return driver().cuDeviceCanAccessPeer(can, unknown, device);
    });
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [unknown](int* can) {
      return driver().cuDeviceCanAccessPeer(can, device, unknown);
    });
  }
}

TEST_F(cuDeviceCanAccessPeer, MakesNoContext) {
  can_access(0, 0);
  EXPECT_EQ(current_context(), nullptr);
  unsigned flags = 0;
  int active = 1;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &flags, &active));
  EXPECT_EQ(active, 0);
}

TEST_F(cuDeviceCanAccessPeer, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    int can = 0;
    return driver().cuDeviceCanAccessPeer(&can, 0, 0);
  });
}

TEST_F(cuDeviceCanAccessPeer_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED,
                     [](int* can) { return driver().cuDeviceCanAccessPeer(can, 0, 0); });
}

}  // namespace vgpu::conformance::test_cuDeviceCanAccessPeer
