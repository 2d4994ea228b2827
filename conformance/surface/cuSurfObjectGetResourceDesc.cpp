#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuSurfObjectGetResourceDesc {

CONFORMANCE_SUITE(cuSurfObjectGetResourceDesc, Context);
CONFORMANCE_SUITE(cuSurfObjectGetResourceDesc_fresh, Uninitialised);

TEST_F(cuSurfObjectGetResourceDesc, NamesTheArray) {
  const Array array(describe(16, 16, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST));
  const Surface surface(array);
  CUDA_RESOURCE_DESC resource{};
  EXPECT_CUDA_OK(driver().cuSurfObjectGetResourceDesc(&resource, surface));
  EXPECT_EQ(resource.resType, CU_RESOURCE_TYPE_ARRAY);
  EXPECT_EQ(resource.res.array.hArray, array.get());
}

TEST_F(cuSurfObjectGetResourceDesc, RefusesNoOutput) {
  const Array array(describe(16, 16, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST));
  const Surface surface(array);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuSurfObjectGetResourceDesc(nullptr, surface));
}

TEST_F(cuSurfObjectGetResourceDesc, NeedsACurrentContext) {
  const Array array(describe(16, 16, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST));
  const Surface surface(array);
  const NoContext none;
  CUDA_RESOURCE_DESC resource{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuSurfObjectGetResourceDesc(&resource, surface));
}

// Undocumented.
TEST_F(cuSurfObjectGetResourceDesc, IsSafeDuringCapture) {
  const Array array(describe(16, 16, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST));
  const Surface surface(array);
  CUDA_RESOURCE_DESC resource{};
  expect_safe_in_capture([&] { return driver().cuSurfObjectGetResourceDesc(&resource, surface); });
}

TEST_F(cuSurfObjectGetResourceDesc_fresh, BeforeInit) {
  CUDA_RESOURCE_DESC resource{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuSurfObjectGetResourceDesc(&resource, 0));
}

}  // namespace vgpu::conformance::test_cuSurfObjectGetResourceDesc
