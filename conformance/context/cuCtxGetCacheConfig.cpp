#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetCacheConfig {

CONFORMANCE_SUITE(cuCtxGetCacheConfig, OwnContext);
CONFORMANCE_SUITE(cuCtxGetCacheConfig_fresh, Uninitialised);

CUfunc_cache get() {
  const auto [first, second] = expect_writes<CUfunc_cache>(
      [](CUfunc_cache* out) { return driver().cuCtxGetCacheConfig(out); });
  EXPECT_EQ(first, second);
  return first;
}

TEST_F(cuCtxGetCacheConfig, PrefersNothingAtFirst) {
  EXPECT_EQ(get(), CU_FUNC_CACHE_PREFER_NONE);
}

TEST_F(cuCtxGetCacheConfig, FollowsTheCurrentContext) {
  const ExtraContext other;
  ASSERT_CUDA_OK(driver().cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_SHARED));
  {
    const Current current(other);
    EXPECT_EQ(get(), CU_FUNC_CACHE_PREFER_NONE);
    ASSERT_CUDA_OK(driver().cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_EQUAL));
    EXPECT_EQ(get(), CU_FUNC_CACHE_PREFER_EQUAL);
  }
  EXPECT_EQ(get(), CU_FUNC_CACHE_PREFER_SHARED);
}

TEST_F(cuCtxGetCacheConfig, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetCacheConfig(nullptr));
}

TEST_F(cuCtxGetCacheConfig, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<CUfunc_cache>(CUDA_ERROR_INVALID_CONTEXT,
                              [](CUfunc_cache* out) { return driver().cuCtxGetCacheConfig(out); });
}

TEST_F(cuCtxGetCacheConfig, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    CUfunc_cache config{};
    return driver().cuCtxGetCacheConfig(&config);
  });
}

TEST_F(cuCtxGetCacheConfig_fresh, BeforeInit) {
  expect_leaves<CUfunc_cache>(CUDA_ERROR_NOT_INITIALIZED,
                              [](CUfunc_cache* out) { return driver().cuCtxGetCacheConfig(out); });
}

}  // namespace vgpu::conformance::test_cuCtxGetCacheConfig
