#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxSetSharedMemConfig {

CONFORMANCE_SUITE(cuCtxSetSharedMemConfig, OwnContext);
CONFORMANCE_SUITE(cuCtxSetSharedMemConfig_fresh, Uninitialised);

CUsharedconfig get() {
  CUsharedconfig config{};
  check(driver().cuCtxGetSharedMemConfig(&config), "cuCtxGetSharedMemConfig");
  return config;
}

// Banks are four bytes wide on every device since compute capability 5.0.
TEST_F(cuCtxSetSharedMemConfig, DoesNothingWhereTheWidthIsFixed) {
  for (const CUsharedconfig config :
       {CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE, CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE,
        CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE}) {
    EXPECT_CUDA_OK(driver().cuCtxSetSharedMemConfig(config));
    EXPECT_EQ(get(), CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE) << "after " << config;
  }
}

TEST_F(cuCtxSetSharedMemConfig, KernelsWithSharedMemoryRunAfterwards) {
  ASSERT_CUDA_OK(driver().cuCtxSetSharedMemConfig(CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE));
  auto values = random_vector<unsigned>(256);
  const DeviceBuffer<unsigned> buffer(values);
  const Module module;
  const Stream stream;
  module.kernel("reverse_in_shared").launch({}, {256}, 1024, stream, buffer.address());
  stream.synchronize();
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(buffer.read(), values);
}

TEST_F(cuCtxSetSharedMemConfig, RefusesAnUnknownWidth) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuCtxSetSharedMemConfig(static_cast<CUsharedconfig>(1000)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuCtxSetSharedMemConfig(static_cast<CUsharedconfig>(3)));
}

TEST_F(cuCtxSetSharedMemConfig, NeedsACurrentContext) {
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuCtxSetSharedMemConfig(CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE));
}

TEST_F(cuCtxSetSharedMemConfig, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture(
      [] { return driver().cuCtxSetSharedMemConfig(CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE); });
}

TEST_F(cuCtxSetSharedMemConfig_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuCtxSetSharedMemConfig(CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE));
}

}  // namespace vgpu::conformance::test_cuCtxSetSharedMemConfig
