#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDevicePrimaryCtxRetain {

CONFORMANCE_SUITE(cuDevicePrimaryCtxRetain, Driver);
CONFORMANCE_SUITE(cuDevicePrimaryCtxRetain_fresh, Uninitialised);

CUcontext retain() {
  CUcontext context = nullptr;
  check(driver().cuDevicePrimaryCtxRetain(&context, Driver::device), "cuDevicePrimaryCtxRetain");
  return context;
}

CUresult release() {
  return driver().cuDevicePrimaryCtxRelease_v2(Driver::device);
}

bool is_active() {
  unsigned flags = 0;
  int active = 0;
  check(driver().cuDevicePrimaryCtxGetState(Driver::device, &flags, &active),
        "cuDevicePrimaryCtxGetState");
  return active != 0;
}

TEST_F(cuDevicePrimaryCtxRetain, WritesTheOneContextOfTheDevice) {
  const auto [first, second] = expect_writes<CUcontext>(
      [](CUcontext* context) { return driver().cuDevicePrimaryCtxRetain(context, device); });
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(first, second);
  EXPECT_CUDA_OK(release());
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxRetain, MakesItActiveButNotCurrent) {
  ASSERT_FALSE(is_active());
  retain();
  EXPECT_TRUE(is_active());
  EXPECT_EQ(current_context(), nullptr);
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxRetain, LeavesTheCurrentContextAlone) {
  const ExtraContext extra;
  const Current current(extra);
  const CUcontext primary = retain();
  EXPECT_NE(primary, extra.get());
  EXPECT_EQ(current_context(), extra.get());
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxRetain, EachCallNeedsARelease) {
  for (int i = 0; i < 3; ++i) retain();
  EXPECT_CUDA_OK(release());
  EXPECT_CUDA_OK(release());
  EXPECT_TRUE(is_active());
  EXPECT_CUDA_OK(release());
  EXPECT_FALSE(is_active());
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, release());
}

TEST_F(cuDevicePrimaryCtxRetain, CountsTheCallsOfAllThreads) {
  const CUcontext here = retain();
  EXPECT_EQ(on_other_thread(retain), here);
  EXPECT_CUDA_OK(release());
  EXPECT_TRUE(is_active());
  EXPECT_CUDA_OK(on_other_thread(release));
  EXPECT_FALSE(is_active());
}

TEST_F(cuDevicePrimaryCtxRetain, ManyThreadsGetTheSameContext) {
  constexpr std::size_t many = 8;
  std::atomic<std::size_t> ready{0};
  std::array<CUcontext, many> contexts{};
  std::array<CUresult, many> results{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < many; ++i) {
    threads.emplace_back([&, i] {
      ++ready;
      while (ready < many) std::this_thread::yield();
      results[i] = driver().cuDevicePrimaryCtxRetain(&contexts[i], device);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < many; ++i) {
    EXPECT_CUDA_OK(results[i]);
    EXPECT_EQ(contexts[i], contexts[0]);
    EXPECT_TRUE(is_active());
    EXPECT_CUDA_OK(release());
  }
  EXPECT_FALSE(is_active());
}

// Undocumented, but the runtime counts on it.
TEST_F(cuDevicePrimaryCtxRetain, GivesTheSameHandleInItsNextLife) {
  const CUcontext first = retain();
  ASSERT_CUDA_OK(release());
  EXPECT_EQ(retain(), first);
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxRetain, ItsNextLifeBeginsEmpty) {
  std::size_t stack = 0;
  CUdeviceptr old = 0;
  {
    const CUcontext first = retain();
    const Current current(first);
    ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&old, 4096));
    ASSERT_CUDA_OK(driver().cuCtxGetLimit(&stack, CU_LIMIT_STACK_SIZE));
    ASSERT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, stack + 4096));
  }
  ASSERT_CUDA_OK(release());
  {
    const CUcontext second = retain();
    const Current current(second);
    unsigned char byte = 0;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoH_v2(&byte, old, 1));
    std::size_t now = 0;
    EXPECT_CUDA_OK(driver().cuCtxGetLimit(&now, CU_LIMIT_STACK_SIZE));
    EXPECT_EQ(now, stack);
  }
  EXPECT_CUDA_OK(release());
}

// The handle may be current while the context does not exist.
TEST_F(cuDevicePrimaryCtxRetain, MakesACurrentInactiveContextUsable) {
  const CUcontext primary = retain();
  ASSERT_CUDA_OK(release());
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, driver().cuMemAlloc_v2(&address, 16));
  retain();
  EXPECT_CUDA_OK(driver().cuMemAlloc_v2(&address, 16));
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxRetain, ItsContextBelongsToTheDevice) {
  for (CUdevice one = 0; one < device_count(); ++one) {
    CUcontext context = nullptr;
    ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&context, one));
    {
      const Current current(context);
      CUdevice found = -1;
      EXPECT_CUDA_OK(driver().cuCtxGetDevice(&found));
      EXPECT_EQ(found, one);
    }
    EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(one));
  }
}

TEST_F(cuDevicePrimaryCtxRetain, ItsContextCannotBeDestroyed) {
  const CUcontext primary = retain();
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuCtxDestroy_v2(primary));
  EXPECT_TRUE(is_active());
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxRetain, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDevicePrimaryCtxRetain(nullptr, device));
  EXPECT_FALSE(is_active());
}

TEST_F(cuDevicePrimaryCtxRetain, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    expect_leaves<CUcontext>(CUDA_ERROR_INVALID_DEVICE, [unknown](CUcontext* context) {
      return driver().cuDevicePrimaryCtxRetain(context, unknown);
    });
  }
}

TEST_F(cuDevicePrimaryCtxRetain, OfAnActiveContextIsSafeDuringCapture) {
  const CUcontext primary = retain();
  {
    const ExtraContext extra;
    const Current current(extra);
    expect_safe_in_capture([&] {
      CUcontext context = nullptr;
      const CUresult result = driver().cuDevicePrimaryCtxRetain(&context, device);
      EXPECT_EQ(context, primary);
      return result;
    });
  }
  while (release() == CUDA_SUCCESS) {
  }
}

TEST_F(cuDevicePrimaryCtxRetain_fresh, BeforeInit) {
  expect_leaves<CUcontext>(CUDA_ERROR_NOT_INITIALIZED, [](CUcontext* context) {
    return driver().cuDevicePrimaryCtxRetain(context, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDevicePrimaryCtxRetain
