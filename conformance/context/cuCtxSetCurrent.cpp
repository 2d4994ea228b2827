#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxSetCurrent {

CONFORMANCE_SUITE(cuCtxSetCurrent, Driver);
CONFORMANCE_SUITE(cuCtxSetCurrent_fresh, Uninitialised);

CUcontext pop() {
  CUcontext popped = nullptr;
  check(driver().cuCtxPopCurrent_v2(&popped), "cuCtxPopCurrent_v2");
  return popped;
}

TEST_F(cuCtxSetCurrent, PutsAContextOnAnEmptyStack) {
  const ExtraContext a;
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(a));
  EXPECT_EQ(current_context(), a.get());
  EXPECT_EQ(pop(), a.get());
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxSetCurrent, ReplacesTheTopOfTheStackOnly) {
  const ExtraContext a;
  const ExtraContext b;
  const ExtraContext c;
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(b));
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(c));
  EXPECT_EQ(pop(), c.get());
  EXPECT_EQ(pop(), a.get());
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxSetCurrent, NullPopsTheTop) {
  const ExtraContext a;
  const ExtraContext b;
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(b));
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_EQ(current_context(), a.get());
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxSetCurrent, NullDoesNothingOnAnEmptyStack) {
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_EQ(current_context(), nullptr);
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuCtxPopCurrent_v2(nullptr));
}

TEST_F(cuCtxSetCurrent, TheSameContextAgainChangesNothing) {
  const ExtraContext a;
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(a));
  EXPECT_CUDA_OK(driver().cuCtxSetCurrent(a));
  EXPECT_EQ(pop(), a.get());
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxSetCurrent, ConcernsTheCallingThreadOnly) {
  const ExtraContext a;
  const ExtraContext b;
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(a));
  on_other_thread([&] {
    EXPECT_EQ(current_context(), nullptr);
    EXPECT_CUDA_OK(driver().cuCtxSetCurrent(b));
    EXPECT_EQ(current_context(), b.get());
  });
  EXPECT_EQ(current_context(), a.get());
}

TEST_F(cuCtxSetCurrent, OneContextMayBeCurrentOnManyThreads) {
  const ExtraContext shared;
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(shared));
  const DeviceBuffer<unsigned> buffer(4 * 256);
  std::vector<std::thread> threads;
  std::array<CUresult, 4> results{};
  for (unsigned i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      results[i] = driver().cuCtxSetCurrent(shared);
      if (results[i] == CUDA_SUCCESS) {
        results[i] = driver().cuMemsetD32_v2(buffer.at(i * 256), i + 1, 256);
      }
      if (results[i] == CUDA_SUCCESS) results[i] = driver().cuCtxSynchronize();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const CUresult result : results) EXPECT_CUDA_OK(result);
  const auto found = buffer.read();
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], i / 256 + 1) << i;
}

TEST_F(cuCtxSetCurrent, EndsWithItsThread) {
  const ExtraContext a;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuCtxSetCurrent(a)); });
  EXPECT_EQ(on_other_thread(current_context), nullptr);
}

TEST_F(cuCtxSetCurrent, IsSafeDuringCapture) {
  const ExtraContext a;
  const Current current(a);
  expect_safe_in_capture([&] { return driver().cuCtxSetCurrent(a); });
}

TEST_F(cuCtxSetCurrent_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuCtxSetCurrent(nullptr));
}

}  // namespace vgpu::conformance::test_cuCtxSetCurrent
