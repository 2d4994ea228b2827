#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemPoolSetAttribute {

CONFORMANCE_SUITE(cuMemPoolSetAttribute, PoolContext);
CONFORMANCE_SUITE(cuMemPoolSetAttribute_fresh, Uninitialised);

CUresult set(CUmemoryPool pool, CUmemPool_attribute attribute, cuuint64_t value) {
  return driver().cuMemPoolSetAttribute(pool, attribute, &value);
}

TEST_F(cuMemPoolSetAttribute, SetsTheReuseSwitchesOneByOne) {
  constexpr std::array switches{CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES,
                                CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC,
                                CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES};
  const Pool pool;
  const auto get = [&](CUmemPool_attribute attribute) {
    int value = -1;
    check(driver().cuMemPoolGetAttribute(pool, attribute, &value), "cuMemPoolGetAttribute");
    return value;
  };
  for (const auto changed : switches) {
    // What lies behind the int is not a part of the value.
    int off[2] = {0, -1};
    EXPECT_CUDA_OK(driver().cuMemPoolSetAttribute(pool, changed, off));
    for (const auto attribute : switches) {
      EXPECT_EQ(get(attribute), attribute == changed ? 0 : 1) << attribute;
    }
    int on[2] = {1, 0};
    EXPECT_CUDA_OK(driver().cuMemPoolSetAttribute(pool, changed, on));
    EXPECT_EQ(get(changed), 1);
  }
}

TEST_F(cuMemPoolSetAttribute, SetsTheReleaseThreshold) {
  const Pool pool;
  const Pool other;
  for (const cuuint64_t value : {random_value<cuuint64_t>(), UINT64_MAX, cuuint64_t{0}}) {
    EXPECT_CUDA_OK(set(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, value));
    EXPECT_EQ(pool_attribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD), value);
    EXPECT_EQ(pool_attribute(other, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD), 0U);
  }
}

TEST_F(cuMemPoolSetAttribute, ResetsTheHighWatermarks) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr small = allocate_ordered(2 * mebibyte, pool, stream);
  free_ordered(allocate_ordered(128 * mebibyte, pool, stream), stream);
  stream.synchronize();
  check(driver().cuMemPoolTrimTo(pool, 0), "cuMemPoolTrimTo");
  const auto used = pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT);
  ASSERT_GT(pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH), used);
  EXPECT_CUDA_OK(set(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, 0));
  EXPECT_EQ(pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH), used);
  EXPECT_CUDA_OK(set(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, 0));
  EXPECT_EQ(pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH),
            pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT));
  free_ordered(small, stream);
}

TEST_F(cuMemPoolSetAttribute, ResetsOneWatermarkWithoutTheOther) {
  const Pool pool;
  const Stream stream;
  free_ordered(allocate_ordered(64 * mebibyte, pool, stream), stream);
  stream.synchronize();
  EXPECT_CUDA_OK(set(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, 0));
  EXPECT_GE(pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH), 64 * mebibyte);
}

TEST_F(cuMemPoolSetAttribute, RefusesOtherWatermarksThanZero) {
  const Pool pool;
  for (const auto attribute : {CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, CU_MEMPOOL_ATTR_USED_MEM_HIGH}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(pool, attribute, 1));
  }
}

TEST_F(cuMemPoolSetAttribute, RefusesToSetWhatIsCounted) {
  const Pool pool;
  for (const auto attribute :
       {CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, CU_MEMPOOL_ATTR_USED_MEM_CURRENT}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(pool, attribute, 0));
  }
}

TEST_F(cuMemPoolSetAttribute, RefusesUnknownAttributes) {
  const Pool pool;
  for (const int attribute : {0, 1000, -1}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                set(pool, static_cast<CUmemPool_attribute>(attribute), 0));
  }
}

TEST_F(cuMemPoolSetAttribute, RefusesANullPool) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(nullptr, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, 0));
}

TEST_F(cuMemPoolSetAttribute, NeedsNoCurrentContext) {
  const Pool pool;
  const NoContext none;
  EXPECT_CUDA_OK(set(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, 5));
}

TEST_F(cuMemPoolSetAttribute, IsUnsafeDuringCapture) {
  const Pool pool;
  expect_unsafe_in_capture([&] { return set(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, 5); });
}

TEST_F(cuMemPoolSetAttribute_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              set(garbage_handle<CUmemoryPool>(), CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, 0));
}

}  // namespace vgpu::conformance::test_cuMemPoolSetAttribute
