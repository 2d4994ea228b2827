#include "fixture/fixture.hpp"

// After a kernel failed its context is of no use any more: every later call returns the same error,
// and so do the calls of the process's other contexts.

namespace vgpu::conformance::test_error_stickiness {

CONFORMANCE_SUITE(ErrorStickiness_fresh, Uninitialised);

void initialise() {
  check(driver().cuInit(0), "cuInit");
}

CUresult allocate(std::size_t bytes = 64) {
  CUdeviceptr address = 0;
  return driver().cuMemAlloc_v2(&address, bytes);
}

/// Runs the kernel, which fails, in the current context; returns what synchronising returns.
CUresult run(const char* kernel) {
  const Module module;
  module.kernel(kernel).launch({}, {}, 0, CU_STREAM_LEGACY);
  return driver().cuCtxSynchronize();
}

/// In the current context nothing works any more.
void expect_stuck(CUresult error) {
  for (int again = 0; again < 3; ++again) {
    EXPECT_CUDA(error, driver().cuCtxSynchronize());
    EXPECT_CUDA(error, driver().cuStreamSynchronize(CU_STREAM_LEGACY));
    EXPECT_CUDA(error, driver().cuStreamQuery(CU_STREAM_PER_THREAD));
    EXPECT_CUDA(error, allocate());
  }
}

TEST_F(ErrorStickiness_fresh, ABadAddressStays) {
  initialise();
  const ExtraContext own;
  const Current current(own);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  expect_stuck(CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_F(ErrorStickiness_fresh, ATrapStays) {
  initialise();
  const ExtraContext own;
  const Current current(own);
  EXPECT_CUDA(CUDA_ERROR_LAUNCH_FAILED, run("trap"));
  expect_stuck(CUDA_ERROR_LAUNCH_FAILED);
}

TEST_F(ErrorStickiness_fresh, TheFirstErrorIsTheOneThatStays) {
  initialise();
  const ExtraContext own;
  const Current current(own);
  const Module module;
  const Kernel trap = module.kernel("trap");
  const Kernel bad_address = module.kernel("bad_address");
  ASSERT_CUDA_OK(trap.try_launch({}, {}, 0, CU_STREAM_LEGACY));
  EXPECT_CUDA(CUDA_ERROR_LAUNCH_FAILED, driver().cuCtxSynchronize());
  EXPECT_CUDA(CUDA_ERROR_LAUNCH_FAILED, bad_address.try_launch({}, {}, 0, CU_STREAM_LEGACY));
  EXPECT_CUDA(CUDA_ERROR_LAUNCH_FAILED, driver().cuCtxSynchronize());
}

TEST_F(ErrorStickiness_fresh, ItIsStuckOnEveryThread) {
  initialise();
  const ExtraContext own;
  const Current current(own);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  on_other_thread(own.get(), [] { expect_stuck(CUDA_ERROR_ILLEGAL_ADDRESS); });
}

TEST_F(ErrorStickiness_fresh, ItStaysAfterOtherErrors) {
  initialise();
  const ExtraContext own;
  const Current current(own);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  int number = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDeviceGetAttribute(&number, static_cast<CUdevice_attribute>(5000), 0));
  CUdevice device = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuDeviceGet(&device, 5000));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuCtxSynchronize());
}

TEST_F(ErrorStickiness_fresh, ItIsReportedWhenTheContextIsMadeCurrentAgain) {
  initialise();
  const ExtraContext own;
  {
    const Current current(own);
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  }
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(own));
  expect_stuck(CUDA_ERROR_ILLEGAL_ADDRESS);
}

// "To continue using CUDA, the process must be terminated": the other contexts of the process are
// of no use any more either.
TEST_F(ErrorStickiness_fresh, AnotherContextFailsWithIt) {
  initialise();
  const ExtraContext other;
  const ExtraContext own;
  {
    const Current current(own);
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  }
  const Current current(other);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, allocate());
}

TEST_F(ErrorStickiness_fresh, NoNewContextCanBeMade) {
  initialise();
  {
    const ExtraContext own;
    const Current current(own);
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  }
  CUcontext later = nullptr;
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuCtxCreate_v4(&later, nullptr, 0, 0));
}

// Undocumented.
TEST_F(ErrorStickiness_fresh, TheContextCanBeDestroyed) {
  initialise();
  CUcontext own = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&own, nullptr, 0, 0));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(own));
  EXPECT_EQ(current_context(), nullptr);
}

// Undocumented.
TEST_F(ErrorStickiness_fresh, ResettingThePrimaryContextDoesNotHelp) {
  initialise();
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, 0));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, run("bad_address"));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, allocate());
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(0));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuDevicePrimaryCtxRetain(&primary, 0));
}

}  // namespace vgpu::conformance::test_error_stickiness
