#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuModuleGetFunction {

CONFORMANCE_SUITE(cuModuleGetFunction, Context);
CONFORMANCE_SUITE(cuModuleGetFunction_fresh, Uninitialised);

CUfunction find(CUmodule module, const char* name) {
  CUfunction function = nullptr;
  check(driver().cuModuleGetFunction(&function, module, name), "cuModuleGetFunction");
  return function;
}

TEST_F(cuModuleGetFunction, FindsTheFunctionOfThatName) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 5));
  const Module module;
  const Stream stream;
  Kernel(find(module, "fill")).over(buffer, stream, 7U);
  Kernel(find(module, "add")).over(buffer, stream, 11U);
  Kernel(find(module, "scale_add")).over(buffer, stream, 3U, 1U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(100, (7 + 11) * 3 + 1));
}

// Programs compare the handles and cache by them.
TEST_F(cuModuleGetFunction, GivesOneHandlePerFunction) {
  const Module module;
  const auto [first, second] = expect_writes<CUfunction>(
      [&](CUfunction* function) { return driver().cuModuleGetFunction(function, module, "fill"); });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, find(module, "add"));
}

TEST_F(cuModuleGetFunction, TakesTheFunctionOfThisModule) {
  const DeviceBuffer<unsigned> buffer(50);
  const Module basic;
  const Module other("other");
  const auto value = random_value<unsigned>();
  const Stream stream;
  EXPECT_NE(find(basic, "fill"), find(other, "fill"));
  Kernel(find(other, "fill")).over(buffer, stream, value);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(50, ~value));
  Kernel(find(basic, "fill")).over(buffer, stream, value);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(50, value));
}

TEST_F(cuModuleGetFunction, SameImageTwiceHasDifferentFunctions) {
  const Module first;
  const Module second;
  EXPECT_NE(find(first, "fill"), find(second, "fill"));
}

TEST_F(cuModuleGetFunction, ReadsTheNameBeforeItReturns) {
  const Module module;
  std::string name = "fill";
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&function, module, name.c_str()));
  name = "scribble";
  EXPECT_EQ(function, find(module, "fill"));
}

TEST_F(cuModuleGetFunction, RefusesAMissingName) {
  const Module module;
  for (const char* name : {"no_such_kernel", "fil", "fill2", "Fill", "global_value"}) {
    CUfunction function = nullptr;
    EXPECT_CUDA(CUDA_ERROR_NOT_FOUND, driver().cuModuleGetFunction(&function, module, name))
        << "name '" << name << "'";
  }
  EXPECT_NE(find(module, "fill"), nullptr) << "still there afterwards";
}

TEST_F(cuModuleGetFunction, RefusesAnEmptyName) {
  const Module module;
  CUfunction function = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetFunction(&function, module, ""));
}

TEST_F(cuModuleGetFunction, RefusesNullArguments) {
  const Module module;
  CUfunction function = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetFunction(nullptr, module, "fill"));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetFunction(&function, module, nullptr));
}

TEST_F(cuModuleGetFunction, RefusesANullModule) {
  expect_leaves<CUfunction>(CUDA_ERROR_INVALID_HANDLE, [](CUfunction* function) {  // Undocumented.
    return driver().cuModuleGetFunction(function, nullptr, "fill");
  });
}

// A module knows its context.
TEST_F(cuModuleGetFunction, NeedsNoCurrentContext) {
  const Module module;
  CUfunction function = nullptr;
  {
    const NoContext none;
    EXPECT_CUDA_OK(driver().cuModuleGetFunction(&function, module, "fill"));
  }
  EXPECT_EQ(function, find(module, "fill"));
}

TEST_F(cuModuleGetFunction, AnswersTheSameOnEveryThread) {
  const Module module;
  const CUfunction here = find(module, "fill");
  EXPECT_EQ(here, on_other_thread(context, [&] { return find(module, "fill"); }));
}

TEST_F(cuModuleGetFunction, ManyThreadsGetOneHandle) {
  const Module module;
  constexpr int many = 6;
  std::array<CUfunction, many> found{};
  std::vector<std::thread> threads;
  for (CUfunction& place : found) {
    threads.emplace_back([&, to = &place] {
      driver().cuCtxSetCurrent(context);
      driver().cuModuleGetFunction(to, module, "scale_add");
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const CUfunction function : found) EXPECT_EQ(function, find(module, "scale_add"));
}

TEST_F(cuModuleGetFunction, IsSafeDuringCapture) {
  const Module module;
  CUfunction function = nullptr;
  expect_safe_in_capture(
      [&] { return driver().cuModuleGetFunction(&function, module, "static_shared"); });
}

TEST_F(cuModuleGetFunction_fresh, BeforeInit) {
  expect_leaves<CUfunction>(CUDA_ERROR_NOT_INITIALIZED, [](CUfunction* function) {
    return driver().cuModuleGetFunction(function, nullptr, "fill");
  });
}

}  // namespace vgpu::conformance::test_cuModuleGetFunction
