#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxPushCurrent {

CONFORMANCE_SUITE(cuCtxPushCurrent, Driver);
CONFORMANCE_SUITE(cuCtxPushCurrent_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuCtxPushCurrent, driver().cuCtxPushCurrent_v2};
}

CUcontext pop() {
  CUcontext popped = nullptr;
  check(driver().cuCtxPopCurrent_v2(&popped), "cuCtxPopCurrent_v2");
  return popped;
}

TEST_F(cuCtxPushCurrent, MakesAContextCurrentOverTheOthers) {
  for (const auto form : forms()) {
    const ExtraContext a;
    const ExtraContext b;
    EXPECT_CUDA_OK(form(a));
    EXPECT_EQ(current_context(), a.get());
    EXPECT_CUDA_OK(form(b));
    EXPECT_EQ(current_context(), b.get());
    EXPECT_EQ(pop(), b.get());
    EXPECT_EQ(pop(), a.get());
    EXPECT_EQ(current_context(), nullptr);
  }
}

TEST_F(cuCtxPushCurrent, WorkGoesIntoTheContextOnTop) {
  const ExtraContext a;
  const ExtraContext b;
  for (const CUcontext expected : {a.get(), b.get(), a.get()}) {
    ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(expected));
    const DeviceMemory memory(64);
    CUcontext owner = nullptr;
    EXPECT_CUDA_OK(driver().cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, memory));
    EXPECT_EQ(owner, expected);
  }
}

TEST_F(cuCtxPushCurrent, TheSameContextMayBePushedTwice) {
  const ExtraContext a;
  EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
  EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
  EXPECT_EQ(pop(), a.get());
  EXPECT_EQ(current_context(), a.get());
  EXPECT_EQ(pop(), a.get());
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxPushCurrent, KeepsADeepStackInOrder) {
  const std::array<ExtraContext, 3> contexts;
  std::vector<CUcontext> pushed;
  for (int i = 0; i < 40; ++i) {
    pushed.push_back(contexts[random_below(contexts.size())]);
    ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(pushed.back()));
  }
  for (; !pushed.empty(); pushed.pop_back()) ASSERT_EQ(pop(), pushed.back());
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxPushCurrent, EachThreadHasAStackOfItsOwn) {
  const ExtraContext a;
  const ExtraContext b;
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
  on_other_thread([&] {
    EXPECT_EQ(current_context(), nullptr);
    EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(b));
    EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(a)) << "current on the other thread too";
    EXPECT_EQ(pop(), a.get());
    EXPECT_EQ(pop(), b.get());
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuCtxPopCurrent_v2(nullptr));
  });
  EXPECT_EQ(pop(), a.get());
}

TEST_F(cuCtxPushCurrent, TakesThePrimaryContext) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(primary));
  EXPECT_EQ(pop(), primary);
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

TEST_F(cuCtxPushCurrent, RefusesANullHandle) {
  const ExtraContext a;
  const Current current(a);
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr));
  EXPECT_EQ(current_context(), a.get());
}

TEST_F(cuCtxPushCurrent, IsSafeDuringCapture) {
  const ExtraContext a;
  const Current current(a);
  expect_safe_in_capture([&] {
    const CUresult result = driver().cuCtxPushCurrent_v2(a);
    pop();
    return result;
  });
}

TEST_F(cuCtxPushCurrent_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr));
}

}  // namespace vgpu::conformance::test_cuCtxPushCurrent
