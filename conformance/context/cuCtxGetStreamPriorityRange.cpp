#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetStreamPriorityRange {

CONFORMANCE_SUITE(cuCtxGetStreamPriorityRange, Context);
CONFORMANCE_SUITE(cuCtxGetStreamPriorityRange_fresh, Uninitialised);

// 0 is the default priority and the least one; smaller numbers are greater priorities.
TEST_F(cuCtxGetStreamPriorityRange, GoesFromTheDefaultDownwards) {
  const auto [first, second] = expect_writes<int, int>([](int* least, int* greatest) {
    return driver().cuCtxGetStreamPriorityRange(least, greatest);
  });
  EXPECT_EQ(first, second);
  const auto [least, greatest] = first;
  EXPECT_EQ(least, 0);
  if (device_attribute(CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED) != 0) {
    EXPECT_LT(greatest, 0);
  } else {
    EXPECT_EQ(greatest, 0);
  }
}

TEST_F(cuCtxGetStreamPriorityRange, EachOutputMayBeNull) {
  int least = 1;
  int greatest = 1;
  ASSERT_CUDA_OK(driver().cuCtxGetStreamPriorityRange(&least, &greatest));
  const auto only_least = expect_writes<int>(
      [](int* out) { return driver().cuCtxGetStreamPriorityRange(out, nullptr); });
  const auto only_greatest = expect_writes<int>(
      [](int* out) { return driver().cuCtxGetStreamPriorityRange(nullptr, out); });
  EXPECT_EQ(only_least, (std::array{least, least}));
  EXPECT_EQ(only_greatest, (std::array{greatest, greatest}));
  EXPECT_CUDA_OK(driver().cuCtxGetStreamPriorityRange(nullptr, nullptr));
}

TEST_F(cuCtxGetStreamPriorityRange, EveryPriorityOfItCanBeHad) {
  int least = 0;
  int greatest = 0;
  ASSERT_CUDA_OK(driver().cuCtxGetStreamPriorityRange(&least, &greatest));
  for (int priority = greatest; priority <= least; ++priority) {
    CUstream stream = nullptr;
    int found = 1;
    ASSERT_CUDA_OK(driver().cuStreamCreateWithPriority(&stream, 0, priority));
    EXPECT_CUDA_OK(driver().cuStreamGetPriority(stream, &found));
    EXPECT_EQ(found, priority);
    EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
  }
}

TEST_F(cuCtxGetStreamPriorityRange, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<int, int>(CUDA_ERROR_INVALID_CONTEXT, [](int* least, int* greatest) {
    return driver().cuCtxGetStreamPriorityRange(least, greatest);
  });
}

TEST_F(cuCtxGetStreamPriorityRange, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    int least = 0;
    int greatest = 0;
    return driver().cuCtxGetStreamPriorityRange(&least, &greatest);
  });
}

TEST_F(cuCtxGetStreamPriorityRange_fresh, BeforeInit) {
  expect_leaves<int, int>(CUDA_ERROR_NOT_INITIALIZED, [](int* least, int* greatest) {
    return driver().cuCtxGetStreamPriorityRange(least, greatest);
  });
}

}  // namespace vgpu::conformance::test_cuCtxGetStreamPriorityRange
