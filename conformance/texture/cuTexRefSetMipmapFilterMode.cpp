#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetMipmapFilterMode {

CONFORMANCE_SUITE(cuTexRefSetMipmapFilterMode, Context);
CONFORMANCE_SUITE(cuTexRefSetMipmapFilterMode_fresh, Uninitialised);

CUresult set(CUtexref reference, CUfilter_mode value) {
  return driver().cuTexRefSetMipmapFilterMode(reference, value);
}
CUresult get(CUfilter_mode* value, CUtexref reference) {
  return driver().cuTexRefGetMipmapFilterMode(value, reference);
}

TEST_F(cuTexRefSetMipmapFilterMode, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  for (const CUfilter_mode value : {CU_TR_FILTER_MODE_LINEAR, CU_TR_FILTER_MODE_POINT}) {
    EXPECT_CUDA_OK(set(reference, value));
    CUfilter_mode now{};
    EXPECT_CUDA_OK(get(&now, reference));
    EXPECT_EQ(now, value);
  }
}

TEST_F(cuTexRefSetMipmapFilterMode, SetsOneReferenceOnly) {
  const TextureReference reference;
  const TextureReference other;
  CUfilter_mode before{};
  EXPECT_CUDA_OK(get(&before, other));
  for (const CUfilter_mode value : {CU_TR_FILTER_MODE_LINEAR, CU_TR_FILTER_MODE_POINT}) {
    EXPECT_CUDA_OK(set(reference, value));
    CUfilter_mode now{};
    EXPECT_CUDA_OK(get(&now, other));
    EXPECT_EQ(now, before);
  }
}

TEST_F(cuTexRefSetMipmapFilterMode, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, set(nullptr, CU_TR_FILTER_MODE_LINEAR));
}

TEST_F(cuTexRefSetMipmapFilterMode, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(set(reference, CU_TR_FILTER_MODE_LINEAR));
}

// Undocumented.
TEST_F(cuTexRefSetMipmapFilterMode, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture([&] { return set(reference, CU_TR_FILTER_MODE_LINEAR); });
}

TEST_F(cuTexRefSetMipmapFilterMode_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefSetMipmapFilterMode(nullptr, CU_TR_FILTER_MODE_LINEAR));
}

}  // namespace vgpu::conformance::test_cuTexRefSetMipmapFilterMode
