#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetP2PAttribute {

CONFORMANCE_SUITE(cuDeviceGetP2PAttribute, Driver);
CONFORMANCE_SUITE(cuDeviceGetP2PAttribute_fresh, Uninitialised);

constexpr CUdevice_P2PAttribute attributes[] = {
    CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK,
    CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED,
    CU_DEVICE_P2P_ATTRIBUTE_NATIVE_ATOMIC_SUPPORTED,
    CU_DEVICE_P2P_ATTRIBUTE_CUDA_ARRAY_ACCESS_SUPPORTED,
};

TEST_F(cuDeviceGetP2PAttribute, WritesEveryAttributeOfALink) {
  REQUIRE_DEVICES(2);
  for (const CUdevice_P2PAttribute attribute : attributes) {
    SCOPED_TRACE(attribute);
    const auto [first, second] = expect_writes<int>([attribute](int* value) {
      return driver().cuDeviceGetP2PAttribute(value, attribute, 0, 1);
    });
    EXPECT_EQ(first, second);
    EXPECT_GE(first, 0);
    if (attribute != CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK) {
      EXPECT_LE(first, 1);
    }
  }
}

// "Returns CUDA_ERROR_INVALID_DEVICE if srcDevice or dstDevice are not valid or if they represent
// the same device."
TEST_F(cuDeviceGetP2PAttribute, RefusesADeviceWithItself) {
  for (const CUdevice_P2PAttribute attribute : attributes) {
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [attribute](int* value) {
      return driver().cuDeviceGetP2PAttribute(value, attribute, device, device);
    });
  }
}

TEST_F(cuDeviceGetP2PAttribute, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [unknown](int* value) {
      return driver().cuDeviceGetP2PAttribute(value, CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED,
                                              device, unknown);
    });
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [unknown](int* value) {
      return driver().cuDeviceGetP2PAttribute(value, CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED,
                                              unknown, device);
    });
  }
}

TEST_F(cuDeviceGetP2PAttribute, RefusesUnknownAttributes) {
  REQUIRE_DEVICES(2);
  for (const int number : {0, -1, 77}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_VALUE, [number](int* value) {
      return driver().cuDeviceGetP2PAttribute(value, static_cast<CUdevice_P2PAttribute>(number), 0,
                                              1);
    });
  }
}

TEST_F(cuDeviceGetP2PAttribute, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDeviceGetP2PAttribute(nullptr, CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED, 0,
                                               device_count() > 1 ? 1 : 0));
}

// Undocumented.
TEST_F(cuDeviceGetP2PAttribute, LeavesACaptureAlone) {
  const ExtraContext extra;
  const Current current(extra);
  int value = 0;
  expect_refused_in_capture(CUDA_ERROR_INVALID_DEVICE, [&] {
    return driver().cuDeviceGetP2PAttribute(&value, attributes[0], device, device);
  });
}

TEST_F(cuDeviceGetP2PAttribute_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [](int* value) {
    return driver().cuDeviceGetP2PAttribute(value, CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED, 0, 1);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetP2PAttribute
