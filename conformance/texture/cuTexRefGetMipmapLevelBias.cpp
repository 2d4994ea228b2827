#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetMipmapLevelBias {

CONFORMANCE_SUITE(cuTexRefGetMipmapLevelBias, Context);
CONFORMANCE_SUITE(cuTexRefGetMipmapLevelBias_fresh, Uninitialised);

CUresult set(CUtexref reference, float value) {
  return driver().cuTexRefSetMipmapLevelBias(reference, value);
}
CUresult get(float* value, CUtexref reference) {
  return driver().cuTexRefGetMipmapLevelBias(value, reference);
}

TEST_F(cuTexRefGetMipmapLevelBias, SaysWhatWasSetLast) {
  const TextureReference reference;
  for (const float value : {0.5F, -1.25F, 3.0F}) {
    EXPECT_CUDA_OK(set(reference, value));
    const auto [first, second] =
        expect_writes<float>([&](float* out) { return get(out, reference); });
    EXPECT_EQ(first, value);
    EXPECT_EQ(second, value);
  }
}

TEST_F(cuTexRefGetMipmapLevelBias, RefusesNoReferenceAndNoOutput) {
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, get(nullptr, reference));
  float value{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, get(&value, nullptr));
}

TEST_F(cuTexRefGetMipmapLevelBias, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  float value{};
  EXPECT_CUDA_OK(get(&value, reference));
}

// Undocumented.
TEST_F(cuTexRefGetMipmapLevelBias, IsSafeDuringCapture) {
  const TextureReference reference;
  float value{};
  expect_safe_in_capture([&] { return get(&value, reference); });
}

TEST_F(cuTexRefGetMipmapLevelBias_fresh, BeforeInit) {
  float value{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetMipmapLevelBias(&value, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetMipmapLevelBias
