#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuDeviceGetDefaultMemPool {

CONFORMANCE_SUITE(cuDeviceGetDefaultMemPool, PoolContext);
CONFORMANCE_SUITE(cuDeviceGetDefaultMemPool_fresh, Uninitialised);

TEST_F(cuDeviceGetDefaultMemPool, WritesTheHandleAndNothingElse) {
  const auto [first, second] = expect_writes<CUmemoryPool>(
      [](CUmemoryPool* pool) { return driver().cuDeviceGetDefaultMemPool(pool, 0); });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, nullptr);
}

TEST_F(cuDeviceGetDefaultMemPool, IsNotChangedByAnotherCurrentPool) {
  const CUmemoryPool before = default_pool();
  const Pool pool;
  const CurrentPool current(pool);
  EXPECT_EQ(default_pool(), before);
}

TEST_F(cuDeviceGetDefaultMemPool, ThePoolCanBeAllocatedFrom) {
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(5000, default_pool(), stream);
  expect_usable(address, 5000, stream);
  free_ordered(address, stream);
}

TEST_F(cuDeviceGetDefaultMemPool, NeedsNoCurrentContext) {
  const NoContext none;
  CUmemoryPool pool = nullptr;
  EXPECT_CUDA_OK(driver().cuDeviceGetDefaultMemPool(&pool, 0));
  EXPECT_EQ(pool, default_pool());
}

TEST_F(cuDeviceGetDefaultMemPool, IsTheSameOnEveryThread) {
  const CUmemoryPool here = default_pool();
  const CUmemoryPool there = on_other_thread([] {
    CUmemoryPool pool = nullptr;
    EXPECT_CUDA_OK(driver().cuDeviceGetDefaultMemPool(&pool, 0));
    return pool;
  });
  EXPECT_EQ(here, there);
}

TEST_F(cuDeviceGetDefaultMemPool, RefusesDevicesThatDoNotExist) {
  for (const int device : {device_count(), -1, 9999}) {
    expect_leaves<CUmemoryPool>(CUDA_ERROR_INVALID_DEVICE, [&](CUmemoryPool* pool) {
      return driver().cuDeviceGetDefaultMemPool(pool, device);
    });
  }
}

TEST_F(cuDeviceGetDefaultMemPool, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetDefaultMemPool(nullptr, 0));
}

TEST_F(cuDeviceGetDefaultMemPool, IsAllowedDuringCapture) {
  expect_safe_in_capture([] {
    CUmemoryPool pool = nullptr;
    return driver().cuDeviceGetDefaultMemPool(&pool, 0);
  });
}

TEST_F(cuDeviceGetDefaultMemPool_fresh, BeforeInit) {
  expect_leaves<CUmemoryPool>(CUDA_ERROR_NOT_INITIALIZED, [](CUmemoryPool* pool) {
    return driver().cuDeviceGetDefaultMemPool(pool, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetDefaultMemPool
