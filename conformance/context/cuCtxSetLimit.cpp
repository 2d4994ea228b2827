#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxSetLimit {

CONFORMANCE_SUITE(cuCtxSetLimit, OwnContext);
CONFORMANCE_SUITE(cuCtxSetLimit_fresh, Uninitialised);

std::size_t get(CUlimit limit) {
  std::size_t value = 0;
  check(driver().cuCtxGetLimit(&value, limit), "cuCtxGetLimit");
  return value;
}

// The driver may round up, not down.
TEST_F(cuCtxSetLimit, GivesAtLeastWhatIsAskedFor) {
  for (const CUlimit limit :
       {CU_LIMIT_STACK_SIZE, CU_LIMIT_PRINTF_FIFO_SIZE, CU_LIMIT_MALLOC_HEAP_SIZE,
        CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT}) {
    const std::size_t asked = get(limit) * 2;
    EXPECT_CUDA_OK(driver().cuCtxSetLimit(limit, asked)) << "limit " << limit;
    EXPECT_GE(get(limit), asked) << "limit " << limit;
    EXPECT_LE(get(limit), asked * 4) << "limit " << limit;
  }
}

TEST_F(cuCtxSetLimit, MayLowerAgain) {
  const std::size_t before = get(CU_LIMIT_STACK_SIZE);
  ASSERT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, before * 4));
  EXPECT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, before));
  EXPECT_EQ(get(CU_LIMIT_STACK_SIZE), before);
}

TEST_F(cuCtxSetLimit, ChangesOneLimitOnly) {
  const std::size_t fifo = get(CU_LIMIT_PRINTF_FIFO_SIZE);
  const std::size_t launches = get(CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT);
  ASSERT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096));
  EXPECT_EQ(get(CU_LIMIT_PRINTF_FIFO_SIZE), fifo);
  EXPECT_EQ(get(CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT), launches);
}

TEST_F(cuCtxSetLimit, BelongsToTheContext) {
  const ExtraContext other;
  const std::size_t before = get(CU_LIMIT_STACK_SIZE);
  ASSERT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, before * 2));
  {
    const Current current(other);
    EXPECT_EQ(get(CU_LIMIT_STACK_SIZE), before);
  }
  EXPECT_GE(get(CU_LIMIT_STACK_SIZE), before * 2);
  EXPECT_GE(on_other_thread(context, [] { return get(CU_LIMIT_STACK_SIZE); }), before * 2)
      << "another thread sees the same context";
}

TEST_F(cuCtxSetLimit, KernelsStillRunAfterwards) {
  ASSERT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 8192));
  const DeviceBuffer<unsigned> buffer(1000);
  const Module module;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, 3U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, 3));
}

TEST_F(cuCtxSetLimit, PersistingCacheIsWithinWhatTheDeviceHas) {
  const int most = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE);
  EXPECT_CUDA_OK(
      driver().cuCtxSetLimit(CU_LIMIT_PERSISTING_L2_CACHE_SIZE, static_cast<std::size_t>(most)));
  EXPECT_LE(get(CU_LIMIT_PERSISTING_L2_CACHE_SIZE), static_cast<std::size_t>(most));
}

TEST_F(cuCtxSetLimit, FetchGranularityIsAHintUpTo128) {
  EXPECT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_MAX_L2_FETCH_GRANULARITY, 32));
  EXPECT_LE(get(CU_LIMIT_MAX_L2_FETCH_GRANULARITY), 128U);
}

// cudaDeviceSynchronize on the device ended with compute capability 9.0.
TEST_F(cuCtxSetLimit, SyncDepthIsForOldDevices) {
  const bool old = device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) < 9;
  EXPECT_CUDA(old ? CUDA_SUCCESS : CUDA_ERROR_UNSUPPORTED_LIMIT,
              driver().cuCtxSetLimit(CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH, 4));
}

TEST_F(cuCtxSetLimit, RefusesAnUnknownLimit) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,  // Undocumented.
              driver().cuCtxSetLimit(static_cast<CUlimit>(1000), 1024));
}

TEST_F(cuCtxSetLimit, NeedsACurrentContext) {
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 2048));
}

TEST_F(cuCtxSetLimit, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture(
      [] { return driver().cuCtxSetLimit(CU_LIMIT_MAX_L2_FETCH_GRANULARITY, 64); });
}

TEST_F(cuCtxSetLimit_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 2048));
}

}  // namespace vgpu::conformance::test_cuCtxSetLimit
