#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemAllocAsync {

CONFORMANCE_SUITE(cuMemAllocAsync, PoolContext);
CONFORMANCE_SUITE(cuMemAllocAsync_fresh, Uninitialised);

/// The driver writes the output even when it fails.
void expect_refusal(CUresult expected, const std::function<CUresult(CUdeviceptr*)>& call) {
  CUdeviceptr address = 0;
  EXPECT_CUDA(expected, call(&address));
}

auto forms() {
  return std::array{driver().cuMemAllocAsync, driver().cuMemAllocAsync_ptsz};
}

TEST_F(cuMemAllocAsync, WritesTheAddressAndNothingElse) {
  const Stream stream;
  for (const auto form : forms()) {
    const auto [first, second] = expect_writes<CUdeviceptr>(
        [&](CUdeviceptr* address) { return form(address, 1000, stream); });
    EXPECT_NE(first, second);
    EXPECT_EQ(first % 256, 0U);
    EXPECT_EQ(second % 256, 0U);
    free_ordered(first, stream);
    free_ordered(second, stream);
  }
}

TEST_F(cuMemAllocAsync, GivesMemoryThatItsStreamCanUse) {
  const Stream stream;
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4097}, 9 * mebibyte + 3}) {
    CUdeviceptr address = 0;
    ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, bytes, stream));
    expect_usable(address, bytes, stream);
    free_ordered(address, stream);
  }
  stream.synchronize();
}

TEST_F(cuMemAllocAsync, KernelsOfTheStreamUseItBeforeAnythingHasRun) {
  constexpr unsigned count = 10'000;
  std::vector<unsigned> found(count);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, count * sizeof(unsigned), stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  fill.launch({(count + 127) / 128}, {128}, 0, stream, address, count, 77U);
  blocker.release();
  EXPECT_CUDA_OK(
      driver().cuMemcpyDtoHAsync_v2(found.data(), address, count * sizeof(unsigned), stream));
  free_ordered(address, stream);
  stream.synchronize();
  EXPECT_EQ(found, std::vector<unsigned>(count, 77));
}

TEST_F(cuMemAllocAsync, AnotherStreamMayUseItAfterAnEvent) {
  const Stream first;
  const Stream second;
  const Event allocated;
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 5000, first));
  allocated.record(first);
  check(driver().cuStreamWaitEvent(second, allocated, 0), "cuStreamWaitEvent");
  expect_usable(address, 5000, second);
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, second));
  second.synchronize();
}

TEST_F(cuMemAllocAsync, TakesTheCurrentPoolOfTheDevice) {
  const Stream stream;
  const Pool pool;
  for (const auto form : forms()) {
    CUdeviceptr usual = 0;
    ASSERT_CUDA_OK(form(&usual, 100, stream));
    EXPECT_EQ(pool_of(usual), default_pool());
    CUdeviceptr special = 0;
    {
      const CurrentPool current(pool);
      ASSERT_CUDA_OK(form(&special, 100, stream));
    }
    EXPECT_EQ(pool_of(special), pool.get());
    free_ordered(usual, stream);
    free_ordered(special, stream);
  }
  stream.synchronize();
}

TEST_F(cuMemAllocAsync, CountsAsUsedInItsPool) {
  const Stream stream;
  const Pool pool;
  const CurrentPool current(pool);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 3 * mebibyte, stream));
  EXPECT_GE(pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 3 * mebibyte);
  EXPECT_GE(pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 3 * mebibyte);
  free_ordered(address, stream);
  stream.synchronize();
  EXPECT_EQ(pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 0U);
}

TEST_F(cuMemAllocAsync, LivingAllocationsDoNotOverlap) {
  const Stream stream;
  std::vector<std::pair<CUdeviceptr, std::size_t>> ranges;
  for (int i = 0; i < 40; ++i) {
    const std::size_t bytes = 1 + random_below(100'000);
    CUdeviceptr address = 0;
    ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, bytes, stream));
    ranges.emplace_back(address, bytes);
    if (i % 3 == 2) {
      free_ordered(ranges.front().first, stream);
      ranges.erase(ranges.begin());
    }
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    EXPECT_LE(ranges[i - 1].first + ranges[i - 1].second, ranges[i].first);
  }
  for (const auto& range : ranges) free_ordered(range.first, stream);
  stream.synchronize();
}

TEST_F(cuMemAllocAsync, IsOfNoContext) {
  const Stream stream;
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 256, stream));
  stream.synchronize();
  {
    const ExtraContext extra;
    const Current current(extra);
    const Stream other;
    expect_usable(address, 256, other);
  }
  free_ordered(address, stream);
}

TEST_F(cuMemAllocAsync, CuMemFreeTakesIt) {
  const Stream stream;
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 256, stream));
  stream.synchronize();
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

// Unlike cuMemAlloc.
TEST_F(cuMemAllocAsync, TakesZeroBytes) {
  const Stream stream;
  for (const auto form : forms()) {
    CUdeviceptr address = 0;
    EXPECT_CUDA_OK(form(&address, 0, stream));
    EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  }
  stream.synchronize();
}

TEST_F(cuMemAllocAsync, RefusesANullOutput) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, 16, nullptr));
  }
}

TEST_F(cuMemAllocAsync, RefusesMoreThanThereIs) {
  const Stream stream;
  for (const auto form : forms()) {
    expect_refusal(CUDA_ERROR_OUT_OF_MEMORY,
                   [&](CUdeviceptr* address) { return form(address, one_pebibyte, stream); });
  }
}

TEST_F(cuMemAllocAsync, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAllocAsync(&address, 16, foreign.stream()));  // Undocumented.
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuMemAllocAsync, NeedsACurrentContext) {
  const NoContext none;
  for (const auto form : forms()) {
    expect_refusal(CUDA_ERROR_INVALID_CONTEXT,
                   [&](CUdeviceptr* address) { return form(address, 16, nullptr); });
  }
}

TEST_F(cuMemAllocAsync, IsRecordedDuringCapture) {
  CUdeviceptr address = 0;
  const Graph graph = expect_recorded_in_capture(
      CU_GRAPH_NODE_TYPE_MEM_ALLOC,
      [&](CUstream stream) { return driver().cuMemAllocAsync(&address, 5000, stream); });
  EXPECT_NE(address, 0U);
}

TEST_F(cuMemAllocAsync, PtszDefaultStreamIsTheThreadsOwn) {
  Capture capture(CU_STREAM_PER_THREAD);
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAllocAsync_ptsz(&address, 5000, nullptr));
  EXPECT_EQ(capture.end().node_types(), std::vector<CUgraphNodeType>{CU_GRAPH_NODE_TYPE_MEM_ALLOC});
}

// Memory that is allocated and freed inside a graph is there whenever the graph runs.
TEST_F(cuMemAllocAsync, AGraphUsesItsOwnMemory) {
  const DeviceBuffer<unsigned> result(1000);
  const auto count = static_cast<unsigned>(result.size());
  const Module module;
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAllocAsync(&address, result.bytes(), stream));
  module.kernel("fill").launch({8}, {128}, 0, stream, address, count, 9U);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(result, address, result.bytes(), stream));
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  const Graph graph = capture.end();
  for (int run = 0; run < 3; ++run) {
    graph.run();
    EXPECT_EQ(result.read(), std::vector<unsigned>(count, 9));
    module.kernel("fill").over(result, stream, 1U);
    stream.synchronize();
  }
}

TEST_F(cuMemAllocAsync, IntoTheLegacyStreamEndsACapture) {
  CUdeviceptr address = 0;
  expect_implicit_in_capture([&] { return driver().cuMemAllocAsync(&address, 16, nullptr); });
}

TEST_F(cuMemAllocAsync_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_refusal(CUDA_ERROR_NOT_INITIALIZED,
                   [&](CUdeviceptr* address) { return form(address, 16, nullptr); });
  }
}

}  // namespace vgpu::conformance::test_cuMemAllocAsync
