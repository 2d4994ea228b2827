#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncLoad {

CONFORMANCE_SUITE(cuFuncLoad, Context);
CONFORMANCE_SUITE(cuFuncLoad_fresh, Uninitialised);

CUfunction function_of(const Module& module, const char* name) {
  CUfunction function = nullptr;
  check(driver().cuModuleGetFunction(&function, module, name), "cuModuleGetFunction");
  return function;
}

TEST_F(cuFuncLoad, LoadsTheFunction) {
  const Module module;
  const CUfunction function = function_of(module, "fill");
  EXPECT_CUDA_OK(driver().cuFuncLoad(function));
  auto state = static_cast<CUfunctionLoadingState>(77);
  EXPECT_CUDA_OK(driver().cuFuncIsLoaded(&state, function));
  EXPECT_EQ(state, CU_FUNCTION_LOADING_STATE_LOADED);
}

// "Calling this API with a fully loaded function has no effect."
TEST_F(cuFuncLoad, MayBeCalledAgain) {
  const Module module;
  const CUfunction function = function_of(module, "fill");
  EXPECT_CUDA_OK(driver().cuFuncLoad(function));
  ASSERT_CUDA_OK(
      driver().cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 512));
  EXPECT_CUDA_OK(driver().cuFuncLoad(function));
  int value = 0;
  EXPECT_CUDA_OK(driver().cuFuncGetAttribute(
      &value, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, function));
  EXPECT_EQ(value, 512);
}

TEST_F(cuFuncLoad, TheFunctionCanBeLaunched) {
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel kernel(function_of(module, "fill"));
  const Stream stream;
  ASSERT_CUDA_OK(driver().cuFuncLoad(kernel));
  kernel.over(buffer, stream, value);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, value));
}

TEST_F(cuFuncLoad, RefusesANullFunction) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuFuncLoad(nullptr));
}

TEST_F(cuFuncLoad, OfALoadedFunctionIsSafeDuringCapture) {
  const Module module;
  const CUfunction function = function_of(module, "empty");
  ASSERT_CUDA_OK(driver().cuFuncLoad(function));
  expect_safe_in_capture([&] { return driver().cuFuncLoad(function); });
}

TEST_F(cuFuncLoad, MayBeCalledByManyThreadsAtOnce) {
  const Module module;
  const CUfunction function = function_of(module, "empty");
  std::atomic<int> succeeded{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (driver().cuCtxSetCurrent(context) == CUDA_SUCCESS &&
          driver().cuFuncLoad(function) == CUDA_SUCCESS) {
        ++succeeded;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 4);
}

// Undocumented.
TEST_F(cuFuncLoad, NeedsNoCurrentContext) {
  const Module module;
  const CUfunction function = function_of(module, "empty");
  ASSERT_CUDA_OK(driver().cuFuncLoad(function));
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuFuncLoad(function));
}

TEST_F(cuFuncLoad_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuFuncLoad(garbage_handle<CUfunction>()));
}

}  // namespace vgpu::conformance::test_cuFuncLoad
