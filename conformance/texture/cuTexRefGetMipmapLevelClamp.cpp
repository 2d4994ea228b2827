#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetMipmapLevelClamp {

CONFORMANCE_SUITE(cuTexRefGetMipmapLevelClamp, Context);
CONFORMANCE_SUITE(cuTexRefGetMipmapLevelClamp_fresh, Uninitialised);

TEST_F(cuTexRefGetMipmapLevelClamp, SaysWhatWasSetLast) {
  const TextureReference reference;
  check(driver().cuTexRefSetMipmapLevelClamp(reference, 1, 2), "cuTexRefSetMipmapLevelClamp");
  const auto both = expect_writes<float, float>([&](float* least, float* most) {
    return driver().cuTexRefGetMipmapLevelClamp(least, most, reference);
  });
  for (const auto& [least, most] : both) {
    EXPECT_EQ(least, 1);
    EXPECT_EQ(most, 2);
  }
}

TEST_F(cuTexRefGetMipmapLevelClamp, RefusesNoReference) {
  float least = 0;
  float most = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuTexRefGetMipmapLevelClamp(&least, &most, nullptr));
}

TEST_F(cuTexRefGetMipmapLevelClamp, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  float least = 0;
  float most = 0;
  EXPECT_CUDA_OK(driver().cuTexRefGetMipmapLevelClamp(&least, &most, reference));
}

// Undocumented.
TEST_F(cuTexRefGetMipmapLevelClamp, IsSafeDuringCapture) {
  const TextureReference reference;
  float least = 0;
  float most = 0;
  expect_safe_in_capture(
      [&] { return driver().cuTexRefGetMipmapLevelClamp(&least, &most, reference); });
}

TEST_F(cuTexRefGetMipmapLevelClamp_fresh, BeforeInit) {
  float least = 0;
  float most = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefGetMipmapLevelClamp(&least, &most, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetMipmapLevelClamp
