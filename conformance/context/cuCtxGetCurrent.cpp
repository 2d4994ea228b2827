#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetCurrent {

CONFORMANCE_SUITE(cuCtxGetCurrent, Driver);
CONFORMANCE_SUITE(cuCtxGetCurrent_fresh, Uninitialised);

std::array<CUcontext, 2> get() {
  return expect_writes<CUcontext>([](CUcontext* out) { return driver().cuCtxGetCurrent(out); });
}

TEST_F(cuCtxGetCurrent, WritesNullWhenThereIsNone) {
  EXPECT_EQ(get(), (std::array<CUcontext, 2>{}));
}

TEST_F(cuCtxGetCurrent, FollowsEveryChange) {
  const ExtraContext a;
  const ExtraContext b;
  const auto both = [](CUcontext context) { return std::array{context, context}; };
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
  EXPECT_EQ(get(), both(a));
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(b));
  EXPECT_EQ(get(), both(b));
  ASSERT_CUDA_OK(driver().cuCtxPopCurrent_v2(nullptr));
  EXPECT_EQ(get(), both(a));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(b));
  EXPECT_EQ(get(), both(b));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(nullptr));
  EXPECT_EQ(get(), both(nullptr));
}

TEST_F(cuCtxGetCurrent, AnswersForTheCallingThread) {
  const ExtraContext a;
  const Current current(a);
  on_other_thread([&] {
    EXPECT_EQ(current_context(), nullptr);
    const ExtraContext b;
    const Current other(b);
    EXPECT_EQ(current_context(), b.get());
  });
  EXPECT_EQ(current_context(), a.get());
}

TEST_F(cuCtxGetCurrent, StillNamesAContextThatAnotherThreadDestroyed) {
  CUcontext created = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, nullptr, 0, device));
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created)); });
  EXPECT_EQ(current_context(), created);
}

TEST_F(cuCtxGetCurrent, NamesThePrimaryContext) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  EXPECT_EQ(current_context(), nullptr) << "retaining makes nothing current";
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  EXPECT_EQ(current_context(), primary);
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

TEST_F(cuCtxGetCurrent, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetCurrent(nullptr));
}

TEST_F(cuCtxGetCurrent, IsSafeDuringCapture) {
  const ExtraContext a;
  const Current current(a);
  expect_safe_in_capture([] {
    CUcontext found = nullptr;
    return driver().cuCtxGetCurrent(&found);
  });
}

TEST_F(cuCtxGetCurrent_fresh, BeforeInit) {
  expect_leaves<CUcontext>(CUDA_ERROR_NOT_INITIALIZED,
                           [](CUcontext* out) { return driver().cuCtxGetCurrent(out); });
}

}  // namespace vgpu::conformance::test_cuCtxGetCurrent
