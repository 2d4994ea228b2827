#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceComputeCapability {

CONFORMANCE_SUITE(cuDeviceComputeCapability, Driver);
CONFORMANCE_SUITE(cuDeviceComputeCapability_fresh, Uninitialised);

TEST_F(cuDeviceComputeCapability, SaysWhatTheAttributesSay) {
  const auto results = expect_writes<int, int>([](int* major, int* minor) {
    return driver().cuDeviceComputeCapability(major, minor, device);
  });
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(std::get<0>(results[0]),
            device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
  EXPECT_EQ(std::get<1>(results[0]),
            device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
}

TEST_F(cuDeviceComputeCapability, RefusesNullOutputs) {
  int number = 77;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDeviceComputeCapability(nullptr, &number, device));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDeviceComputeCapability(&number, nullptr, device));
  EXPECT_EQ(number, 77);
}

TEST_F(cuDeviceComputeCapability, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    expect_leaves<int, int>(CUDA_ERROR_INVALID_DEVICE, [unknown](int* major, int* minor) {
      return driver().cuDeviceComputeCapability(major, minor, unknown);
    });
  }
}

TEST_F(cuDeviceComputeCapability, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    int major = 0;
    int minor = 0;
    return driver().cuDeviceComputeCapability(&major, &minor, device);
  });
}

TEST_F(cuDeviceComputeCapability_fresh, BeforeInit) {
  expect_leaves<int, int>(CUDA_ERROR_NOT_INITIALIZED, [](int* major, int* minor) {
    return driver().cuDeviceComputeCapability(major, minor, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceComputeCapability
