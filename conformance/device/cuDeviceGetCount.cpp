#include <cstdlib>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetCount {

CONFORMANCE_SUITE(cuDeviceGetCount, Driver);
CONFORMANCE_SUITE(cuDeviceGetCount_fresh, Uninitialised);

int count() {
  int value = -1;
  check(driver().cuDeviceGetCount(&value), "cuDeviceGetCount");
  return value;
}

TEST_F(cuDeviceGetCount, WritesTheSameEachTime) {
  const auto [first, second] =
      expect_writes<int>([](int* value) { return driver().cuDeviceGetCount(value); });
  EXPECT_EQ(first, second);
  EXPECT_GE(first, 1);
}

TEST_F(cuDeviceGetCount, IsHowManyDevicesCanBeGot) {
  CUdevice handle = -1;
  for (int ordinal = 0; ordinal < count(); ++ordinal) {
    EXPECT_CUDA_OK(driver().cuDeviceGet(&handle, ordinal));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuDeviceGet(&handle, count()));
}

TEST_F(cuDeviceGetCount, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetCount(nullptr));
}

TEST_F(cuDeviceGetCount, AnswersOnOtherThreads) {
  EXPECT_EQ(on_other_thread([] { return count(); }), count());
}

TEST_F(cuDeviceGetCount, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    int value = 0;
    return driver().cuDeviceGetCount(&value);
  });
}

TEST_F(cuDeviceGetCount_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED,
                     [](int* value) { return driver().cuDeviceGetCount(value); });
}

TEST_F(cuDeviceGetCount_fresh, BeforeInitIsSaidBeforeANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuDeviceGetCount(nullptr));  // Undocumented.
}

TEST_F(cuDeviceGetCount_fresh, VisibleDevicesMayHideAllButOne) {
  ASSERT_EQ(::setenv("CUDA_VISIBLE_DEVICES", "0", 1), 0);
  ASSERT_CUDA_OK(driver().cuInit(0));
  EXPECT_EQ(count(), 1);
}

// Without any device left, initialisation itself fails.
TEST_F(cuDeviceGetCount_fresh, VisibleDevicesMayHideAll) {
  ASSERT_EQ(::setenv("CUDA_VISIBLE_DEVICES", "-1", 1), 0);
  EXPECT_CUDA(CUDA_ERROR_NO_DEVICE, driver().cuInit(0));
}

}  // namespace vgpu::conformance::test_cuDeviceGetCount
