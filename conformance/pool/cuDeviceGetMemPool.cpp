#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuDeviceGetMemPool {

CONFORMANCE_SUITE(cuDeviceGetMemPool, PoolContext);
CONFORMANCE_SUITE(cuDeviceGetMemPool_fresh, Uninitialised);

TEST_F(cuDeviceGetMemPool, WritesTheHandleAndNothingElse) {
  const auto [first, second] = expect_writes<CUmemoryPool>(
      [](CUmemoryPool* pool) { return driver().cuDeviceGetMemPool(pool, 0); });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, nullptr);
}

TEST_F(cuDeviceGetMemPool, IsTheDefaultOneUntilAnotherIsSet) {
  EXPECT_EQ(current_pool(), default_pool());
  {
    const Pool pool;
    const CurrentPool current(pool);
    EXPECT_EQ(current_pool(), pool.get());
  }
  EXPECT_EQ(current_pool(), default_pool());
}

TEST_F(cuDeviceGetMemPool, SeesWhatAnotherThreadHasSet) {
  const Pool pool;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuDeviceSetMemPool(0, pool)); });
  EXPECT_EQ(current_pool(), pool.get());
  EXPECT_CUDA_OK(driver().cuDeviceSetMemPool(0, default_pool()));
}

TEST_F(cuDeviceGetMemPool, NeedsNoCurrentContext) {
  const NoContext none;
  CUmemoryPool pool = nullptr;
  EXPECT_CUDA_OK(driver().cuDeviceGetMemPool(&pool, 0));
  EXPECT_EQ(pool, default_pool());
}

TEST_F(cuDeviceGetMemPool, IsTheSameOnEveryThread) {
  const CUmemoryPool here = default_pool();
  const CUmemoryPool there = on_other_thread([] {
    CUmemoryPool pool = nullptr;
    EXPECT_CUDA_OK(driver().cuDeviceGetMemPool(&pool, 0));
    return pool;
  });
  EXPECT_EQ(here, there);
}

// A missing device is a wrong value like any other here.
TEST_F(cuDeviceGetMemPool, RefusesDevicesThatDoNotExist) {
  for (const int device : {device_count(), -1, 9999}) {
    expect_leaves<CUmemoryPool>(CUDA_ERROR_INVALID_VALUE, [&](CUmemoryPool* pool) {
      return driver().cuDeviceGetMemPool(pool, device);
    });
  }
}

TEST_F(cuDeviceGetMemPool, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetMemPool(nullptr, 0));
}

TEST_F(cuDeviceGetMemPool, IsAllowedDuringCapture) {
  expect_safe_in_capture([] {
    CUmemoryPool pool = nullptr;
    return driver().cuDeviceGetMemPool(&pool, 0);
  });
}

TEST_F(cuDeviceGetMemPool_fresh, BeforeInit) {
  expect_leaves<CUmemoryPool>(CUDA_ERROR_NOT_INITIALIZED, [](CUmemoryPool* pool) {
    return driver().cuDeviceGetMemPool(pool, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetMemPool
