#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetUuid {

CONFORMANCE_SUITE(cuDeviceGetUuid, Driver);
CONFORMANCE_SUITE(cuDeviceGetUuid_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuDeviceGetUuid, driver().cuDeviceGetUuid_v2};
}

using Bytes = std::array<char, sizeof(CUuuid)>;

TEST_F(cuDeviceGetUuid, WritesAllBytesAndAlwaysTheSame) {
  for (const auto form : forms()) {
    const auto [first, second] = expect_writes<Bytes>(
        [&](Bytes* bytes) { return form(reinterpret_cast<CUuuid*>(bytes->data()), device); });
    EXPECT_EQ(first, second);
    EXPECT_NE(first, Bytes{});
  }
}

// They differ on devices in MIG mode only; of those, the older form names the whole device.
TEST_F(cuDeviceGetUuid, BothFormsAgreeOnOrdinaryDevices) {
  Bytes older{};
  Bytes newer{};
  ASSERT_CUDA_OK(driver().cuDeviceGetUuid(reinterpret_cast<CUuuid*>(older.data()), device));
  ASSERT_CUDA_OK(driver().cuDeviceGetUuid_v2(reinterpret_cast<CUuuid*>(newer.data()), device));
  char name[256] = {};
  check(driver().cuDeviceGetName(name, sizeof name, device), "cuDeviceGetName");
  const bool mig = std::string(name).find(" MIG ") != std::string::npos;
  EXPECT_EQ(older == newer, !mig);
}

TEST_F(cuDeviceGetUuid, DiffersBetweenDevices) {
  for (const auto form : forms()) {
    std::set<Bytes> seen;
    for (CUdevice one = 0; one < device_count(); ++one) {
      Bytes bytes{};
      ASSERT_CUDA_OK(form(reinterpret_cast<CUuuid*>(bytes.data()), one));
      seen.insert(bytes);
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(device_count()));
  }
}

TEST_F(cuDeviceGetUuid, RefusesANullOutput) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, device));
}

TEST_F(cuDeviceGetUuid, RefusesUnknownDevices) {
  for (const auto form : forms()) {
    for (const CUdevice unknown : {-1, device_count(), 100000}) {
      expect_leaves<CUuuid>(CUDA_ERROR_INVALID_DEVICE,
                            [&](CUuuid* uuid) { return form(uuid, unknown); });
    }
  }
}

TEST_F(cuDeviceGetUuid, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  for (const auto form : forms()) {
    expect_safe_in_capture([form] {
      CUuuid uuid;
      return form(&uuid, device);
    });
  }
}

TEST_F(cuDeviceGetUuid_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<CUuuid>(CUDA_ERROR_NOT_INITIALIZED, [&](CUuuid* uuid) { return form(uuid, 0); });
  }
}

}  // namespace vgpu::conformance::test_cuDeviceGetUuid
