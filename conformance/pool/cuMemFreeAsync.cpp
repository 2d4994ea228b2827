#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemFreeAsync {

CONFORMANCE_SUITE(cuMemFreeAsync, PoolContext);
CONFORMANCE_SUITE(cuMemFreeAsync_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemFreeAsync, driver().cuMemFreeAsync_ptsz};
}

cuuint64_t used(CUmemoryPool pool) {
  return pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT);
}

TEST_F(cuMemFreeAsync, GivesTheMemoryBack) {
  const Pool pool;
  const Stream stream;
  for (const auto form : forms()) {
    const CUdeviceptr first = allocate_ordered(mebibyte, pool, stream);
    const CUdeviceptr second = allocate_ordered(2 * mebibyte, pool, stream);
    const cuuint64_t both = used(pool);
    EXPECT_CUDA_OK(form(first, stream));
    stream.synchronize();
    EXPECT_LE(used(pool) + mebibyte, both);
    EXPECT_GE(used(pool), 2 * mebibyte);
    EXPECT_CUDA_OK(form(second, stream));
    stream.synchronize();
    EXPECT_EQ(used(pool), 0U);
  }
}

TEST_F(cuMemFreeAsync, EarlierWorkOfTheStreamStillUsesTheMemory) {
  const Pool pool;
  const DeviceBuffer<unsigned> result(1000);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  const CUdeviceptr address = allocate_ordered(result.bytes(), pool, stream);
  fill.launch({8}, {128}, 0, stream, address, 1000U, 3U);
  check(driver().cuMemcpyDtoDAsync_v2(result, address, result.bytes(), stream), "DtoD");
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  EXPECT_EQ(result.read(), std::vector<unsigned>(1000, 3));
}

// Memory freed in one stream is not given out again before that stream gets there.
TEST_F(cuMemFreeAsync, AnotherStreamDoesNotGetTheMemoryTooEarly) {
  const Pool pool;
  const DeviceBuffer<unsigned> result(1000);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream busy;
  const Stream other;
  const CUdeviceptr old = allocate_ordered(result.bytes(), pool, busy);
  busy.synchronize();
  const int never = 0;
  check(driver().cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES,
                                       const_cast<int*>(&never)),
        "cuMemPoolSetAttribute");
  Blocker blocker(busy);
  fill.launch({8}, {128}, 0, busy, old, 1000U, 3U);
  check(driver().cuMemcpyDtoDAsync_v2(result, old, result.bytes(), busy), "DtoD");
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(old, busy));
  const CUdeviceptr young = allocate_ordered(result.bytes(), pool, other);
  fill.launch({8}, {128}, 0, other, young, 1000U, 4U);
  other.synchronize();
  blocker.finish();
  EXPECT_NE(young, old);
  std::vector<unsigned> found(1000);
  read_device(found.data(), young, result.bytes());
  EXPECT_EQ(found, std::vector<unsigned>(1000, 4));
  EXPECT_EQ(result.read(), std::vector<unsigned>(1000, 3));
  free_ordered(young, other);
  other.synchronize();
}

TEST_F(cuMemFreeAsync, TakesMemoryOfCuMemAlloc) {
  for (const auto form : forms()) {
    DeviceMemory memory(5000);
    const Stream stream;
    const CUdeviceptr address = memory.release();
    EXPECT_CUDA_OK(form(address, stream));
    stream.synchronize();
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
  }
}

TEST_F(cuMemFreeAsync, ANullAddressIsNothing) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(0, stream));  // Undocumented.
  }
}

TEST_F(cuMemFreeAsync, TheMemoryIsGoneAfterwards) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  stream.synchronize();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeAsync(address, stream));
}

TEST_F(cuMemFreeAsync, RefusesASecondFreeBeforeTheFirstHasRun) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeAsync(address, stream));
  blocker.finish();
  EXPECT_EQ(used(pool), 0U);
}

TEST_F(cuMemFreeAsync, RefusesAddressesInsideAnAllocation) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(address + 256, stream));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(address + 1, stream));
  }
  expect_usable(address, mebibyte, stream);
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  stream.synchronize();
}

TEST_F(cuMemFreeAsync, RefusesAddressesThatWereNeverAllocated) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(garbage_address, stream));
  }
}

TEST_F(cuMemFreeAsync, RefusesAFreedAddress) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeAsync(stale_address(), stream));
}

TEST_F(cuMemFreeAsync, RefusesPinnedMemory) {
  const PinnedMemory pinned(4096);
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeAsync(pinned.device(), stream));
}

TEST_F(cuMemFreeAsync, TakesAStreamOfAnotherContext) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(4096, pool, stream);
  stream.synchronize();
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, foreign.stream()));  // Undocumented.
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(used(pool), 0U);
}

TEST_F(cuMemFreeAsync, NeedsACurrentContext) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(4096, pool, stream);
  {
    const NoContext none;
    for (const auto form : forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(address, nullptr));
    }
  }
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
}

TEST_F(cuMemFreeAsync, IsRecordedBehindItsAllocation) {
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    CUdeviceptr address = 0;
    check(driver().cuMemAllocAsync(&address, 5000, stream), "cuMemAllocAsync");
    EXPECT_CUDA_OK(form(address, stream));
    const Graph graph = capture.end();
    EXPECT_EQ(graph.node_types(), (std::vector<CUgraphNodeType>{CU_GRAPH_NODE_TYPE_MEM_ALLOC,
                                                                CU_GRAPH_NODE_TYPE_MEM_FREE}));
    graph.run();
    graph.run();
  }
}

TEST_F(cuMemFreeAsync, PtszDefaultStreamIsTheThreadsOwn) {
  Capture capture(CU_STREAM_PER_THREAD);
  CUdeviceptr address = 0;
  check(driver().cuMemAllocAsync(&address, 5000, CU_STREAM_PER_THREAD), "cuMemAllocAsync");
  EXPECT_CUDA_OK(driver().cuMemFreeAsync_ptsz(address, nullptr));
  EXPECT_EQ(
      capture.end().node_types(),
      (std::vector<CUgraphNodeType>{CU_GRAPH_NODE_TYPE_MEM_ALLOC, CU_GRAPH_NODE_TYPE_MEM_FREE}));
}

// "During stream capture, this function [...] must be passed the address of a graph allocation."
TEST_F(cuMemFreeAsync, RefusesMemoryOfAPoolDuringCapture) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  stream.synchronize();
  {
    const Capture capture(stream);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeAsync(address, stream));
  }
  expect_usable(address, mebibyte, stream);
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  stream.synchronize();
}

TEST_F(cuMemFreeAsync, IntoTheLegacyStreamEndsACapture) {
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(mebibyte, pool, stream);
  stream.synchronize();
  expect_implicit_in_capture([&] { return driver().cuMemFreeAsync(address, nullptr); });
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
}

TEST_F(cuMemFreeAsync_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemFreeAsync
