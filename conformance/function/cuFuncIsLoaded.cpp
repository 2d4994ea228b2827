#include <cstdlib>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncIsLoaded {

CONFORMANCE_SUITE(cuFuncIsLoaded, Context);
CONFORMANCE_SUITE(cuFuncIsLoaded_fresh, Uninitialised);

CUfunctionLoadingState state(CUfunction function) {
  auto value = static_cast<CUfunctionLoadingState>(77);
  check(driver().cuFuncIsLoaded(&value, function), "cuFuncIsLoaded");
  return value;
}

TEST_F(cuFuncIsLoaded, WritesTheStateAndAlwaysTheSame) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const auto [first, second] = expect_writes<CUfunctionLoadingState>(
      [&](CUfunctionLoadingState* value) { return driver().cuFuncIsLoaded(value, kernel); });
  EXPECT_EQ(first, second);
}

TEST_F(cuFuncIsLoaded, SaysLoadedAfterLoading) {
  const Module module;
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&function, module, "fill"));
  ASSERT_CUDA_OK(driver().cuFuncLoad(function));
  EXPECT_EQ(state(function), CU_FUNCTION_LOADING_STATE_LOADED);
}

TEST_F(cuFuncIsLoaded, SaysLoadedAfterALaunch) {
  const Module module;
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&function, module, "empty"));
  const Stream stream;
  Kernel(function).launch({}, {}, 0, stream);
  EXPECT_EQ(state(function), CU_FUNCTION_LOADING_STATE_LOADED);
  stream.synchronize();
}

TEST_F(cuFuncIsLoaded, RefusesANullOutput) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuFuncIsLoaded(nullptr, module.kernel("empty")));
}

TEST_F(cuFuncIsLoaded, RefusesANullFunction) {
  expect_leaves<CUfunctionLoadingState>(
      CUDA_ERROR_INVALID_HANDLE,
      [](CUfunctionLoadingState* value) { return driver().cuFuncIsLoaded(value, nullptr); });
}

TEST_F(cuFuncIsLoaded, AnswersOnOtherThreads) {
  const Module module;
  const Kernel fill = module.kernel("fill");  // loaded
  const auto state = on_other_thread(context, [&] {
    CUfunctionLoadingState found{};
    check(driver().cuFuncIsLoaded(&found, fill), "cuFuncIsLoaded");
    return found;
  });
  EXPECT_EQ(state, CU_FUNCTION_LOADING_STATE_LOADED);
}

TEST_F(cuFuncIsLoaded, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] {
    CUfunctionLoadingState value;
    return driver().cuFuncIsLoaded(&value, kernel);
  });
}

// Undocumented.
TEST_F(cuFuncIsLoaded, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  CUfunctionLoadingState value;
  EXPECT_CUDA_OK(driver().cuFuncIsLoaded(&value, kernel));
}

TEST_F(cuFuncIsLoaded_fresh, BeforeInit) {
  expect_leaves<CUfunctionLoadingState>(
      CUDA_ERROR_NOT_INITIALIZED, [](CUfunctionLoadingState* value) {
        return driver().cuFuncIsLoaded(value, garbage_handle<CUfunction>());
      });
}

// With eager loading there is nothing that is not loaded.
TEST_F(cuFuncIsLoaded_fresh, SaysLoadedAtOnceWithEagerLoading) {
  ASSERT_EQ(::setenv("CUDA_MODULE_LOADING", "EAGER", 1), 0);
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  const Module module;
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&function, module, "fill"));
  EXPECT_EQ(state(function), CU_FUNCTION_LOADING_STATE_LOADED);
}

}  // namespace vgpu::conformance::test_cuFuncIsLoaded
