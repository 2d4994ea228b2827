#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemPoolGetAccess {

CONFORMANCE_SUITE(cuMemPoolGetAccess, PoolContext);
CONFORMANCE_SUITE(cuMemPoolGetAccess_fresh, Uninitialised);

TEST_F(cuMemPoolGetAccess, TheOwnDeviceReadsAndWrites) {
  const Pool pool;
  for (const CUmemoryPool each : {pool.get(), default_pool()}) {
    CUmemLocation location = device_location();
    const auto [first, second] = expect_writes<CUmemAccess_flags>([&](CUmemAccess_flags* flags) {
      return driver().cuMemPoolGetAccess(flags, each, &location);
    });
    EXPECT_EQ(first, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
    EXPECT_EQ(second, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
    EXPECT_EQ(location.id, 0);
    EXPECT_EQ(location.type, CU_MEM_LOCATION_TYPE_DEVICE);
  }
}

TEST_F(cuMemPoolGetAccess, AnotherDeviceHasNoneAtFirst) {
  REQUIRE_DEVICES(2);
  const Pool pool;
  CUmemLocation location = device_location(1);
  CUmemAccess_flags flags{};
  EXPECT_CUDA_OK(driver().cuMemPoolGetAccess(&flags, pool, &location));
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_NONE);
}

TEST_F(cuMemPoolGetAccess, NeedsNoCurrentContext) {
  const Pool pool;
  const NoContext none;
  CUmemLocation location = device_location();
  CUmemAccess_flags flags{};
  EXPECT_CUDA_OK(driver().cuMemPoolGetAccess(&flags, pool, &location));
}

// A missing device is a wrong value like any other here.
TEST_F(cuMemPoolGetAccess, RefusesDevicesThatDoNotExist) {
  const Pool pool;
  for (const int id : {device_count(), -1, 9999}) {
    CUmemLocation location = device_location(id);
    expect_leaves<CUmemAccess_flags>(CUDA_ERROR_INVALID_VALUE, [&](CUmemAccess_flags* flags) {
      return driver().cuMemPoolGetAccess(flags, pool, &location);
    });
  }
}

TEST_F(cuMemPoolGetAccess, RefusesUnknownLocations) {
  const Pool pool;
  for (const int type : {0, 77}) {
    CUmemLocation location{static_cast<CUmemLocationType>(type), 0};
    expect_leaves<CUmemAccess_flags>(CUDA_ERROR_INVALID_VALUE, [&](CUmemAccess_flags* flags) {
      return driver().cuMemPoolGetAccess(flags, pool, &location);
    });
  }
}

TEST_F(cuMemPoolGetAccess, RefusesNullArguments) {
  const Pool pool;
  CUmemLocation location = device_location();
  CUmemAccess_flags flags{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolGetAccess(nullptr, pool, &location));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolGetAccess(&flags, nullptr, &location));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolGetAccess(&flags, pool, nullptr));
}

TEST_F(cuMemPoolGetAccess, IsUnsafeDuringCapture) {
  const Pool pool;
  expect_unsafe_in_capture([&] {
    CUmemLocation location = device_location();
    CUmemAccess_flags flags{};
    return driver().cuMemPoolGetAccess(&flags, pool, &location);
  });
}

TEST_F(cuMemPoolGetAccess_fresh, BeforeInit) {
  CUmemLocation location = device_location();
  expect_leaves<CUmemAccess_flags>(CUDA_ERROR_NOT_INITIALIZED, [&](CUmemAccess_flags* flags) {
    return driver().cuMemPoolGetAccess(flags, garbage_handle<CUmemoryPool>(), &location);
  });
}

}  // namespace vgpu::conformance::test_cuMemPoolGetAccess
