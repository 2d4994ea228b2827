#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemPoolTrimTo {

CONFORMANCE_SUITE(cuMemPoolTrimTo, PoolContext);
CONFORMANCE_SUITE(cuMemPoolTrimTo_fresh, Uninitialised);

cuuint64_t reserved(CUmemoryPool pool) {
  return pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT);
}

/// Leaves up to `bytes` of freed memory in the pool, which keeps all that it may.
void fill_and_empty(CUmemoryPool pool, std::size_t bytes) {
  cuuint64_t keep = UINT64_MAX;
  check(driver().cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &keep),
        "cuMemPoolSetAttribute");
  const Stream stream;
  std::vector<CUdeviceptr> parts;
  for (std::size_t done = 0; done < bytes; done += 32 * mebibyte) {
    parts.push_back(allocate_ordered(32 * mebibyte, pool, stream));
  }
  for (const CUdeviceptr part : parts) free_ordered(part, stream);
  stream.synchronize();
}

TEST_F(cuMemPoolTrimTo, ReleasesAllUnusedMemory) {
  const Pool pool;
  fill_and_empty(pool, 128 * mebibyte);
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(pool, 0));
  EXPECT_EQ(reserved(pool), 0U);
}

// "The pool will be guaranteed to have at least minBytesToKeep bytes reserved after the operation",
// unless it had less, when "the TrimTo operation is a no-op".
TEST_F(cuMemPoolTrimTo, KeepsWhatItIsToldToKeep) {
  const Pool pool;
  fill_and_empty(pool, 256 * mebibyte);
  const cuuint64_t before = reserved(pool);
  const cuuint64_t keep = 64 * mebibyte;
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(pool, keep));
  EXPECT_GE(reserved(pool), std::min(before, keep));
  EXPECT_LE(reserved(pool), before);
  const cuuint64_t middle = reserved(pool);
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(pool, 512 * mebibyte));
  EXPECT_EQ(reserved(pool), middle);
}

TEST_F(cuMemPoolTrimTo, LeavesOutstandingAllocationsAlone) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(8 * mebibyte, pool, stream);
  const auto written = random_vector<unsigned char>(8 * mebibyte);
  check(driver().cuMemcpyHtoDAsync_v2(address, written.data(), written.size(), stream), "HtoD");
  stream.synchronize();
  fill_and_empty(pool, 64 * mebibyte);
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(pool, 0));
  EXPECT_GE(reserved(pool), 8 * mebibyte);
  std::vector<unsigned char> found(written.size());
  read_device(found.data(), address, found.size());
  EXPECT_TRUE(found == written);
  free_ordered(address, stream);
  stream.synchronize();
}

TEST_F(cuMemPoolTrimTo, ThePoolWorksAfterwards) {
  const Pool pool;
  fill_and_empty(pool, 64 * mebibyte);
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(pool, 0));
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  expect_usable(address, mebibyte, stream);
  free_ordered(address, stream);
}

TEST_F(cuMemPoolTrimTo, LeavesOtherPoolsAlone) {
  const Pool pool;
  const Pool other;
  fill_and_empty(other, 64 * mebibyte);
  const cuuint64_t before = reserved(other);
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(pool, 0));
  EXPECT_EQ(reserved(other), before);
}

TEST_F(cuMemPoolTrimTo, TakesTheDefaultPool) {
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(default_pool(), 0));
}

TEST_F(cuMemPoolTrimTo, NeedsNoCurrentContext) {
  const Pool pool;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuMemPoolTrimTo(pool, 0));
}

TEST_F(cuMemPoolTrimTo, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolTrimTo(nullptr, 0));
}

TEST_F(cuMemPoolTrimTo, IsUnsafeDuringCapture) {
  const Pool pool;
  fill_and_empty(pool, 64 * mebibyte);
  expect_unsafe_in_capture([&] { return driver().cuMemPoolTrimTo(pool, 0); });
}

TEST_F(cuMemPoolTrimTo_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemPoolTrimTo(garbage_handle<CUmemoryPool>(), 0));
}

}  // namespace vgpu::conformance::test_cuMemPoolTrimTo
