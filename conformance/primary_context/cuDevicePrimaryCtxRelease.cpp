#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDevicePrimaryCtxRelease {

CONFORMANCE_SUITE(cuDevicePrimaryCtxRelease, Driver);
CONFORMANCE_SUITE(cuDevicePrimaryCtxRelease_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuDevicePrimaryCtxRelease, driver().cuDevicePrimaryCtxRelease_v2};
}

CUcontext retain() {
  CUcontext context = nullptr;
  check(driver().cuDevicePrimaryCtxRetain(&context, Driver::device), "cuDevicePrimaryCtxRetain");
  return context;
}

bool is_active() {
  unsigned flags = 0;
  int active = 0;
  check(driver().cuDevicePrimaryCtxGetState(Driver::device, &flags, &active),
        "cuDevicePrimaryCtxGetState");
  return active != 0;
}

CUresult allocate() {
  CUdeviceptr address = 0;
  const CUresult result = driver().cuMemAlloc_v2(&address, 16);
  if (result == CUDA_SUCCESS) driver().cuMemFree_v2(address);
  return result;
}

TEST_F(cuDevicePrimaryCtxRelease, TheLastOneEndsTheContext) {
  for (const auto form : forms()) {
    retain();
    retain();
    EXPECT_CUDA_OK(form(device));
    EXPECT_TRUE(is_active());
    EXPECT_CUDA_OK(form(device));
    EXPECT_FALSE(is_active());
  }
}

TEST_F(cuDevicePrimaryCtxRelease, RefusesAContextThatIsNotRetained) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuDevicePrimaryCtxRelease_v2(device));
  retain();
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuDevicePrimaryCtxRelease_v2(device));
  EXPECT_FALSE(is_active());
}

// Undocumented: the old form does not tell whether there was something to release.
TEST_F(cuDevicePrimaryCtxRelease, OldFormMayReleaseAContextThatIsNotRetained) {
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease(device));
  retain();
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease(device));
  EXPECT_FALSE(is_active());
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease(device));
  retain();
  EXPECT_TRUE(is_active()) << "what was not retained is not owed";
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

// "this method does not pop the context from stack in any circumstances"
TEST_F(cuDevicePrimaryCtxRelease, LeavesTheHandleCurrentButUnusable) {
  for (const auto form : forms()) {
    const CUcontext primary = retain();
    ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
    EXPECT_CUDA_OK(allocate());
    EXPECT_CUDA_OK(form(device));
    EXPECT_EQ(current_context(), primary);
    EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, allocate());
    EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, driver().cuCtxSynchronize());
    CUdevice found = -1;
    EXPECT_CUDA_OK(driver().cuCtxGetDevice(&found));
    EXPECT_EQ(found, device);
    EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  }
}

TEST_F(cuDevicePrimaryCtxRelease, EndsItForAllThreads) {
  const CUcontext primary = retain();
  std::atomic<bool> allocated{false};
  std::atomic<bool> released{false};
  CUresult before = CUDA_ERROR_UNKNOWN;
  CUresult after = CUDA_ERROR_UNKNOWN;
  std::thread other([&] {
    before = driver().cuCtxSetCurrent(primary);
    if (before == CUDA_SUCCESS) before = allocate();
    allocated = true;
    while (!released) std::this_thread::yield();
    after = allocate();
  });
  while (!allocated) std::this_thread::yield();
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  released = true;
  other.join();
  EXPECT_CUDA_OK(before);
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, after);
}

TEST_F(cuDevicePrimaryCtxRelease, FreesTheContextsMemory) {
  const CUcontext primary = retain();
  CUdeviceptr address = 0;
  {
    const Current current(primary);
    ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&address, 4096));
  }
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  const ExtraContext extra;
  const Current current(extra);
  unsigned char byte = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoH_v2(&byte, address, 1));
}

TEST_F(cuDevicePrimaryCtxRelease, BeforeTheLastOneKeepsTheContextsMemory) {
  const CUcontext primary = retain();
  retain();
  {
    const Current current(primary);
    const DeviceBuffer<unsigned> buffer(100);
    const auto before = buffer.read();
    EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
    EXPECT_EQ(buffer.read(), before);
  }
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

TEST_F(cuDevicePrimaryCtxRelease, LeavesOtherContextsAlone) {
  const ExtraContext extra;
  const Current current(extra);
  const DeviceBuffer<unsigned> buffer(100);
  const auto before = buffer.read();
  retain();
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  EXPECT_EQ(buffer.read(), before);
  EXPECT_EQ(current_context(), extra.get());
}

TEST_F(cuDevicePrimaryCtxRelease, OfOneDeviceLeavesTheOthersActive) {
  REQUIRE_DEVICES(2);
  CUcontext context = nullptr;
  retain();
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&context, 1));
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(1));
  EXPECT_TRUE(is_active());
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuDevicePrimaryCtxRelease_v2(1));
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

TEST_F(cuDevicePrimaryCtxRelease, RefusesUnknownDevices) {
  for (const auto form : forms()) {
    for (const CUdevice unknown : {-1, device_count(), 100000}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, form(unknown));
    }
  }
}

// Undocumented.
TEST_F(cuDevicePrimaryCtxRelease, OfTheLastIsSafeDuringACaptureInAnotherContext) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] { return driver().cuDevicePrimaryCtxRelease_v2(device); },
                         [] {
                           while (driver().cuDevicePrimaryCtxRelease_v2(device) == CUDA_SUCCESS) {
                           }
                           retain();
                         });
  EXPECT_FALSE(is_active());
}

TEST_F(cuDevicePrimaryCtxRelease_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(0));
}

}  // namespace vgpu::conformance::test_cuDevicePrimaryCtxRelease
