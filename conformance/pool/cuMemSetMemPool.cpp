#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemSetMemPool {

CONFORMANCE_SUITE(cuMemSetMemPool, PoolContext);
CONFORMANCE_SUITE(cuMemSetMemPool_fresh, Uninitialised);

/// Makes `pool` the current one of `device`.
CUresult set(int device, CUmemoryPool pool) {
  CUmemLocation location = device_location(device);
  return driver().cuMemSetMemPool(&location, CU_MEM_ALLOCATION_TYPE_PINNED, pool);
}

TEST_F(cuMemSetMemPool, MakesThePoolCurrent) {
  const Pool pool;
  EXPECT_CUDA_OK(set(0, pool));
  EXPECT_EQ(current_pool(), pool.get());
  EXPECT_CUDA_OK(set(0, default_pool()));
  EXPECT_EQ(current_pool(), default_pool());
}

TEST_F(cuMemSetMemPool, LaterAllocationsComeFromThePool) {
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

TEST_F(cuMemSetMemPool, HoldsForEveryThreadAndContext) {
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

TEST_F(cuMemSetMemPool, NeedsNoCurrentContext) {
  const Pool pool;
  const NoContext none;
  EXPECT_CUDA_OK(set(0, pool));
  EXPECT_CUDA_OK(set(0, default_pool()));
}

TEST_F(cuMemSetMemPool, RefusesNullAndKeepsThePool) {
  const Pool pool;
  const CurrentPool current(pool);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(0, nullptr));
  EXPECT_EQ(current_pool(), pool.get());
}

// A missing device is a wrong value like any other here.
TEST_F(cuMemSetMemPool, RefusesDevicesThatDoNotExist) {
  const Pool pool;
  for (const int device : {device_count(), -1, 9999}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(device, pool));
  }
  EXPECT_EQ(current_pool(), default_pool());
}

// "The memory pool must be local to the specified device."
TEST_F(cuMemSetMemPool, RefusesAPoolOfAnotherDevice) {
  REQUIRE_DEVICES(2);
  const Pool pool;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(1, pool));
}

TEST_F(cuMemSetMemPool, RefusesATypeThatThePoolDoesNotHave) {
  const Pool pool;
  CUmemLocation location = device_location();
  for (const int type : {0, 77}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemSetMemPool(&location, static_cast<CUmemAllocationType>(type), pool));
  }
  EXPECT_EQ(current_pool(), default_pool());
}

TEST_F(cuMemSetMemPool, RefusesALocationThatThePoolDoesNotHave) {
  const Pool pool;
  for (const int type :
       {int{CU_MEM_LOCATION_TYPE_INVALID}, int{CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT}, 77}) {
    CUmemLocation location{static_cast<CUmemLocationType>(type), 0};
    expect_wrong_location(driver().cuMemSetMemPool(&location, CU_MEM_ALLOCATION_TYPE_PINNED, pool));
  }
}

TEST_F(cuMemSetMemPool, RefusesANullLocation) {
  const Pool pool;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemSetMemPool(nullptr, CU_MEM_ALLOCATION_TYPE_PINNED, pool));
}

TEST_F(cuMemSetMemPool, IsUnsafeDuringCapture) {
  const Pool pool;
  expect_unsafe_in_capture([&] { return set(0, pool); });
  EXPECT_CUDA_OK(set(0, default_pool()));
}

TEST_F(cuMemSetMemPool_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, set(0, garbage_handle<CUmemoryPool>()));
}

}  // namespace vgpu::conformance::test_cuMemSetMemPool
