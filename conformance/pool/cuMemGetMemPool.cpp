#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemGetMemPool {

CONFORMANCE_SUITE(cuMemGetMemPool, PoolContext);
CONFORMANCE_SUITE(cuMemGetMemPool_fresh, Uninitialised);

constexpr auto pinned = CU_MEM_ALLOCATION_TYPE_PINNED;

/// The pool that the function says for device 0.
CUmemoryPool pool_here() {
  CUmemLocation location = device_location();
  CUmemoryPool pool = nullptr;
  check(driver().cuMemGetMemPool(&pool, &location, pinned), "cuMemGetMemPool");
  return pool;
}

TEST_F(cuMemGetMemPool, WritesTheHandleAndNothingElse) {
  CUmemLocation location = device_location();
  const auto [first, second] = expect_writes<CUmemoryPool>(
      [&](CUmemoryPool* pool) { return driver().cuMemGetMemPool(pool, &location, pinned); });
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, default_pool());
  EXPECT_EQ(location.type, CU_MEM_LOCATION_TYPE_DEVICE);
  EXPECT_EQ(location.id, 0);
}

TEST_F(cuMemGetMemPool, FollowsBothSetters) {
  const Pool pool;
  {
    const CurrentPool current(pool);
    EXPECT_EQ(pool_here(), pool.get());
  }
  EXPECT_EQ(pool_here(), default_pool());
  CUmemLocation location = device_location();
  EXPECT_CUDA_OK(driver().cuMemSetMemPool(&location, pinned, pool));
  EXPECT_EQ(pool_here(), pool.get());
  EXPECT_CUDA_OK(driver().cuMemSetMemPool(&location, pinned, default_pool()));
  EXPECT_EQ(pool_here(), default_pool());
}

TEST_F(cuMemGetMemPool, NeedsNoCurrentContext) {
  const NoContext none;
  EXPECT_EQ(pool_here(), default_pool());
}

TEST_F(cuMemGetMemPool, RefusesUnknownAllocationTypes) {
  CUmemLocation location = device_location();
  for (const int type : {0, 77}) {
    expect_leaves<CUmemoryPool>(CUDA_ERROR_INVALID_VALUE, [&](CUmemoryPool* pool) {
      return driver().cuMemGetMemPool(pool, &location, static_cast<CUmemAllocationType>(type));
    });
  }
}

TEST_F(cuMemGetMemPool, RefusesOtherLocationsThanTheDocumentedOnes) {
  for (const int type :
       {int{CU_MEM_LOCATION_TYPE_INVALID}, int{CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT}, 77}) {
    CUmemLocation location{static_cast<CUmemLocationType>(type), 0};
    CUmemoryPool pool = garbage_handle<CUmemoryPool>();
    expect_wrong_location(driver().cuMemGetMemPool(&pool, &location, pinned));
    EXPECT_EQ(pool, garbage_handle<CUmemoryPool>()) << "the output was written";
  }
}

// A missing device is a wrong value like any other here.
TEST_F(cuMemGetMemPool, RefusesDevicesThatDoNotExist) {
  for (const int id : {device_count(), -1, 9999}) {
    CUmemLocation location = device_location(id);
    expect_leaves<CUmemoryPool>(CUDA_ERROR_INVALID_VALUE, [&](CUmemoryPool* pool) {
      return driver().cuMemGetMemPool(pool, &location, pinned);
    });
  }
}

TEST_F(cuMemGetMemPool, RefusesNullArguments) {
  CUmemLocation location = device_location();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemGetMemPool(nullptr, &location, pinned));
  expect_leaves<CUmemoryPool>(CUDA_ERROR_INVALID_VALUE, [](CUmemoryPool* pool) {
    return driver().cuMemGetMemPool(pool, nullptr, pinned);
  });
}

TEST_F(cuMemGetMemPool, IsAllowedDuringCapture) {
  expect_safe_in_capture([] {
    CUmemLocation location = device_location();
    CUmemoryPool pool = nullptr;
    return driver().cuMemGetMemPool(&pool, &location, pinned);
  });
}

TEST_F(cuMemGetMemPool_fresh, BeforeInit) {
  CUmemLocation location = device_location();
  expect_leaves<CUmemoryPool>(CUDA_ERROR_NOT_INITIALIZED, [&](CUmemoryPool* pool) {
    return driver().cuMemGetMemPool(pool, &location, pinned);
  });
}

}  // namespace vgpu::conformance::test_cuMemGetMemPool
