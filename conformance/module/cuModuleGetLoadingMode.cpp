#include <cstdlib>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuModuleGetLoadingMode {

CONFORMANCE_SUITE(cuModuleGetLoadingMode, Driver);
CONFORMANCE_SUITE(cuModuleGetLoadingMode_fresh, Uninitialised);

CUmoduleLoadingMode mode_with(const char* setting) {
  if (setting == nullptr) {
    ::unsetenv("CUDA_MODULE_LOADING");
  } else {
    ::setenv("CUDA_MODULE_LOADING", setting, 1);
  }
  check(driver().cuInit(0), "cuInit");
  CUmoduleLoadingMode mode{};
  check(driver().cuModuleGetLoadingMode(&mode), "cuModuleGetLoadingMode");
  return mode;
}

TEST_F(cuModuleGetLoadingMode, AnswersTheSameEveryTime) {
  const auto [first, second] = expect_writes<CUmoduleLoadingMode>(
      [](CUmoduleLoadingMode* mode) { return driver().cuModuleGetLoadingMode(mode); });
  EXPECT_EQ(first, second);
  EXPECT_TRUE(first == CU_MODULE_EAGER_LOADING || first == CU_MODULE_LAZY_LOADING) << first;
}

// Undocumented.
TEST_F(cuModuleGetLoadingMode, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  CUmoduleLoadingMode mode{};
  expect_safe_in_capture([&] { return driver().cuModuleGetLoadingMode(&mode); });
}

TEST_F(cuModuleGetLoadingMode_fresh, LazyByDefault) {
  EXPECT_EQ(mode_with(nullptr), CU_MODULE_LAZY_LOADING);
}

TEST_F(cuModuleGetLoadingMode_fresh, LazyWhenTheEnvironmentSaysSo) {
  EXPECT_EQ(mode_with("LAZY"), CU_MODULE_LAZY_LOADING);
}

TEST_F(cuModuleGetLoadingMode_fresh, EagerWhenTheEnvironmentSaysSo) {
  EXPECT_EQ(mode_with("EAGER"), CU_MODULE_EAGER_LOADING);
}

// What the environment says at cuInit counts, not what it says later.
TEST_F(cuModuleGetLoadingMode_fresh, DoesNotChangeAfterInit) {
  EXPECT_EQ(mode_with("EAGER"), CU_MODULE_EAGER_LOADING);
  ::setenv("CUDA_MODULE_LOADING", "LAZY", 1);
  CUmoduleLoadingMode mode{};
  EXPECT_CUDA_OK(driver().cuModuleGetLoadingMode(&mode));
  EXPECT_EQ(mode, CU_MODULE_EAGER_LOADING);  // Undocumented.
}

TEST_F(cuModuleGetLoadingMode_fresh, BeforeInit) {
  expect_leaves<CUmoduleLoadingMode>(CUDA_ERROR_NOT_INITIALIZED, [](CUmoduleLoadingMode* mode) {
    return driver().cuModuleGetLoadingMode(mode);
  });
}

}  // namespace vgpu::conformance::test_cuModuleGetLoadingMode
