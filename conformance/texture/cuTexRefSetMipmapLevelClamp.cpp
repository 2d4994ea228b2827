#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetMipmapLevelClamp {

CONFORMANCE_SUITE(cuTexRefSetMipmapLevelClamp, Context);
CONFORMANCE_SUITE(cuTexRefSetMipmapLevelClamp_fresh, Uninitialised);

TEST_F(cuTexRefSetMipmapLevelClamp, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  EXPECT_CUDA_OK(driver().cuTexRefSetMipmapLevelClamp(reference, 0.5F, 3.25F));
  float least = 0;
  float most = 0;
  EXPECT_CUDA_OK(driver().cuTexRefGetMipmapLevelClamp(&least, &most, reference));
  EXPECT_EQ(least, 0.5F);
  EXPECT_EQ(most, 3.25F);
}

TEST_F(cuTexRefSetMipmapLevelClamp, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefSetMipmapLevelClamp(nullptr, 0, 1));
}

TEST_F(cuTexRefSetMipmapLevelClamp, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuTexRefSetMipmapLevelClamp(reference, 0, 1));
}

// Undocumented.
TEST_F(cuTexRefSetMipmapLevelClamp, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture([&] { return driver().cuTexRefSetMipmapLevelClamp(reference, 0, 1); });
}

TEST_F(cuTexRefSetMipmapLevelClamp_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefSetMipmapLevelClamp(nullptr, 0, 1));
}

}  // namespace vgpu::conformance::test_cuTexRefSetMipmapLevelClamp
