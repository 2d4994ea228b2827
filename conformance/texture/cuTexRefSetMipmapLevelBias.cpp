#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetMipmapLevelBias {

CONFORMANCE_SUITE(cuTexRefSetMipmapLevelBias, Context);
CONFORMANCE_SUITE(cuTexRefSetMipmapLevelBias_fresh, Uninitialised);

CUresult set(CUtexref reference, float value) {
  return driver().cuTexRefSetMipmapLevelBias(reference, value);
}
CUresult get(float* value, CUtexref reference) {
  return driver().cuTexRefGetMipmapLevelBias(value, reference);
}

TEST_F(cuTexRefSetMipmapLevelBias, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  for (const float value : {0.5F, -1.25F, 3.0F}) {
    EXPECT_CUDA_OK(set(reference, value));
    float now{};
    EXPECT_CUDA_OK(get(&now, reference));
    EXPECT_EQ(now, value);
  }
}

TEST_F(cuTexRefSetMipmapLevelBias, SetsOneReferenceOnly) {
  const TextureReference reference;
  const TextureReference other;
  float before{};
  EXPECT_CUDA_OK(get(&before, other));
  for (const float value : {0.5F, -1.25F, 3.0F}) {
    EXPECT_CUDA_OK(set(reference, value));
    float now{};
    EXPECT_CUDA_OK(get(&now, other));
    EXPECT_EQ(now, before);
  }
}

TEST_F(cuTexRefSetMipmapLevelBias, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, set(nullptr, 0.5F));
}

TEST_F(cuTexRefSetMipmapLevelBias, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(set(reference, 0.5F));
}

// Undocumented.
TEST_F(cuTexRefSetMipmapLevelBias, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture([&] { return set(reference, 0.5F); });
}

TEST_F(cuTexRefSetMipmapLevelBias_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefSetMipmapLevelBias(nullptr, 0.5F));
}

}  // namespace vgpu::conformance::test_cuTexRefSetMipmapLevelBias
