#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDevicePrimaryCtxReset {

CONFORMANCE_SUITE(cuDevicePrimaryCtxReset, Driver);
CONFORMANCE_SUITE(cuDevicePrimaryCtxReset_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuDevicePrimaryCtxReset, driver().cuDevicePrimaryCtxReset_v2};
}

CUcontext retain() {
  CUcontext context = nullptr;
  check(driver().cuDevicePrimaryCtxRetain(&context, Driver::device), "cuDevicePrimaryCtxRetain");
  return context;
}

CUresult release() {
  return driver().cuDevicePrimaryCtxRelease_v2(Driver::device);
}

void release_all() {
  while (release() == CUDA_SUCCESS) {
  }
}

int active() {
  unsigned flags = 0;
  int value = -1;
  check(driver().cuDevicePrimaryCtxGetState(Driver::device, &flags, &value),
        "cuDevicePrimaryCtxGetState");
  return value;
}

CUresult read_byte(CUdeviceptr address) {
  unsigned char byte = 0;
  return driver().cuMemcpyDtoH_v2(&byte, address, 1);
}

TEST_F(cuDevicePrimaryCtxReset, OfAnInactiveContextDoesNothing) {
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(device));
    EXPECT_EQ(active(), 0);
    EXPECT_EQ(current_context(), nullptr);
  }
}

// "Explicitly destroys and cleans up all resources associated with the current device"
TEST_F(cuDevicePrimaryCtxReset, FreesTheContextsMemory) {
  for (const auto form : forms()) {
    CUdeviceptr address = 0;
    {
      const Current current(retain());
      ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&address, 4096));
      ASSERT_CUDA_OK(driver().cuMemsetD8_v2(address, 1, 4096));
    }
    EXPECT_CUDA_OK(form(device));
    {
      const Current current(retain());
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, read_byte(address));
    }
    release_all();
  }
}

TEST_F(cuDevicePrimaryCtxReset, KeepsTheHandleAndLeavesItCurrent) {
  const CUcontext primary = retain();
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(device));
  EXPECT_EQ(current_context(), primary);
  EXPECT_EQ(retain(), primary);
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  release_all();
  EXPECT_EQ(active(), 0);
}

// Undocumented: nothing of the context is left until somebody retains it again.
TEST_F(cuDevicePrimaryCtxReset, LeavesTheContextInactive) {
  for (const auto form : forms()) {
    const CUcontext primary = retain();
    ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
    EXPECT_CUDA_OK(form(device));
    EXPECT_EQ(active(), 0);
    CUdeviceptr address = 0;
    EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, driver().cuMemAlloc_v2(&address, 16));
    EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
    release_all();
  }
}

// "it is safe for other modules to call cuDevicePrimaryCtxRelease() even after resetting the
// device", "Resetting the primary context does not release it"
TEST_F(cuDevicePrimaryCtxReset, DoesNotTakeTheRetainsAway) {
  retain();
  retain();
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(device));
  EXPECT_CUDA_OK(release());
  EXPECT_CUDA_OK(release());
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, release());
  EXPECT_EQ(active(), 0);
}

TEST_F(cuDevicePrimaryCtxReset, TheContextCanBeUsedAgain) {
  retain();
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(device));
  {
    const Current current(retain());
    DeviceBuffer<unsigned> buffer(1000);
    const Module module;
    const Stream stream;
    module.kernel("fill").over(buffer, stream, 5U);
    stream.synchronize();
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, 5U));
  }
  release_all();
}

// Nothing of the reset is left over that would keep the next context alive.
TEST_F(cuDevicePrimaryCtxReset, TheNextContextEndsWithItsLastRelease) {
  const MemoryTurn turn;
  const ExtraContext extra;
  const Current observer(extra);
  const std::size_t bytes = turn.noticeable_bytes();
  const std::size_t before = turn.free_bytes();
  retain();
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(device));
  {
    const Current current(retain());
    CUdeviceptr address = 0;
    ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&address, bytes));
  }
  release_all();
  EXPECT_GT(turn.free_bytes() + bytes / 2, before);
}

TEST_F(cuDevicePrimaryCtxReset, LeavesOtherContextsAlone) {
  const ExtraContext extra;
  const Current current(extra);
  const DeviceBuffer<unsigned> buffer(100);
  const auto before = buffer.read();
  retain();
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(device));
  EXPECT_EQ(buffer.read(), before);
  EXPECT_EQ(current_context(), extra.get());
  release_all();
}

TEST_F(cuDevicePrimaryCtxReset, LimitsAreThoseOfANewContext) {
  std::size_t before = 0;
  std::size_t after = 0;
  {
    const Current current(retain());
    ASSERT_CUDA_OK(driver().cuCtxGetLimit(&before, CU_LIMIT_STACK_SIZE));
    ASSERT_CUDA_OK(driver().cuCtxSetLimit(CU_LIMIT_STACK_SIZE, before + 4096));
  }
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(device));
  {
    const Current current(retain());
    EXPECT_CUDA_OK(driver().cuCtxGetLimit(&after, CU_LIMIT_STACK_SIZE));
  }
  EXPECT_EQ(after, before);
  release_all();
}

TEST_F(cuDevicePrimaryCtxReset, RefusesUnknownDevices) {
  for (const auto form : forms()) {
    for (const CUdevice unknown : {-1, device_count(), 100000}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, form(unknown));
    }
  }
}

// Undocumented.
TEST_F(cuDevicePrimaryCtxReset, IsSafeDuringACaptureInAnotherContext) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] { return driver().cuDevicePrimaryCtxReset_v2(device); },
                         [] {
                           release_all();
                           retain();
                         });
  release_all();
}

TEST_F(cuDevicePrimaryCtxReset_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(0));
}

}  // namespace vgpu::conformance::test_cuDevicePrimaryCtxReset
