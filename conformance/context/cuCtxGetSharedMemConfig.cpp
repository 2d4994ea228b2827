#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetSharedMemConfig {

CONFORMANCE_SUITE(cuCtxGetSharedMemConfig, OwnContext);
CONFORMANCE_SUITE(cuCtxGetSharedMemConfig_fresh, Uninitialised);

TEST_F(cuCtxGetSharedMemConfig, IsTheFixedWidthOfTheHardware) {
  REQUIRE_COMPUTE_CAPABILITY(5, 0);
  const auto [first, second] = expect_writes<CUsharedconfig>(
      [](CUsharedconfig* out) { return driver().cuCtxGetSharedMemConfig(out); });
  EXPECT_EQ(first, CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE);
  EXPECT_EQ(second, CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE);
}

TEST_F(cuCtxGetSharedMemConfig, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetSharedMemConfig(nullptr));
}

TEST_F(cuCtxGetSharedMemConfig, NeedsACurrentContext) {
  const auto get = [](CUsharedconfig* out) { return driver().cuCtxGetSharedMemConfig(out); };
  const NoContext none;
  expect_leaves<CUsharedconfig>(CUDA_ERROR_INVALID_CONTEXT, get);
  CUsharedconfig config{};
  EXPECT_CUDA_OK(on_other_thread(context, [&] { return get(&config); }));
}

TEST_F(cuCtxGetSharedMemConfig, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    CUsharedconfig config{};
    return driver().cuCtxGetSharedMemConfig(&config);
  });
}

TEST_F(cuCtxGetSharedMemConfig_fresh, BeforeInit) {
  expect_leaves<CUsharedconfig>(CUDA_ERROR_NOT_INITIALIZED, [](CUsharedconfig* out) {
    return driver().cuCtxGetSharedMemConfig(out);
  });
}

}  // namespace vgpu::conformance::test_cuCtxGetSharedMemConfig
