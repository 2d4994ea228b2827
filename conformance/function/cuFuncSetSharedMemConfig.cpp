#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncSetSharedMemConfig {

CONFORMANCE_SUITE(cuFuncSetSharedMemConfig, Context);
CONFORMANCE_SUITE(cuFuncSetSharedMemConfig_fresh, Uninitialised);

constexpr CUsharedconfig configurations[] = {CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE,
                                             CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE,
                                             CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE};

// A preference without a way to ask for it: what can be seen is that kernels still work.
TEST_F(cuFuncSetSharedMemConfig, KernelsWorkWithEveryConfiguration) {
  const DeviceBuffer<unsigned> buffer(1000);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Stream stream;
  for (const CUsharedconfig configuration : configurations) {
    const auto value = random_value<unsigned>();
    EXPECT_CUDA_OK(driver().cuFuncSetSharedMemConfig(kernel, configuration)) << configuration;
    kernel.over(buffer, stream, value);
    stream.synchronize();
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, value)) << configuration;
  }
}

TEST_F(cuFuncSetSharedMemConfig, RefusesUnknownConfigurations) {
  const Module module;
  for (const int number : {3, 77, -1}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuFuncSetSharedMemConfig(module.kernel("empty"),
                                                  static_cast<CUsharedconfig>(number)))
        << number;
  }
}

TEST_F(cuFuncSetSharedMemConfig, RefusesANullFunction) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuFuncSetSharedMemConfig(nullptr, configurations[0]));
}

// A function knows its context.
TEST_F(cuFuncSetSharedMemConfig, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuFuncSetSharedMemConfig(kernel, configurations[0]));
}

TEST_F(cuFuncSetSharedMemConfig, MayBeCalledOnOtherThreads) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  EXPECT_CUDA_OK(on_other_thread(
      context, [&] { return driver().cuFuncSetSharedMemConfig(kernel, configurations[1]); }));
}

TEST_F(cuFuncSetSharedMemConfig, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture(
      [&] { return driver().cuFuncSetSharedMemConfig(kernel, configurations[0]); });
}

TEST_F(cuFuncSetSharedMemConfig_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuFuncSetSharedMemConfig(garbage_handle<CUfunction>(), configurations[0]));
}

}  // namespace vgpu::conformance::test_cuFuncSetSharedMemConfig
