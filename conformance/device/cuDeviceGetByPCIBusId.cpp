#include <cctype>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetByPCIBusId {

CONFORMANCE_SUITE(cuDeviceGetByPCIBusId, Driver);
CONFORMANCE_SUITE(cuDeviceGetByPCIBusId_fresh, Uninitialised);

/// "dddd:bb:ss.f"
std::string bus_id(CUdevice device) {
  char text[64] = {};
  check(driver().cuDeviceGetPCIBusId(text, sizeof text, device), "cuDeviceGetPCIBusId");
  return text;
}

void expect_found(const std::string& text, CUdevice device) {
  const auto [first, second] = expect_writes<CUdevice>(
      [&](CUdevice* found) { return driver().cuDeviceGetByPCIBusId(found, text.c_str()); });
  EXPECT_EQ(first, device) << text;
  EXPECT_EQ(second, device) << text;
}

void expect_refused(const std::string& text, CUresult error) {
  SCOPED_TRACE("\"" + text + "\"");
  expect_leaves<CUdevice>(
      error, [&](CUdevice* found) { return driver().cuDeviceGetByPCIBusId(found, text.c_str()); });
}

TEST_F(cuDeviceGetByPCIBusId, FindsEveryDevice) {
  for (CUdevice one = 0; one < device_count(); ++one) expect_found(bus_id(one), one);
}

// [domain]:[bus]:[device] and [bus]:[device].[function]
TEST_F(cuDeviceGetByPCIBusId, TakesTheShorterForms) {
  const std::string text = bus_id(device);
  expect_found(text.substr(0, text.find('.')), device);
  if (device_attribute(CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID) == 0) {
    expect_found(text.substr(text.find(':') + 1), device);
  }
}

TEST_F(cuDeviceGetByPCIBusId, TakesBothCasesOfHexadecimalDigits) {
  std::string lower = bus_id(device);
  std::string upper = lower;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  expect_found(lower, device);
  expect_found(upper, device);
}

TEST_F(cuDeviceGetByPCIBusId, RefusesAddressesWithoutADevice) {
  std::string text = bus_id(device);
  expect_refused("0000:fe:1d.0", CUDA_ERROR_INVALID_DEVICE);
  expect_refused("fffe" + text.substr(text.find(':')), CUDA_ERROR_INVALID_DEVICE);
}

// Undocumented.
TEST_F(cuDeviceGetByPCIBusId, RefusesTextsThatAreNoAddress) {
  for (const char* text : {"", "garbage", "zz:00.0", "0000"}) {
    expect_refused(text, CUDA_ERROR_INVALID_VALUE);
  }
}

TEST_F(cuDeviceGetByPCIBusId, RefusesNullPointers) {
  CUdevice found = 77;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetByPCIBusId(nullptr, "0000:01:00.0"));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetByPCIBusId(&found, nullptr));
  EXPECT_EQ(found, 77);
}

TEST_F(cuDeviceGetByPCIBusId, IsSafeDuringCapture) {
  const std::string text = bus_id(device);
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([&] {
    CUdevice found = -1;
    return driver().cuDeviceGetByPCIBusId(&found, text.c_str());
  });
}

TEST_F(cuDeviceGetByPCIBusId_fresh, BeforeInit) {
  expect_leaves<CUdevice>(CUDA_ERROR_NOT_INITIALIZED, [](CUdevice* found) {
    return driver().cuDeviceGetByPCIBusId(found, "0000:01:00.0");
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetByPCIBusId
