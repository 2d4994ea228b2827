#include <cstdio>
#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetPCIBusId {

CONFORMANCE_SUITE(cuDeviceGetPCIBusId, Driver);
CONFORMANCE_SUITE(cuDeviceGetPCIBusId_fresh, Uninitialised);

std::string bus_id(CUdevice device) {
  char text[64] = {};
  check(driver().cuDeviceGetPCIBusId(text, sizeof text, device), "cuDeviceGetPCIBusId");
  return text;
}

// [domain]:[bus]:[device].[function], all hexadecimal; 13 characters with the terminator.
TEST_F(cuDeviceGetPCIBusId, HasTheDocumentedFormAndAgreesWithTheAttributes) {
  const std::string text = bus_id(device);
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned slot = 0;
  unsigned function = 1;
  int consumed = 0;
  ASSERT_EQ(
      std::sscanf(text.c_str(), "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &consumed), 4)
      << text;
  EXPECT_EQ(static_cast<std::size_t>(consumed), text.size()) << text;
  EXPECT_EQ(text.size(), 12U) << text;
  EXPECT_EQ(static_cast<int>(domain), device_attribute(CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID));
  EXPECT_EQ(static_cast<int>(bus), device_attribute(CU_DEVICE_ATTRIBUTE_PCI_BUS_ID));
  EXPECT_EQ(static_cast<int>(slot), device_attribute(CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID));
  EXPECT_EQ(function, 0U);
}

TEST_F(cuDeviceGetPCIBusId, FindsTheDeviceAgain) {
  for (CUdevice one = 0; one < device_count(); ++one) {
    CUdevice found = -1;
    EXPECT_CUDA_OK(driver().cuDeviceGetByPCIBusId(&found, bus_id(one).c_str()));
    EXPECT_EQ(found, one);
  }
}

TEST_F(cuDeviceGetPCIBusId, DiffersBetweenDevices) {
  std::set<std::string> seen;
  for (CUdevice one = 0; one < device_count(); ++one) seen.insert(bus_id(one));
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(device_count()));
}

TEST_F(cuDeviceGetPCIBusId, FitsExactlyIntoThirteenBytes) {
  const std::string text = bus_id(device);
  std::string buffer(32, '#');
  ASSERT_CUDA_OK(driver().cuDeviceGetPCIBusId(buffer.data(), 13, device));
  EXPECT_STREQ(buffer.c_str(), text.c_str());
  EXPECT_EQ(buffer.substr(13), std::string(19, '#'));
}

// Undocumented.
TEST_F(cuDeviceGetPCIBusId, RefusesATooShortBuffer) {
  for (const int length : {12, 1, 0}) {
    std::string buffer(32, '#');
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuDeviceGetPCIBusId(buffer.data(), length, device))
        << length;
    const auto mine = static_cast<std::size_t>(length);
    EXPECT_EQ(buffer.substr(mine), std::string(32 - mine, '#')) << length;
  }
}

TEST_F(cuDeviceGetPCIBusId, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetPCIBusId(nullptr, 13, device));
}

TEST_F(cuDeviceGetPCIBusId, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    char text[] = "################";
    EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE,
                driver().cuDeviceGetPCIBusId(text, sizeof text, unknown));
    EXPECT_STREQ(text, "################");
  }
}

TEST_F(cuDeviceGetPCIBusId, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    char text[16];
    return driver().cuDeviceGetPCIBusId(text, sizeof text, device);
  });
}

TEST_F(cuDeviceGetPCIBusId_fresh, BeforeInit) {
  char text[] = "################";
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuDeviceGetPCIBusId(text, sizeof text, 0));
  EXPECT_STREQ(text, "################");
}

}  // namespace vgpu::conformance::test_cuDeviceGetPCIBusId
