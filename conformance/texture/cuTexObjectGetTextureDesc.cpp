#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexObjectGetTextureDesc {

CONFORMANCE_SUITE(cuTexObjectGetTextureDesc, Context);
CONFORMANCE_SUITE(cuTexObjectGetTextureDesc_fresh, Uninitialised);

TEST_F(cuTexObjectGetTextureDesc, SaysHowTheTextureIsRead) {
  const Array array(describe(16, 16));
  CUDA_TEXTURE_DESC made = texture_of(CU_TR_ADDRESS_MODE_MIRROR, CU_TR_FILTER_MODE_LINEAR,
                                      CU_TRSF_NORMALIZED_COORDINATES);
  made.addressMode[1] = CU_TR_ADDRESS_MODE_WRAP;
  made.maxAnisotropy = 4;
  const Texture texture(resource_of(array), made);
  CUDA_TEXTURE_DESC desc{};
  EXPECT_CUDA_OK(driver().cuTexObjectGetTextureDesc(&desc, texture));
  EXPECT_EQ(desc.addressMode[0], CU_TR_ADDRESS_MODE_MIRROR);
  EXPECT_EQ(desc.addressMode[1], CU_TR_ADDRESS_MODE_WRAP);
  EXPECT_EQ(desc.filterMode, CU_TR_FILTER_MODE_LINEAR);
  EXPECT_EQ(desc.flags, unsigned{CU_TRSF_NORMALIZED_COORDINATES});
  EXPECT_EQ(desc.maxAnisotropy, 4U);
}

TEST_F(cuTexObjectGetTextureDesc, RefusesNoOutput) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexObjectGetTextureDesc(nullptr, texture));
}

TEST_F(cuTexObjectGetTextureDesc, NeedsACurrentContext) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  const NoContext none;
  CUDA_TEXTURE_DESC desc{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuTexObjectGetTextureDesc(&desc, texture));
}

// Undocumented.
TEST_F(cuTexObjectGetTextureDesc, IsSafeDuringCapture) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  CUDA_TEXTURE_DESC desc{};
  expect_safe_in_capture([&] { return driver().cuTexObjectGetTextureDesc(&desc, texture); });
}

TEST_F(cuTexObjectGetTextureDesc_fresh, BeforeInit) {
  CUDA_TEXTURE_DESC desc{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuTexObjectGetTextureDesc(&desc, 0));
}

}  // namespace vgpu::conformance::test_cuTexObjectGetTextureDesc
