#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetLimit {

CONFORMANCE_SUITE(cuCtxGetLimit, OwnContext);
CONFORMANCE_SUITE(cuCtxGetLimit_fresh, Uninitialised);

std::size_t get(CUlimit limit) {
  const auto [first, second] = expect_writes<std::size_t>(
      [&](std::size_t* out) { return driver().cuCtxGetLimit(out, limit); });
  EXPECT_EQ(first, second);
  return first;
}

TEST_F(cuCtxGetLimit, HasUsableDefaults) {
  EXPECT_EQ(get(CU_LIMIT_STACK_SIZE), 1024U);
  EXPECT_GE(get(CU_LIMIT_PRINTF_FIFO_SIZE), std::size_t{1} << 20);
  EXPECT_EQ(get(CU_LIMIT_MALLOC_HEAP_SIZE), std::size_t{8} << 20);
  EXPECT_EQ(get(CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT), 2048U);
}

TEST_F(cuCtxGetLimit, FetchGranularityIsBetween0And128) {
  EXPECT_LE(get(CU_LIMIT_MAX_L2_FETCH_GRANULARITY), 128U);
}

TEST_F(cuCtxGetLimit, PersistingCacheIsWithinWhatTheDeviceHas) {
  EXPECT_LE(
      get(CU_LIMIT_PERSISTING_L2_CACHE_SIZE),
      static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE)));
}

TEST_F(cuCtxGetLimit, SharedMemoryIsWhatAKernelMayAskFor) {
  EXPECT_EQ(get(CU_LIMIT_SHMEM_SIZE), static_cast<std::size_t>(device_attribute(
                                          CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)));
}

TEST_F(cuCtxGetLimit, AnOrdinaryContextIsNotInGraphicsMode) {
  EXPECT_EQ(get(CU_LIMIT_CIG_ENABLED), 0U);
  expect_leaves<std::size_t>(CUDA_ERROR_UNSUPPORTED_LIMIT, [](std::size_t* out) {
    return driver().cuCtxGetLimit(out, CU_LIMIT_CIG_SHMEM_FALLBACK_ENABLED);
  });
}

// cudaDeviceSynchronize on the device ended with compute capability 9.0.
TEST_F(cuCtxGetLimit, SyncDepthIsForOldDevices) {
  if (device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) < 9) {
    EXPECT_GE(get(CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH), 2U);
    return;
  }
  expect_leaves<std::size_t>(CUDA_ERROR_UNSUPPORTED_LIMIT, [](std::size_t* out) {
    return driver().cuCtxGetLimit(out, CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH);
  });
}

TEST_F(cuCtxGetLimit, FollowsAChangeFromAnotherThread) {
  on_other_thread(context,
                  [] { EXPECT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096)); });
  EXPECT_EQ(get(CU_LIMIT_STACK_SIZE), 4096U);
}

TEST_F(cuCtxGetLimit, RefusesAnUnknownLimit) {
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [](std::size_t* out) {  // Undocumented.
    return driver().cuCtxGetLimit(out, static_cast<CUlimit>(1000));
  });
}

TEST_F(cuCtxGetLimit, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetLimit(nullptr, CU_LIMIT_STACK_SIZE));
}

TEST_F(cuCtxGetLimit, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_CONTEXT, [](std::size_t* out) {
    return driver().cuCtxGetLimit(out, CU_LIMIT_STACK_SIZE);
  });
}

TEST_F(cuCtxGetLimit, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    std::size_t value = 0;
    return driver().cuCtxGetLimit(&value, CU_LIMIT_STACK_SIZE);
  });
}

TEST_F(cuCtxGetLimit_fresh, BeforeInit) {
  expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED, [](std::size_t* out) {
    return driver().cuCtxGetLimit(out, CU_LIMIT_STACK_SIZE);
  });
}

}  // namespace vgpu::conformance::test_cuCtxGetLimit
