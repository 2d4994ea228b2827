#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxResetPersistingL2Cache {

CONFORMANCE_SUITE(cuCtxResetPersistingL2Cache, Context);
CONFORMANCE_SUITE(cuCtxResetPersistingL2Cache_fresh, Uninitialised);

/// A device without such a cache refuses.
CUresult expected() {
  return device_attribute(CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE) > 0
             ? CUDA_SUCCESS
             : CUDA_ERROR_NOT_SUPPORTED;
}

TEST_F(cuCtxResetPersistingL2Cache, LeavesMemoryAsItIs) {
  const auto values = random_vector<unsigned>(100'000);
  const DeviceBuffer<unsigned> buffer(values);
  EXPECT_CUDA(expected(), driver().cuCtxResetPersistingL2Cache());
  EXPECT_EQ(buffer.read(), values);
}

TEST_F(cuCtxResetPersistingL2Cache, MayBeRepeated) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_CUDA(expected(), driver().cuCtxResetPersistingL2Cache());
  }
}

TEST_F(cuCtxResetPersistingL2Cache, NeedsACurrentContext) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              on_other_thread([] { return driver().cuCtxResetPersistingL2Cache(); }));
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuCtxResetPersistingL2Cache());
}

TEST_F(cuCtxResetPersistingL2Cache, IsSafeDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE);
  expect_safe_in_capture([] { return driver().cuCtxResetPersistingL2Cache(); });
}

TEST_F(cuCtxResetPersistingL2Cache_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuCtxResetPersistingL2Cache());
}

}  // namespace vgpu::conformance::test_cuCtxResetPersistingL2Cache
