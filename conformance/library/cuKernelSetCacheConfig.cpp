#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuKernelSetCacheConfig {

CONFORMANCE_SUITE(cuKernelSetCacheConfig, Context);
CONFORMANCE_SUITE(cuKernelSetCacheConfig_fresh, Uninitialised);

TEST_F(cuKernelSetCacheConfig, TakesEveryPreference) {
  const DeviceBuffer<unsigned> buffer(10);
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  for (const auto config : {CU_FUNC_CACHE_PREFER_SHARED, CU_FUNC_CACHE_PREFER_L1,
                            CU_FUNC_CACHE_PREFER_EQUAL, CU_FUNC_CACHE_PREFER_NONE}) {
    EXPECT_CUDA_OK(driver().cuKernelSetCacheConfig(kernel, config, device)) << config;
    const auto value = random_value<unsigned>();
    const Stream stream;
    Kernel(reinterpret_cast<CUfunction>(kernel)).over(buffer, stream, value);
    stream.synchronize();
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(10, value));
  }
}

TEST_F(cuKernelSetCacheConfig, RefusesAnUnknownPreference) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuKernelSetCacheConfig(library.kernel("fill"), static_cast<CUfunc_cache>(17),
                                              device));
}

TEST_F(cuKernelSetCacheConfig, RefusesAnUnknownDevice) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE,
              driver().cuKernelSetCacheConfig(library.kernel("fill"), CU_FUNC_CACHE_PREFER_L1,
                                              device_count()));
}

TEST_F(cuKernelSetCacheConfig, RefusesANullKernel) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuKernelSetCacheConfig(nullptr, CU_FUNC_CACHE_PREFER_L1, device));
}

TEST_F(cuKernelSetCacheConfig, NeedsNoCurrentContext) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuKernelSetCacheConfig(kernel, CU_FUNC_CACHE_PREFER_SHARED, device));
}

// Undocumented.
TEST_F(cuKernelSetCacheConfig, IsSafeDuringCapture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  expect_safe_in_capture(
      [&] { return driver().cuKernelSetCacheConfig(kernel, CU_FUNC_CACHE_PREFER_L1, device); });
}

TEST_F(cuKernelSetCacheConfig_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuKernelSetCacheConfig(nullptr, CU_FUNC_CACHE_PREFER_L1, 0));
}

}  // namespace vgpu::conformance::test_cuKernelSetCacheConfig
