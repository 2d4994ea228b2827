#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetLuid {

CONFORMANCE_SUITE(cuDeviceGetLuid, Driver);
CONFORMANCE_SUITE(cuDeviceGetLuid_fresh, Uninitialised);

using Luid = std::array<char, 8>;

// Undocumented: these identifiers exist on Windows only.
TEST_F(cuDeviceGetLuid, DoesNotExistOnLinux) {
  expect_leaves<Luid, unsigned>(CUDA_ERROR_NOT_SUPPORTED, [](Luid* luid, unsigned* mask) {
    return driver().cuDeviceGetLuid(luid->data(), mask, device);
  });
}

TEST_F(cuDeviceGetLuid, RefusesNullOutputs) {
  Luid luid{};
  unsigned mask = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetLuid(nullptr, &mask, device));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetLuid(luid.data(), nullptr, device));
}

TEST_F(cuDeviceGetLuid, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    expect_leaves<Luid, unsigned>(CUDA_ERROR_INVALID_DEVICE, [&](Luid* luid, unsigned* mask) {
      return driver().cuDeviceGetLuid(luid->data(), mask, unknown);
    });
  }
}

// Undocumented.
TEST_F(cuDeviceGetLuid, LeavesACaptureAlone) {
  const ExtraContext extra;
  const Current current(extra);
  std::array<char, 8> luid{};
  unsigned mask = 0;
  expect_refused_in_capture(CUDA_ERROR_NOT_SUPPORTED,
                            [&] { return driver().cuDeviceGetLuid(luid.data(), &mask, device); });
}

TEST_F(cuDeviceGetLuid_fresh, BeforeInit) {
  expect_leaves<Luid, unsigned>(CUDA_ERROR_NOT_INITIALIZED, [](Luid* luid, unsigned* mask) {
    return driver().cuDeviceGetLuid(luid->data(), mask, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetLuid
