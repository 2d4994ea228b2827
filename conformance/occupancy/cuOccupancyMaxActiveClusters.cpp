#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuOccupancyMaxActiveClusters {

CONFORMANCE_SUITE(cuOccupancyMaxActiveClusters, Context);
CONFORMANCE_SUITE(cuOccupancyMaxActiveClusters_fresh, Uninitialised);

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
  return driver().cuOccupancyMaxActiveClusters(number, function, config);
}

int answer(CUfunction function, const Configuration& configuration) {
  int number = -77;
  check(ask(&number, function, configuration.get()), "cuOccupancyMaxActiveClusters");
  return number;
}

// At least one fits, and no more blocks than all multiprocessors together hold.
TEST_F(cuOccupancyMaxActiveClusters, LiesBetweenOneAndWhatBlocksAllow) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  int per_multiprocessor = 0;
  ASSERT_CUDA_OK(
      driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&per_multiprocessor, kernel, 128, 0));
  const int all = per_multiprocessor * device_attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  for (const unsigned size : {1U, 2U, 4U, 8U}) {
    SCOPED_TRACE(size);
    const Configuration configuration(64, size);
    const auto [first, second] =
        expect_writes<int>([&](int* number) { return ask(number, kernel, configuration.get()); });
    EXPECT_EQ(first, second);
    EXPECT_GE(first, 1);
    EXPECT_LE(first * static_cast<int>(size), all);
  }
}

TEST_F(cuOccupancyMaxActiveClusters, LargerClustersAreFewer) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  int before = INT32_MAX;
  for (const unsigned size : {1U, 2U, 4U, 8U}) {
    const int now = answer(kernel, Configuration(64, size));
    EXPECT_LT(now, before) << size;
    before = now;
  }
}

TEST_F(cuOccupancyMaxActiveClusters, SharedMemoryMakesThemFewer) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  Configuration configuration(64, 4);
  const int without = answer(kernel, configuration);
  configuration->sharedMemBytes = 49152;
  EXPECT_LT(answer(kernel, configuration), without);
}

// Documented is an error.
TEST_F(cuOccupancyMaxActiveClusters, TheClusterSizeMayBeLeftOut) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(64);
  const auto [first, second] =
      expect_writes<int>([&](int* number) { return ask(number, kernel, configuration.get()); });
  EXPECT_EQ(first, second);
}

TEST_F(cuOccupancyMaxActiveClusters, RefusesClustersThatAreTooLarge) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(128, 64);
  expect_leaves<int>(CUDA_ERROR_INVALID_CLUSTER_SIZE,
                     [&](int* number) { return ask(number, kernel, configuration.get()); });
}

TEST_F(cuOccupancyMaxActiveClusters, RefusesNullPointers) {
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
TEST_F(cuOccupancyMaxActiveClusters, RefusesANullFunction) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Configuration configuration(64, 2);
  int number = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(&number, nullptr, configuration.get()));
}

TEST_F(cuOccupancyMaxActiveClusters, NeedsACurrentContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(64, 2);
  const NoContext none;
  expect_leaves<int>(CUDA_ERROR_INVALID_CONTEXT,
                     [&](int* number) { return ask(number, kernel, configuration.get()); });
}

TEST_F(cuOccupancyMaxActiveClusters, IsSafeDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const Configuration configuration(64, 2);
  expect_safe_in_capture([&] {
    int number = 0;
    return ask(&number, kernel, configuration.get());
  });
}

TEST_F(cuOccupancyMaxActiveClusters_fresh, BeforeInit) {
  const Configuration configuration(64, 2);
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [&](int* number) {
    return ask(number, garbage_handle<CUfunction>(), configuration.get());
  });
}

}  // namespace vgpu::conformance::test_cuOccupancyMaxActiveClusters
