#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexObjectGetResourceViewDesc {

CONFORMANCE_SUITE(cuTexObjectGetResourceViewDesc, Context);
CONFORMANCE_SUITE(cuTexObjectGetResourceViewDesc_fresh, Uninitialised);

TEST_F(cuTexObjectGetResourceViewDesc, SaysWhatTheViewShows) {
  const Array array(describe(16, 8, 4, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_LAYERED));
  CUDA_RESOURCE_VIEW_DESC made{};
  made.format = CU_RES_VIEW_FORMAT_FLOAT_1X32;
  made.width = 16;
  made.height = 8;
  made.depth = 4;
  made.firstLayer = 1;
  made.lastLayer = 2;
  const Texture texture(resource_of(array), texture_of(), &made);
  CUDA_RESOURCE_VIEW_DESC view{};
  EXPECT_CUDA_OK(driver().cuTexObjectGetResourceViewDesc(&view, texture));
  EXPECT_EQ(view.format, CU_RES_VIEW_FORMAT_FLOAT_1X32);
  EXPECT_EQ(view.width, 16U);
  EXPECT_EQ(view.height, 8U);
  EXPECT_EQ(view.depth, 4U);
  EXPECT_EQ(view.firstLayer, 1U);
  EXPECT_EQ(view.lastLayer, 2U);
}

// The documentation: "Returns the resource view descriptor ... if one was specified".
TEST_F(cuTexObjectGetResourceViewDesc, AnswersForATextureWithoutAView) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  CUDA_RESOURCE_VIEW_DESC view{};
  EXPECT_CUDA_OK(driver().cuTexObjectGetResourceViewDesc(&view, texture));
}

TEST_F(cuTexObjectGetResourceViewDesc, NeedsACurrentContext) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  const NoContext none;
  CUDA_RESOURCE_VIEW_DESC view{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuTexObjectGetResourceViewDesc(&view, texture));
}

// Undocumented.
TEST_F(cuTexObjectGetResourceViewDesc, IsSafeDuringCapture) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  CUDA_RESOURCE_VIEW_DESC view{};
  expect_safe_in_capture([&] { return driver().cuTexObjectGetResourceViewDesc(&view, texture); });
}

TEST_F(cuTexObjectGetResourceViewDesc_fresh, BeforeInit) {
  CUDA_RESOURCE_VIEW_DESC view{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuTexObjectGetResourceViewDesc(&view, 0));
}

}  // namespace vgpu::conformance::test_cuTexObjectGetResourceViewDesc
