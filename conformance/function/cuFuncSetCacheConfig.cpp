#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncSetCacheConfig {

CONFORMANCE_SUITE(cuFuncSetCacheConfig, Context);
CONFORMANCE_SUITE(cuFuncSetCacheConfig_fresh, Uninitialised);

constexpr CUfunc_cache configurations[] = {CU_FUNC_CACHE_PREFER_NONE, CU_FUNC_CACHE_PREFER_SHARED,
                                           CU_FUNC_CACHE_PREFER_L1, CU_FUNC_CACHE_PREFER_EQUAL};

// A preference without a way to ask for it: what can be seen is that kernels still work.
TEST_F(cuFuncSetCacheConfig, KernelsWorkWithEveryConfiguration) {
  const DeviceBuffer<unsigned> buffer(1000);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Stream stream;
  for (const CUfunc_cache configuration : configurations) {
    const auto value = random_value<unsigned>();
    EXPECT_CUDA_OK(driver().cuFuncSetCacheConfig(kernel, configuration)) << configuration;
    kernel.over(buffer, stream, value);
    stream.synchronize();
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, value)) << configuration;
  }
}

TEST_F(cuFuncSetCacheConfig, RefusesUnknownConfigurations) {
  const Module module;
  for (const int number : {4, 77, -1}) {
    EXPECT_CUDA(
        CUDA_ERROR_INVALID_VALUE,
        driver().cuFuncSetCacheConfig(module.kernel("empty"), static_cast<CUfunc_cache>(number)))
        << number;
  }
}

TEST_F(cuFuncSetCacheConfig, RefusesANullFunction) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuFuncSetCacheConfig(nullptr, configurations[0]));
}

// A function knows its context.
TEST_F(cuFuncSetCacheConfig, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuFuncSetCacheConfig(kernel, configurations[0]));
}

TEST_F(cuFuncSetCacheConfig, MayBeCalledOnOtherThreads) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  EXPECT_CUDA_OK(on_other_thread(
      context, [&] { return driver().cuFuncSetCacheConfig(kernel, configurations[1]); }));
}

TEST_F(cuFuncSetCacheConfig, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] { return driver().cuFuncSetCacheConfig(kernel, configurations[0]); });
}

TEST_F(cuFuncSetCacheConfig_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuFuncSetCacheConfig(garbage_handle<CUfunction>(), configurations[0]));
}

}  // namespace vgpu::conformance::test_cuFuncSetCacheConfig
