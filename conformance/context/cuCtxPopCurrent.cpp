#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxPopCurrent {

CONFORMANCE_SUITE(cuCtxPopCurrent, Driver);
CONFORMANCE_SUITE(cuCtxPopCurrent_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuCtxPopCurrent, driver().cuCtxPopCurrent_v2};
}

TEST_F(cuCtxPopCurrent, ReturnsWhatWasOnTopAndUncoversTheNext) {
  const ExtraContext a;
  const ExtraContext b;
  for (const auto form : forms()) {
    ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
    ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(b));
    ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(b));
    const auto [first, second] =
        expect_writes<CUcontext>([&](CUcontext* out) { return form(out); });
    EXPECT_EQ(first, b.get());
    EXPECT_EQ(second, b.get());
    EXPECT_EQ(current_context(), a.get());
    CUcontext last = nullptr;
    EXPECT_CUDA_OK(form(&last));
    EXPECT_EQ(last, a.get());
    EXPECT_EQ(current_context(), nullptr);
  }
}

TEST_F(cuCtxPopCurrent, UncoversWhatWasCurrentBeforeCreation) {
  const ExtraContext before;
  const Current current(before);
  CUcontext created = nullptr;
  CUcontext popped = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, nullptr, 0, device));
  EXPECT_CUDA_OK(driver().cuCtxPopCurrent_v2(&popped));
  EXPECT_EQ(popped, created);
  EXPECT_EQ(current_context(), before.get());
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
}

TEST_F(cuCtxPopCurrent, ThePoppedContextMayGoToAnotherThread) {
  CUcontext created = nullptr;
  CUcontext popped = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, nullptr, 0, device));
  const DeviceBuffer<unsigned> buffer(64);
  EXPECT_CUDA_OK(driver().cuCtxPopCurrent_v2(&popped));
  on_other_thread([&] {
    ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(popped));
    EXPECT_CUDA_OK(driver().cuMemsetD32_v2(buffer, 7, buffer.size()));
    EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  });
  ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(popped));
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), 7));
}

TEST_F(cuCtxPopCurrent, RefusesAnEmptyStack) {
  for (const auto form : forms()) {
    expect_leaves<CUcontext>(CUDA_ERROR_INVALID_CONTEXT, form);
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(nullptr));
  }
}

TEST_F(cuCtxPopCurrent, AStackIsEmptyOnANewThread) {
  const ExtraContext a;
  const Current current(a);
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              on_other_thread([] { return driver().cuCtxPopCurrent_v2(nullptr); }));
  EXPECT_EQ(current_context(), a.get());
}

// The output is optional.
TEST_F(cuCtxPopCurrent, TakesANullOutput) {
  const ExtraContext a;
  for (const auto form : forms()) {
    ASSERT_CUDA_OK(driver().cuCtxPushCurrent_v2(a));
    EXPECT_CUDA_OK(form(nullptr));
    EXPECT_EQ(current_context(), nullptr);
  }
}

TEST_F(cuCtxPopCurrent, DoesNotWaitForTheContextsWork) {
  const ExtraContext a;
  const Current current(a);
  const Stream stream;
  const Blocker blocker(stream);
  CUcontext popped = nullptr;
  EXPECT_CUDA_OK(driver().cuCtxPopCurrent_v2(&popped));
  EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(popped));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
}

// Undocumented.
TEST_F(cuCtxPopCurrent, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    CUcontext popped = nullptr;
    const CUresult result = driver().cuCtxPopCurrent_v2(&popped);
    EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(popped));
    return result;
  });
}

TEST_F(cuCtxPopCurrent_fresh, BeforeInit) {
  for (const auto form : forms()) expect_leaves<CUcontext>(CUDA_ERROR_NOT_INITIALIZED, form);
}

}  // namespace vgpu::conformance::test_cuCtxPopCurrent
