#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuModuleGetFunctionCount {

CONFORMANCE_SUITE(cuModuleGetFunctionCount, Context);
CONFORMANCE_SUITE(cuModuleGetFunctionCount_fresh, Uninitialised);

TEST_F(cuModuleGetFunctionCount, CountsTheKernelsOfTheModule) {
  for (const char* name : {"basic", "other"}) {
    const Module module(name);
    const auto [first, second] = expect_writes<unsigned>(
        [&](unsigned* count) { return driver().cuModuleGetFunctionCount(count, module); });
    EXPECT_EQ(first, kernels_in(name)) << name;
    EXPECT_EQ(second, first);
  }
}

TEST_F(cuModuleGetFunctionCount, LookingFunctionsUpChangesNothing) {
  const Module module("other");
  static_cast<void>(module.kernel("fill"));
  unsigned count = 0;
  EXPECT_CUDA_OK(driver().cuModuleGetFunctionCount(&count, module));
  EXPECT_EQ(count, kernels_in("other"));
}

TEST_F(cuModuleGetFunctionCount, CountsAModuleWithoutKernels) {
  constexpr const char* text =
      ".version 7.0\n.target sm_75\n.address_size 64\n.visible .global .align 4 .u32 lonely = 3;\n";
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoadData(&module, text));
  unsigned count = 77;
  EXPECT_CUDA_OK(driver().cuModuleGetFunctionCount(&count, module));
  EXPECT_EQ(count, 0U);
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleGetFunctionCount, CountsTheModuleOfALibrary) {
  const Library library("other");
  unsigned count = 0;
  EXPECT_CUDA_OK(driver().cuModuleGetFunctionCount(&count, library.module()));
  EXPECT_EQ(count, kernels_in("other"));
}

TEST_F(cuModuleGetFunctionCount, RefusesANullOutput) {
  const Module module("other");
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetFunctionCount(nullptr, module));
}

TEST_F(cuModuleGetFunctionCount, RefusesANullModule) {
  expect_leaves<unsigned>(CUDA_ERROR_INVALID_HANDLE, [](unsigned* count) {
    return driver().cuModuleGetFunctionCount(count, nullptr);
  });
}

TEST_F(cuModuleGetFunctionCount, NeedsNoCurrentContext) {
  const Module module("other");
  const NoContext none;
  unsigned count = 0;
  EXPECT_CUDA_OK(driver().cuModuleGetFunctionCount(&count, module));  // Undocumented.
  EXPECT_EQ(count, kernels_in("other"));
}

TEST_F(cuModuleGetFunctionCount, IsSafeDuringCapture) {
  const Module module("other");
  unsigned count = 0;
  expect_safe_in_capture([&] { return driver().cuModuleGetFunctionCount(&count, module); });
}

// Undocumented.
TEST_F(cuModuleGetFunctionCount_fresh, BeforeInit) {
  expect_leaves<unsigned>(CUDA_ERROR_NOT_INITIALIZED, [](unsigned* count) {
    return driver().cuModuleGetFunctionCount(count, nullptr);
  });
}

}  // namespace vgpu::conformance::test_cuModuleGetFunctionCount
