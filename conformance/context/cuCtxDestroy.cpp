#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxDestroy {

CONFORMANCE_SUITE(cuCtxDestroy, Driver);
CONFORMANCE_SUITE(cuCtxDestroy_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuCtxDestroy, driver().cuCtxDestroy_v2};
}

CUcontext create() {
  CUcontext created = nullptr;
  check(driver().cuCtxCreate_v4(&created, nullptr, 0, Driver::device), "cuCtxCreate_v4");
  return created;
}

CUresult allocate() {
  CUdeviceptr address = 0;
  return driver().cuMemAlloc_v2(&address, 16);
}

TEST_F(cuCtxDestroy, TakesTheCurrentContextOffTheStack) {
  for (const auto form : forms()) {
    const CUcontext below = create();
    const CUcontext top = create();
    EXPECT_CUDA_OK(form(top));
    EXPECT_EQ(current_context(), below);
    EXPECT_CUDA_OK(allocate());
    EXPECT_CUDA_OK(form(below));
    EXPECT_EQ(current_context(), nullptr);
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, allocate());
  }
}

TEST_F(cuCtxDestroy, OfAContextThatIsNotCurrentLeavesTheStackAlone) {
  ExtraContext current_one;
  const Current current(current_one);
  CUcontext other = create();
  ASSERT_CUDA_OK(driver().cuCtxPopCurrent_v2(&other));
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(other));
  EXPECT_EQ(current_context(), current_one.get());
  EXPECT_CUDA_OK(allocate());
}

TEST_F(cuCtxDestroy, NeedsNoCurrentContext) {
  CUcontext context = create();
  ASSERT_CUDA_OK(driver().cuCtxPopCurrent_v2(&context));
  EXPECT_CUDA_OK(on_other_thread([&] { return driver().cuCtxDestroy_v2(context); }));
}

// Only the top of the stack is popped.
TEST_F(cuCtxDestroy, OfAContextDeepInTheStackLeavesItsPlace) {
  const CUcontext below = create();
  const CUcontext top = create();
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(below));
  EXPECT_EQ(current_context(), top);
  EXPECT_CUDA_OK(allocate());
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(top));
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, allocate());
}

TEST_F(cuCtxDestroy, OtherThreadsKeepItAndGetAnError) {
  CUcontext context = create();
  ASSERT_CUDA_OK(driver().cuCtxPopCurrent_v2(&context));
  const CUresult result = on_other_thread(context, [&] {
    EXPECT_CUDA_OK(allocate());
    on_other_thread([&] { EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(context)); });
    return allocate();
  });
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, result);
}

TEST_F(cuCtxDestroy, EndsStreamsEventsAndModulesWithTheContext) {
  const ExtraContext survivor;
  for (int turn = 0; turn < 3; ++turn) {
    const CUcontext context = create();
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CUmodule module = nullptr;
    EXPECT_CUDA_OK(driver().cuStreamCreate(&stream, 0));
    EXPECT_CUDA_OK(driver().cuEventCreate(&event, 0));
    EXPECT_CUDA_OK(driver().cuModuleLoadData(&module, ptx("basic").data()));
    EXPECT_CUDA_OK(driver().cuEventRecord(event, stream));
    EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(context));
  }
  const Current current(survivor);
  EXPECT_CUDA_OK(allocate());
}

TEST_F(cuCtxDestroy, GivesTheMemoryBack) {
  const MemoryTurn turn;
  const ExtraContext observer;
  const Current current(observer);
  const std::size_t bytes = turn.noticeable_bytes();
  std::size_t before = 0;
  {
    const ExtraContext extra;
    const Current other(extra);
    CUdeviceptr address = 0;
    ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&address, bytes));
    before = turn.free_bytes();
  }
  EXPECT_GT(turn.free_bytes(), before + bytes / 2);
}

TEST_F(cuCtxDestroy, RefusesThePrimaryContext) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(primary));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuCtxDestroy_v2(primary));
  EXPECT_CUDA_OK(allocate());
  EXPECT_EQ(current_context(), primary);
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

TEST_F(cuCtxDestroy, RefusesANullHandle) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr));
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxDestroy_v2(nullptr));
  EXPECT_EQ(current_context(), extra.get()) << "null does not mean the current one";
}

TEST_F(cuCtxDestroy, IsSafeDuringCapture) {
  const ExtraContext own;
  const Current current(own);
  CUcontext victim = nullptr;
  expect_safe_in_capture([&] { return driver().cuCtxDestroy_v2(victim); },
                         [&] {
                           victim = create();
                           check(driver().cuCtxPopCurrent_v2(&victim), "cuCtxPopCurrent_v2");
                         });
}

TEST_F(cuCtxDestroy_fresh, BeforeInit) {
  for (const auto form : forms())
    EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, form(nullptr));
}

// A process of its own, because a driver may look behind the handle.
TEST_F(cuCtxDestroy_fresh, RefusesADestroyedContext) {
  check(driver().cuInit(0), "cuInit");
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED,
              of_stale_context(driver().cuCtxDestroy_v2(stale_context())));
}

}  // namespace vgpu::conformance::test_cuCtxDestroy
