#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamCreateWithPriority {

CONFORMANCE_SUITE(cuStreamCreateWithPriority, Context);
CONFORMANCE_SUITE(cuStreamCreateWithPriority_fresh, Uninitialised);

/// The priority of a stream that was made with `asked`.
int priority_after(int asked, unsigned flags = 0) {
  CUstream stream = nullptr;
  check(driver().cuStreamCreateWithPriority(&stream, flags, asked), "cuStreamCreateWithPriority");
  int priority = 12345;
  EXPECT_CUDA_OK(driver().cuStreamGetPriority(stream, &priority));
  check(driver().cuStreamDestroy_v2(stream), "cuStreamDestroy_v2");
  return priority;
}

int greatest() {
  int value = 0;
  check(driver().cuCtxGetStreamPriorityRange(nullptr, &value), "cuCtxGetStreamPriorityRange");
  return value;
}

TEST_F(cuStreamCreateWithPriority, WritesTheHandle) {
  const auto [first, second] = expect_writes<CUstream>(
      [](CUstream* out) { return driver().cuStreamCreateWithPriority(out, 0, -1); });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(first));
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(second));
}

TEST_F(cuStreamCreateWithPriority, KeepsAPriorityOfTheRange) {
  for (int priority = greatest(); priority <= 0; ++priority) {
    EXPECT_EQ(priority_after(priority), priority);
    EXPECT_EQ(priority_after(priority, CU_STREAM_NON_BLOCKING), priority);
  }
}

TEST_F(cuStreamCreateWithPriority, ClampsAPriorityOutsideOfTheRange) {
  EXPECT_EQ(priority_after(greatest() - 1), greatest());
  EXPECT_EQ(priority_after(-1000), greatest());
  EXPECT_EQ(priority_after(INT32_MIN), greatest());
  EXPECT_EQ(priority_after(1), 0);
  EXPECT_EQ(priority_after(INT32_MAX), 0);
}

TEST_F(cuStreamCreateWithPriority, KeepsTheFlags) {
  for (const unsigned flags : {CU_STREAM_DEFAULT, CU_STREAM_NON_BLOCKING}) {
    CUstream stream = nullptr;
    unsigned found = 17;
    ASSERT_CUDA_OK(driver().cuStreamCreateWithPriority(&stream, flags, -1));
    EXPECT_CUDA_OK(driver().cuStreamGetFlags(stream, &found));
    EXPECT_EQ(found, flags);
    EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
  }
}

TEST_F(cuStreamCreateWithPriority, RunsWorkInOrder) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(500, 1));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  CUstream stream = nullptr;
  ASSERT_CUDA_OK(driver().cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, greatest()));
  scale_add.over(buffer, stream, 3U, 1U);
  scale_add.over(buffer, stream, 5U, 7U);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(500, 27));
}

// A hint: it does not let a stream go past an event that it waits for.
TEST_F(cuStreamCreateWithPriority, PriorityDoesNotOvertakeAnEvent) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Event event;
  const Stream low;
  CUstream high = nullptr;
  ASSERT_CUDA_OK(driver().cuStreamCreateWithPriority(&high, CU_STREAM_NON_BLOCKING, greatest()));
  Blocker blocker(low);
  event.record(low);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(high, event, 0));
  fill.over(buffer, high, 1U);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(high));
  EXPECT_EQ(buffer.read()[0], 0U);
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(high));
  EXPECT_EQ(buffer.read()[0], 1U);
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(high));
}

TEST_F(cuStreamCreateWithPriority, RefusesUnknownFlags) {
  for (const unsigned flags : {2U, 0x80000000U}) {
    expect_leaves<CUstream>(CUDA_ERROR_INVALID_VALUE, [&](CUstream* out) {
      return driver().cuStreamCreateWithPriority(out, flags, 0);
    });
  }
}

TEST_F(cuStreamCreateWithPriority, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuStreamCreateWithPriority(nullptr, 0, 0));
}

TEST_F(cuStreamCreateWithPriority, NeedsACurrentContext) {
  const NoContext none;
  CUstream stream = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuStreamCreateWithPriority(&stream, 0, 0));
}

TEST_F(cuStreamCreateWithPriority, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    CUstream stream = nullptr;
    const CUresult result = driver().cuStreamCreateWithPriority(&stream, 0, -2);
    if (result == CUDA_SUCCESS) check(driver().cuStreamDestroy_v2(stream), "cuStreamDestroy_v2");
    return result;
  });
}

TEST_F(cuStreamCreateWithPriority_fresh, BeforeInit) {
  CUstream stream = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuStreamCreateWithPriority(&stream, 0, 0));
}

}  // namespace vgpu::conformance::test_cuStreamCreateWithPriority
