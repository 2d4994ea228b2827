#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuOccupancyMaxPotentialClusterSize {

CONFORMANCE_SUITE(cuOccupancyMaxPotentialClusterSize, Context);
CONFORMANCE_SUITE(cuOccupancyMaxPotentialClusterSize_fresh, Uninitialised);

/// A launch of `blocks` blocks of 128 threads, in clusters of `cluster` (0 = not said).
class Configuration {
 public:
  explicit Configuration(unsigned blocks, unsigned cluster = 0, CUstream stream = nullptr) {
    attribute_.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attribute_.value.clusterDim.x = cluster;
    attribute_.value.clusterDim.y = 1;
    attribute_.value.clusterDim.z = 1;
    config_.gridDimX = blocks;
    config_.gridDimY = config_.gridDimZ = 1;
    config_.blockDimX = 128;
    config_.blockDimY = config_.blockDimZ = 1;
    config_.hStream = stream;
    config_.attrs = cluster != 0 ? &attribute_ : nullptr;
    config_.numAttrs = cluster != 0 ? 1 : 0;
  }
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;

  CUlaunchConfig* operator->() { return &config_; }
  [[nodiscard]] const CUlaunchConfig* get() const { return &config_; }

 private:
  CUlaunchAttribute attribute_{};
  CUlaunchConfig config_{};
};

CUresult ask(int* number, CUfunction function, const CUlaunchConfig* config) {
  return driver().cuOccupancyMaxPotentialClusterSize(number, function, config);
}

int answer(CUfunction function, const Configuration& configuration) {
  int number = -77;
  check(ask(&number, function, configuration.get()), "cuOccupancyMaxPotentialClusterSize");
  return number;
}

// "By default this function will always return a value that's portable on future hardware": 8.
TEST_F(cuOccupancyMaxPotentialClusterSize, IsEightUnlessMoreIsAllowed) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(64);
  const auto [first, second] =
      expect_writes<int>([&](int* number) { return ask(number, kernel, configuration.get()); });
  EXPECT_EQ(first, 8);
  EXPECT_EQ(second, 8);
}

TEST_F(cuOccupancyMaxPotentialClusterSize, MayBeMoreWhenNonPortableSizesAreAllowed) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  ASSERT_CUDA_OK(
      driver().cuFuncSetAttribute(kernel, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1));
  EXPECT_GE(answer(kernel, Configuration(64)), 8);
}

// "The cluster dimensions in config are ignored."
TEST_F(cuOccupancyMaxPotentialClusterSize, IgnoresTheConfigurationsClusters) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  EXPECT_EQ(answer(kernel, Configuration(64, 2)), answer(kernel, Configuration(64)));
}

TEST_F(cuOccupancyMaxPotentialClusterSize, TakesAStreamOfTheContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Stream stream;
  EXPECT_EQ(answer(module.kernel("fill"), Configuration(64, 0, stream)), 8);
}

TEST_F(cuOccupancyMaxPotentialClusterSize, TheSizeCanBeLaunched) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const DeviceBuffer<unsigned> buffer(64 * 128);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Stream stream;
  const auto size = static_cast<unsigned>(answer(kernel, Configuration(64)));
  Configuration configuration(64, size, stream);
  CUdeviceptr pointer = buffer;
  auto count = static_cast<unsigned>(buffer.size());
  auto value = random_value<unsigned>();
  void* arguments[] = {&pointer, &count, &value};
  EXPECT_CUDA_OK(driver().cuLaunchKernelEx(configuration.get(), kernel, arguments, nullptr));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
}

TEST_F(cuOccupancyMaxPotentialClusterSize, RefusesNullPointers) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(64, 2);
  int number = 77;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(nullptr, kernel, configuration.get()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(&number, kernel, nullptr));
  EXPECT_EQ(number, 77);
}

// Undocumented.
TEST_F(cuOccupancyMaxPotentialClusterSize, RefusesANullFunction) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Configuration configuration(64, 2);
  int number = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(&number, nullptr, configuration.get()));
}

TEST_F(cuOccupancyMaxPotentialClusterSize, NeedsACurrentContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(64, 2);
  const NoContext none;
  expect_leaves<int>(CUDA_ERROR_INVALID_CONTEXT,
                     [&](int* number) { return ask(number, kernel, configuration.get()); });
}

TEST_F(cuOccupancyMaxPotentialClusterSize, IsSafeDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(64, 2);
  expect_safe_in_capture([&] {
    int number = 0;
    return ask(&number, kernel, configuration.get());
  });
}

TEST_F(cuOccupancyMaxPotentialClusterSize_fresh, BeforeInit) {
  const Configuration configuration(64, 2);
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [&](int* number) {
    return ask(number, garbage_handle<CUfunction>(), configuration.get());
  });
}

}  // namespace vgpu::conformance::test_cuOccupancyMaxPotentialClusterSize
