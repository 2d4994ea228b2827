#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemAllocFromPoolAsync {

CONFORMANCE_SUITE(cuMemAllocFromPoolAsync, PoolContext);
CONFORMANCE_SUITE(cuMemAllocFromPoolAsync_fresh, Uninitialised);

/// The driver writes the output even when it fails.
void expect_refusal(CUresult expected, const std::function<CUresult(CUdeviceptr*)>& call) {
  CUdeviceptr address = 0;
  EXPECT_CUDA(expected, call(&address));
}

auto forms() {
  return std::array{driver().cuMemAllocFromPoolAsync, driver().cuMemAllocFromPoolAsync_ptsz};
}

TEST_F(cuMemAllocFromPoolAsync, WritesTheAddressAndNothingElse) {
  const Stream stream;
  const Pool pool;
  for (const auto form : forms()) {
    const auto [first, second] = expect_writes<CUdeviceptr>(
        [&](CUdeviceptr* address) { return form(address, 1000, pool, stream); });
    EXPECT_NE(first, second);
    EXPECT_EQ(first % 256, 0U);
    free_ordered(first, stream);
    free_ordered(second, stream);
  }
}

TEST_F(cuMemAllocFromPoolAsync, TakesThatPoolAndNotTheCurrentOne) {
  const Stream stream;
  const Pool first;
  const Pool second;
  const auto used = [](CUmemoryPool pool) {
    return pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT);
  };
  const auto usual = used(default_pool());
  const CUdeviceptr address = allocate_ordered(2 * mebibyte, second, stream);
  EXPECT_EQ(pool_of(address), second.get());
  EXPECT_EQ(used(first), 0U);
  EXPECT_GE(used(second), 2 * mebibyte);
  EXPECT_EQ(used(default_pool()), usual);
  free_ordered(address, stream);
  stream.synchronize();
  EXPECT_EQ(used(second), 0U);
}

TEST_F(cuMemAllocFromPoolAsync, TakesTheDefaultPool) {
  const Stream stream;
  const Pool other;
  const CurrentPool current(other);
  const CUdeviceptr address = allocate_ordered(5000, default_pool(), stream);
  EXPECT_EQ(pool_of(address), default_pool());
  expect_usable(address, 5000, stream);
  free_ordered(address, stream);
}

TEST_F(cuMemAllocFromPoolAsync, GivesMemoryThatItsStreamCanUse) {
  const Stream stream;
  const Pool pool;
  for (const auto form : forms()) {
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{4097}, 9 * mebibyte + 3}) {
      CUdeviceptr address = 0;
      ASSERT_CUDA_OK(form(&address, bytes, pool, stream));
      expect_usable(address, bytes, stream);
      free_ordered(address, stream);
    }
  }
}

TEST_F(cuMemAllocFromPoolAsync, ReturnsBeforeTheStreamGetsThere) {
  const Pool pool;
  const Module module;
  const DeviceBuffer<unsigned> result(100);
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  const CUdeviceptr address = allocate_ordered(result.bytes(), pool, stream);
  fill.launch({1}, {128}, 0, stream, address, 100U, 5U);
  check(driver().cuMemcpyDtoDAsync_v2(result, address, result.bytes(), stream), "DtoD");
  free_ordered(address, stream);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  EXPECT_EQ(result.read(), std::vector<unsigned>(100, 5));
}

TEST_F(cuMemAllocFromPoolAsync, TwoThreadsUseOnePool) {
  const Pool pool;
  const auto work = [&] {
    const Stream stream;
    for (int i = 0; i < 50; ++i) {
      CUdeviceptr address = 0;
      EXPECT_CUDA_OK(driver().cuMemAllocFromPoolAsync(&address, 70'000, pool, stream));
      EXPECT_CUDA_OK(driver().cuMemsetD8Async(address, 1, 70'000, stream));
      EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
    }
    stream.synchronize();
  };
  std::thread other([&] { on_other_thread(context, work); });
  work();
  other.join();
  EXPECT_EQ(pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 0U);
}

TEST_F(cuMemAllocFromPoolAsync, RefusesMoreThanThePoolMayHave) {
  CUmemPoolProps properties = pool_properties();
  properties.maxSize = 64 * mebibyte;
  const Pool pool(properties);
  const Stream stream;
  expect_refusal(CUDA_ERROR_OUT_OF_MEMORY, [&](CUdeviceptr* address) {
    return driver().cuMemAllocFromPoolAsync(address, 256 * mebibyte, pool, stream);
  });
  free_ordered(allocate_ordered(16 * mebibyte, pool, stream), stream);
  stream.synchronize();
}

// Unlike cuMemAlloc.
TEST_F(cuMemAllocFromPoolAsync, TakesZeroBytes) {
  const Stream stream;
  const Pool pool;
  for (const auto form : forms()) {
    CUdeviceptr address = 0;
    EXPECT_CUDA_OK(form(&address, 0, pool, stream));
    EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  }
  stream.synchronize();
}

TEST_F(cuMemAllocFromPoolAsync, RefusesMoreThanThereIs) {
  const Pool pool;
  for (const auto form : forms()) {
    expect_refusal(CUDA_ERROR_OUT_OF_MEMORY, [&](CUdeviceptr* address) {
      return form(address, one_pebibyte, pool, nullptr);
    });
  }
}

TEST_F(cuMemAllocFromPoolAsync, RefusesNullArguments) {
  const Pool pool;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, 16, pool, nullptr));
    expect_refusal(CUDA_ERROR_INVALID_VALUE,
                   [&](CUdeviceptr* address) { return form(address, 16, nullptr, nullptr); });
  }
}

TEST_F(cuMemAllocFromPoolAsync, TakesAStreamOfAnotherContext) {
  const Pool pool;
  const Foreign foreign;
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(
      driver().cuMemAllocFromPoolAsync(&address, 16, pool, foreign.stream()));  // Undocumented.
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuMemAllocFromPoolAsync, NeedsACurrentContext) {
  const Pool pool;
  const NoContext none;
  for (const auto form : forms()) {
    expect_refusal(CUDA_ERROR_INVALID_CONTEXT,
                   [&](CUdeviceptr* address) { return form(address, 16, pool, nullptr); });
  }
}

TEST_F(cuMemAllocFromPoolAsync, IsRecordedDuringCapture) {
  const Pool pool;
  CUdeviceptr address = 0;
  const Graph graph =
      expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEM_ALLOC, [&](CUstream stream) {
        return driver().cuMemAllocFromPoolAsync(&address, 5000, pool, stream);
      });
  EXPECT_NE(address, 0U);
  // "The allocation is owned by the graph instead of the memory pool."
  EXPECT_EQ(pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 0U);
}

TEST_F(cuMemAllocFromPoolAsync, PtszDefaultStreamIsTheThreadsOwn) {
  const Pool pool;
  Capture capture(CU_STREAM_PER_THREAD);
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAllocFromPoolAsync_ptsz(&address, 5000, pool, nullptr));
  EXPECT_EQ(capture.end().node_types(), std::vector<CUgraphNodeType>{CU_GRAPH_NODE_TYPE_MEM_ALLOC});
}

TEST_F(cuMemAllocFromPoolAsync, IntoTheLegacyStreamEndsACapture) {
  const Pool pool;
  CUdeviceptr address = 0;
  expect_implicit_in_capture(
      [&] { return driver().cuMemAllocFromPoolAsync(&address, 16, pool, nullptr); });
}

TEST_F(cuMemAllocFromPoolAsync_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_refusal(CUDA_ERROR_NOT_INITIALIZED, [&](CUdeviceptr* address) {
      return form(address, 16, garbage_handle<CUmemoryPool>(), nullptr);
    });
  }
}

}  // namespace vgpu::conformance::test_cuMemAllocFromPoolAsync
