#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDevicePrimaryCtxSetFlags {

CONFORMANCE_SUITE(cuDevicePrimaryCtxSetFlags, Driver);
CONFORMANCE_SUITE(cuDevicePrimaryCtxSetFlags_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuDevicePrimaryCtxSetFlags, driver().cuDevicePrimaryCtxSetFlags_v2};
}

/// The flags of an inactive primary context are 0 before and after.
class NoFlags {
 public:
  NoFlags() { clear(); }
  ~NoFlags() { clear(); }

 private:
  static void clear() { EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(Driver::device, 0)); }
};

unsigned flags() {
  unsigned value = 0xffff;
  int active = 0;
  check(driver().cuDevicePrimaryCtxGetState(Driver::device, &value, &active),
        "cuDevicePrimaryCtxGetState");
  return value;
}

CUcontext retain() {
  CUcontext context = nullptr;
  check(driver().cuDevicePrimaryCtxRetain(&context, Driver::device), "cuDevicePrimaryCtxRetain");
  return context;
}

CUresult release() {
  return driver().cuDevicePrimaryCtxRelease_v2(Driver::device);
}

constexpr std::array<unsigned, 5> good_flags = {CU_CTX_SCHED_SPIN, CU_CTX_SCHED_YIELD,
                                                CU_CTX_SCHED_BLOCKING_SYNC, CU_CTX_SCHED_AUTO,
                                                CU_CTX_SCHED_SPIN};

TEST_F(cuDevicePrimaryCtxSetFlags, EachCallReplacesTheFlagsOfAnInactiveContext) {
  const NoFlags none;
  for (const auto form : forms()) {
    for (const unsigned value : good_flags) {
      EXPECT_CUDA_OK(form(device, value));
      EXPECT_EQ(flags(), value);
    }
  }
}

TEST_F(cuDevicePrimaryCtxSetFlags, MakesTheContextNeitherActiveNorCurrent) {
  const NoFlags none;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(device, CU_CTX_SCHED_YIELD));
  unsigned value = 0;
  int active = 1;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &value, &active));
  EXPECT_EQ(active, 0);
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuDevicePrimaryCtxSetFlags, TheContextIsMadeWithThem) {
  const NoFlags none;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(device, CU_CTX_SCHED_BLOCKING_SYNC));
  {
    const Current current(retain());
    unsigned value = 0;
    EXPECT_CUDA_OK(driver().cuCtxGetFlags(&value));
    EXPECT_EQ(value & CU_CTX_SCHED_MASK, static_cast<unsigned>(CU_CTX_SCHED_BLOCKING_SYNC));
  }
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxSetFlags, MayChangeAnActiveContext) {
  const NoFlags none;
  {
    const Current current(retain());
    for (const unsigned value : good_flags) {
      EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(device, value));
      EXPECT_EQ(flags() & CU_CTX_SCHED_MASK, value);
      unsigned of_context = 0;
      EXPECT_CUDA_OK(driver().cuCtxGetFlags(&of_context));
      EXPECT_EQ(of_context & CU_CTX_SCHED_MASK, value);
    }
  }
  EXPECT_CUDA_OK(release());
}

// Undocumented today: before CUDA 11, flags could be set only while the context was not active.
TEST_F(cuDevicePrimaryCtxSetFlags, OldFormRefusesAnActiveContext) {
  const NoFlags none;
  retain();
  EXPECT_CUDA(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE,
              driver().cuDevicePrimaryCtxSetFlags(device, CU_CTX_SCHED_YIELD));
  EXPECT_CUDA_OK(release());
}

TEST_F(cuDevicePrimaryCtxSetFlags, RefusesBadFlagsAndKeepsTheOldOnes) {
  const NoFlags none;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(device, CU_CTX_SCHED_YIELD));
  for (const auto form : forms()) {
    // Two schedules at once; no flag at all.
    for (const unsigned bad : {3U, 5U, 6U, 7U, 0x10000U, 0x80000000U}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(device, bad)) << bad;
      EXPECT_EQ(flags(), static_cast<unsigned>(CU_CTX_SCHED_YIELD));
    }
  }
}

// Undocumented.
TEST_F(cuDevicePrimaryCtxSetFlags, EndWithTheContext) {
  const NoFlags none;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxSetFlags_v2(device, CU_CTX_SCHED_YIELD));
  retain();
  EXPECT_EQ(flags(), static_cast<unsigned>(CU_CTX_SCHED_YIELD));
  ASSERT_CUDA_OK(release());
  EXPECT_EQ(flags(), 0U);
}

TEST_F(cuDevicePrimaryCtxSetFlags, HoldForAllThreads) {
  const NoFlags none;
  ASSERT_CUDA_OK(on_other_thread(
      [] { return driver().cuDevicePrimaryCtxSetFlags_v2(device, CU_CTX_SCHED_SPIN); }));
  EXPECT_EQ(flags(), static_cast<unsigned>(CU_CTX_SCHED_SPIN));
}

TEST_F(cuDevicePrimaryCtxSetFlags, RefusesUnknownDevices) {
  for (const auto form : forms()) {
    for (const CUdevice unknown : {-1, device_count(), 100000}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, form(unknown, 0));
    }
  }
}

TEST_F(cuDevicePrimaryCtxSetFlags, IsSafeDuringCapture) {
  const NoFlags none;
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] { return driver().cuDevicePrimaryCtxSetFlags_v2(device, 0); });
}

TEST_F(cuDevicePrimaryCtxSetFlags_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(0, 0));
}

}  // namespace vgpu::conformance::test_cuDevicePrimaryCtxSetFlags
