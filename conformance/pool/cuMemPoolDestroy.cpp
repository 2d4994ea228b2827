#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemPoolDestroy {

CONFORMANCE_SUITE(cuMemPoolDestroy, PoolContext);
CONFORMANCE_SUITE(cuMemPoolDestroy_fresh, Uninitialised);

TEST_F(cuMemPoolDestroy, DestroysAnEmptyPool) {
  Pool pool;
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(pool.release()));
}

// "The function will return immediately and the resources associated with the pool will be released
// automatically once there are no more outstanding allocations."
TEST_F(cuMemPoolDestroy, LeavesOutstandingAllocationsAlone) {
  Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  const auto written = random_vector<unsigned char>(mebibyte);
  check(driver().cuMemcpyHtoDAsync_v2(address, written.data(), mebibyte, stream), "HtoD");
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(pool.release()));
  std::vector<unsigned char> found(mebibyte);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(found.data(), address, mebibyte, stream));
  stream.synchronize();
  EXPECT_TRUE(found == written);
  expect_usable(address, mebibyte, stream);
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  stream.synchronize();
}

TEST_F(cuMemPoolDestroy, DoesNotWaitForFreesThatHaveNotRun) {
  Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  Blocker blocker(stream);
  free_ordered(address, stream);
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(pool.release()));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
}

TEST_F(cuMemPoolDestroy, GivesItsMemoryBackToTheDevice) {
  const MemoryTurn turn;
  const std::size_t bytes = turn.noticeable_bytes();
  Pool pool;
  cuuint64_t keep = UINT64_MAX;
  check(driver().cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &keep),
        "cuMemPoolSetAttribute");
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(bytes, pool, stream);
  stream.synchronize();
  const std::size_t before = turn.free_bytes();
  free_ordered(address, stream);
  stream.synchronize();
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(pool.release()));
  EXPECT_GE(turn.free_bytes(), before + bytes / 2);
}

TEST_F(cuMemPoolDestroy, OfTheCurrentPoolMakesTheDefaultOneCurrent) {
  Pool pool;
  ASSERT_CUDA_OK(driver().cuDeviceSetMemPool(0, pool));
  ASSERT_EQ(current_pool(), pool.get());
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(pool.release()));
  EXPECT_EQ(current_pool(), default_pool());
  const Stream stream;
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAllocAsync(&address, 100, stream));
  EXPECT_EQ(pool_of(address), default_pool());
  free_ordered(address, stream);
}

TEST_F(cuMemPoolDestroy, OfAnotherPoolLeavesTheCurrentOne) {
  const Pool mine;
  const CurrentPool current(mine);
  Pool other;
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(other.release()));
  EXPECT_EQ(current_pool(), mine.get());
}

TEST_F(cuMemPoolDestroy, NeedsNoCurrentContext) {
  Pool pool;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(pool.release()));
}

TEST_F(cuMemPoolDestroy, RefusesTheDefaultPool) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolDestroy(default_pool()));
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(100, default_pool(), stream);
  free_ordered(address, stream);
}

TEST_F(cuMemPoolDestroy, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolDestroy(nullptr));
}

TEST_F(cuMemPoolDestroy, IsUnsafeDuringCapture) {
  CUmemoryPool pool = nullptr;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuMemPoolDestroy(pool);
        if (result == CUDA_SUCCESS) pool = nullptr;
        return result;
      },
      [&] {
        if (pool == nullptr) pool = Pool().release();
      });
}

TEST_F(cuMemPoolDestroy_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemPoolDestroy(garbage_handle<CUmemoryPool>()));
}

}  // namespace vgpu::conformance::test_cuMemPoolDestroy
