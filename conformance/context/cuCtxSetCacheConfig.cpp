#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxSetCacheConfig {

CONFORMANCE_SUITE(cuCtxSetCacheConfig, OwnContext);
CONFORMANCE_SUITE(cuCtxSetCacheConfig_fresh, Uninitialised);

constexpr std::array configs{CU_FUNC_CACHE_PREFER_SHARED, CU_FUNC_CACHE_PREFER_L1,
                             CU_FUNC_CACHE_PREFER_EQUAL, CU_FUNC_CACHE_PREFER_NONE};

CUfunc_cache get() {
  CUfunc_cache config{};
  check(driver().cuCtxGetCacheConfig(&config), "cuCtxGetCacheConfig");
  return config;
}

TEST_F(cuCtxSetCacheConfig, IsKept) {
  for (const CUfunc_cache config : configs) {
    EXPECT_CUDA_OK(driver().cuCtxSetCacheConfig(config));
    EXPECT_EQ(get(), config);
  }
}

TEST_F(cuCtxSetCacheConfig, BelongsToTheContextNotToTheThread) {
  const ExtraContext other;
  ASSERT_CUDA_OK(driver().cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_L1));
  EXPECT_EQ(on_other_thread(context, get), CU_FUNC_CACHE_PREFER_L1);
  const Current current(other);
  EXPECT_EQ(get(), CU_FUNC_CACHE_PREFER_NONE);
}

TEST_F(cuCtxSetCacheConfig, KernelsRunUnderEveryPreference) {
  const DeviceBuffer<unsigned> buffer(256);
  const Module module;
  const Stream stream;
  for (const CUfunc_cache config : configs) {
    EXPECT_CUDA_OK(driver().cuCtxSetCacheConfig(config));
    const auto value = random_value<unsigned>();
    module.kernel("fill").over(buffer, stream, value);
    stream.synchronize();
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
  }
}

TEST_F(cuCtxSetCacheConfig, RefusesAnUnknownPreference) {
  ASSERT_CUDA_OK(driver().cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_SHARED));
  for (const int unknown : {4, 1000}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuCtxSetCacheConfig(static_cast<CUfunc_cache>(unknown)));
  }
  EXPECT_EQ(get(), CU_FUNC_CACHE_PREFER_SHARED);
}

TEST_F(cuCtxSetCacheConfig, NeedsACurrentContext) {
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_NONE));
}

TEST_F(cuCtxSetCacheConfig, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture([] { return driver().cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_L1); });
}

TEST_F(cuCtxSetCacheConfig_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_NONE));
}

}  // namespace vgpu::conformance::test_cuCtxSetCacheConfig
