#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetFlags {

CONFORMANCE_SUITE(cuCtxGetFlags, Driver);
CONFORMANCE_SUITE(cuCtxGetFlags_fresh, Uninitialised);

unsigned get() {
  const auto [first, second] =
      expect_writes<unsigned>([](unsigned* out) { return driver().cuCtxGetFlags(out); });
  EXPECT_EQ(first, second);
  return first;
}

/// The flags of a context that was made with `flags`.
unsigned flags_after(unsigned flags) {
  CUcontext created = nullptr;
  check(driver().cuCtxCreate_v4(&created, nullptr, flags, Driver::device), "cuCtxCreate_v4");
  const unsigned found = get();
  check(driver().cuCtxDestroy_v2(created), "cuCtxDestroy_v2");
  return found;
}

// Mapped pinned memory cannot be switched off, but the flag is there only if it was given.
TEST_F(cuCtxGetFlags, HasMapHostIfItWasGiven) {
  EXPECT_EQ(flags_after(0), 0U);
  EXPECT_EQ(flags_after(CU_CTX_MAP_HOST), unsigned{CU_CTX_MAP_HOST});
}

TEST_F(cuCtxGetFlags, HasTheFlagsOfTheCreation) {
  for (const unsigned flags : {unsigned{CU_CTX_SCHED_SPIN}, unsigned{CU_CTX_SCHED_YIELD},
                               unsigned{CU_CTX_SCHED_BLOCKING_SYNC}, unsigned{CU_CTX_SYNC_MEMOPS},
                               unsigned{CU_CTX_SCHED_SPIN | CU_CTX_SYNC_MEMOPS}}) {
    EXPECT_EQ(flags_after(flags), flags) << "created with " << flags;
  }
}

TEST_F(cuCtxGetFlags, AnswersForTheCurrentContext) {
  CUcontext spin = nullptr;
  CUcontext yield = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&spin, nullptr, CU_CTX_SCHED_SPIN, device));
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&yield, nullptr, CU_CTX_SCHED_YIELD, device));
  EXPECT_EQ(get() & CU_CTX_SCHED_MASK, unsigned{CU_CTX_SCHED_YIELD});
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(spin));
  EXPECT_EQ(get() & CU_CTX_SCHED_MASK, unsigned{CU_CTX_SCHED_SPIN});
  EXPECT_EQ(on_other_thread(yield, get) & CU_CTX_SCHED_MASK, unsigned{CU_CTX_SCHED_YIELD});
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(spin));
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(yield));
}

TEST_F(cuCtxGetFlags, FollowsThePrimaryContextsFlags) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(device, CU_CTX_SCHED_YIELD));
  EXPECT_EQ(get() & CU_CTX_SCHED_MASK, unsigned{CU_CTX_SCHED_YIELD});
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(device, CU_CTX_SCHED_AUTO));
  EXPECT_EQ(get() & CU_CTX_SCHED_MASK, unsigned{CU_CTX_SCHED_AUTO});
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

TEST_F(cuCtxGetFlags, RefusesWithoutAContext) {
  expect_leaves<unsigned>(CUDA_ERROR_INVALID_CONTEXT,
                          [](unsigned* out) { return driver().cuCtxGetFlags(out); });
}

TEST_F(cuCtxGetFlags, RefusesANullOutput) {
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetFlags(nullptr));
}

TEST_F(cuCtxGetFlags, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    unsigned flags = 0;
    return driver().cuCtxGetFlags(&flags);
  });
}

TEST_F(cuCtxGetFlags_fresh, BeforeInit) {
  expect_leaves<unsigned>(CUDA_ERROR_NOT_INITIALIZED,
                          [](unsigned* out) { return driver().cuCtxGetFlags(out); });
}

}  // namespace vgpu::conformance::test_cuCtxGetFlags
