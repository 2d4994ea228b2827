#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuDeviceSetMemPool {

CONFORMANCE_SUITE(cuDeviceSetMemPool, PoolContext);
CONFORMANCE_SUITE(cuDeviceSetMemPool_fresh, Uninitialised);

/// Makes `pool` the current one of `device`.
CUresult set(int device, CUmemoryPool pool) {
  return driver().cuDeviceSetMemPool(device, pool);
}

TEST_F(cuDeviceSetMemPool, MakesThePoolCurrent) {
  const Pool pool;
  EXPECT_CUDA_OK(set(0, pool));
  EXPECT_EQ(current_pool(), pool.get());
  EXPECT_CUDA_OK(set(0, default_pool()));
  EXPECT_EQ(current_pool(), default_pool());
}

TEST_F(cuDeviceSetMemPool, LaterAllocationsComeFromThePool) {
  const Pool pool;
  const Stream stream;
  CUdeviceptr before = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&before, mebibyte, stream));
  EXPECT_CUDA_OK(set(0, pool));
  CUdeviceptr after = 0;
  EXPECT_CUDA_OK(driver().cuMemAllocAsync(&after, mebibyte, stream));
  EXPECT_CUDA_OK(set(0, default_pool()));
  EXPECT_EQ(pool_of(before), default_pool());
  EXPECT_EQ(pool_of(after), pool.get());
  EXPECT_GE(pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), mebibyte);
  free_ordered(before, stream);
  free_ordered(after, stream);
  stream.synchronize();
}

TEST_F(cuDeviceSetMemPool, HoldsForEveryThreadAndContext) {
  const Pool pool;
  on_other_thread([&] { EXPECT_CUDA_OK(set(0, pool)); });
  {
    const ExtraContext extra;
    const Current current(extra);
    const Stream stream;
    CUdeviceptr address = 0;
    EXPECT_CUDA_OK(driver().cuMemAllocAsync(&address, 256, stream));
    EXPECT_EQ(pool_of(address), pool.get());
    free_ordered(address, stream);
    stream.synchronize();
  }
  EXPECT_CUDA_OK(set(0, default_pool()));
}

TEST_F(cuDeviceSetMemPool, NeedsNoCurrentContext) {
  const Pool pool;
  const NoContext none;
  EXPECT_CUDA_OK(set(0, pool));
  EXPECT_CUDA_OK(set(0, default_pool()));
}

TEST_F(cuDeviceSetMemPool, RefusesNullAndKeepsThePool) {
  const Pool pool;
  const CurrentPool current(pool);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(0, nullptr));
  EXPECT_EQ(current_pool(), pool.get());
}

// A missing device is a wrong value like any other here.
TEST_F(cuDeviceSetMemPool, RefusesDevicesThatDoNotExist) {
  const Pool pool;
  for (const int device : {device_count(), -1, 9999}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(device, pool));
  }
  EXPECT_EQ(current_pool(), default_pool());
}

// "The memory pool must be local to the specified device."
TEST_F(cuDeviceSetMemPool, RefusesAPoolOfAnotherDevice) {
  REQUIRE_DEVICES(2);
  const Pool pool;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(1, pool));
}

TEST_F(cuDeviceSetMemPool, IsUnsafeDuringCapture) {
  const Pool pool;
  expect_unsafe_in_capture([&] { return set(0, pool); });
  EXPECT_CUDA_OK(set(0, default_pool()));
}

TEST_F(cuDeviceSetMemPool_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, set(0, garbage_handle<CUmemoryPool>()));
}

}  // namespace vgpu::conformance::test_cuDeviceSetMemPool
