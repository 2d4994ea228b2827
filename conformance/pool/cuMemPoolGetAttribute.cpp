#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemPoolGetAttribute {

CONFORMANCE_SUITE(cuMemPoolGetAttribute, PoolContext);
CONFORMANCE_SUITE(cuMemPoolGetAttribute_fresh, Uninitialised);

constexpr std::array numbers{CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES,
                             CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC,
                             CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES};
constexpr std::array sizes{CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT,
                           CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, CU_MEMPOOL_ATTR_USED_MEM_CURRENT,
                           CU_MEMPOOL_ATTR_USED_MEM_HIGH};

TEST_F(cuMemPoolGetAttribute, WritesWholeValuesOf64Bits) {
  const Pool pool;
  for (const auto attribute : sizes) {
    const auto [first, second] = expect_writes<cuuint64_t>(
        [&](cuuint64_t* value) { return driver().cuMemPoolGetAttribute(pool, attribute, value); });
    EXPECT_EQ(first, second) << attribute;
  }
}

TEST_F(cuMemPoolGetAttribute, WritesOnlyAnIntWhereTheValueIsOne) {
  const Pool pool;
  for (const auto attribute : numbers) {
    int values[2] = {0x5a5a5a5a, 0x5a5a5a5a};
    EXPECT_CUDA_OK(driver().cuMemPoolGetAttribute(pool, attribute, values));
    EXPECT_EQ(values[0], 1) << attribute << " is enabled by default";
    EXPECT_EQ(values[1], 0x5a5a5a5a) << attribute << ": more than an int was written";
  }
}

TEST_F(cuMemPoolGetAttribute, UsedMemoryFollowsTheAllocations) {
  const Pool pool;
  const Stream stream;
  const auto used = [&] { return pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT); };
  const auto high = [&] { return pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH); };
  EXPECT_EQ(used(), 0U);
  const CUdeviceptr first = allocate_ordered(10 * mebibyte, pool, stream);
  const cuuint64_t one = used();
  EXPECT_GE(one, 10 * mebibyte);
  EXPECT_LE(one, 12 * mebibyte);
  const CUdeviceptr second = allocate_ordered(20 * mebibyte, pool, stream);
  const cuuint64_t both = used();
  EXPECT_GE(both, one + 20 * mebibyte);
  EXPECT_EQ(high(), both);
  free_ordered(second, stream);
  stream.synchronize();
  EXPECT_EQ(used(), one);
  EXPECT_EQ(high(), both);
  free_ordered(first, stream);
  stream.synchronize();
  EXPECT_EQ(used(), 0U);
  EXPECT_EQ(high(), both);
}

TEST_F(cuMemPoolGetAttribute, ReservedMemoryIsNeverLessThanUsed) {
  const Pool pool;
  const Stream stream;
  std::vector<CUdeviceptr> memory;
  for (int i = 0; i < 8; ++i) {
    memory.push_back(allocate_ordered(1 + random_below(9 * mebibyte), pool, stream));
    const auto reserved = pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT);
    EXPECT_GE(reserved, pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
    EXPECT_GE(pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH), reserved);
  }
  for (const CUdeviceptr address : memory) free_ordered(address, stream);
  stream.synchronize();
}

// "When more than the release threshold bytes of memory are held by the memory pool, the allocator
// will try to release memory [...] on the next call to stream, event or context synchronize."
TEST_F(cuMemPoolGetAttribute, NothingIsReservedAfterASynchronisationByDefault) {
  const Pool pool;
  const Stream stream;
  free_ordered(allocate_ordered(64 * mebibyte, pool, stream), stream);
  stream.synchronize();
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 0U);
}

TEST_F(cuMemPoolGetAttribute, PoolsDoNotShareTheirCounts) {
  const Pool first;
  const Pool second;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, first, stream);
  for (const auto attribute : sizes) EXPECT_EQ(pool_attribute(second, attribute), 0U) << attribute;
  free_ordered(address, stream);
}

TEST_F(cuMemPoolGetAttribute, KnowsTheDefaultPoolWithoutACurrentContext) {
  const CUmemoryPool pool = default_pool();
  const NoContext none;
  for (const auto attribute : sizes) {
    cuuint64_t value = 0;
    EXPECT_CUDA_OK(driver().cuMemPoolGetAttribute(pool, attribute, &value));
  }
}

TEST_F(cuMemPoolGetAttribute, RefusesUnknownAttributes) {
  const Pool pool;
  for (const int attribute : {0, 1000, -1}) {
    expect_leaves<cuuint64_t>(CUDA_ERROR_INVALID_VALUE, [&](cuuint64_t* value) {
      return driver().cuMemPoolGetAttribute(pool, static_cast<CUmemPool_attribute>(attribute),
                                            value);
    });
  }
}

TEST_F(cuMemPoolGetAttribute, RefusesNullArguments) {
  const Pool pool;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, nullptr));
  expect_leaves<cuuint64_t>(CUDA_ERROR_INVALID_VALUE, [](cuuint64_t* value) {
    return driver().cuMemPoolGetAttribute(nullptr, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, value);
  });
}

TEST_F(cuMemPoolGetAttribute, IsUnsafeDuringCapture) {
  const Pool pool;
  expect_unsafe_in_capture([&] {
    cuuint64_t value = 0;
    return driver().cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &value);
  });
}

TEST_F(cuMemPoolGetAttribute_fresh, BeforeInit) {
  expect_leaves<cuuint64_t>(CUDA_ERROR_NOT_INITIALIZED, [](cuuint64_t* value) {
    return driver().cuMemPoolGetAttribute(garbage_handle<CUmemoryPool>(),
                                          CU_MEMPOOL_ATTR_USED_MEM_CURRENT, value);
  });
}

}  // namespace vgpu::conformance::test_cuMemPoolGetAttribute
