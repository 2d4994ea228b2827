#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuSurfObjectDestroy {

CONFORMANCE_SUITE(cuSurfObjectDestroy, Context);
CONFORMANCE_SUITE(cuSurfObjectDestroy_fresh, Uninitialised);

constexpr unsigned flags = CUDA_ARRAY3D_SURFACE_LDST;

TEST_F(cuSurfObjectDestroy, EndsTheObjectAndNotTheArray) {
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  Surface object(array);
  EXPECT_CUDA_OK(driver().cuSurfObjectDestroy(object.release()));
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuSurfObjectDestroy, GivesTheDescriptorBack) {
  // As many as no device has at once.
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  for (int i = 0; i < 3000; ++i) {
    Surface object(array);
    ASSERT_CUDA_OK(driver().cuSurfObjectDestroy(object.release()));
  }
}

TEST_F(cuSurfObjectDestroy, NeedsACurrentContext) {
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  const Surface object(array);
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuSurfObjectDestroy(object));
}

// Undocumented.
TEST_F(cuSurfObjectDestroy, IsSafeDuringCapture) {
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  CUsurfObject object = 0;
  expect_safe_in_capture([&] { return driver().cuSurfObjectDestroy(object); },
                         [&] { object = Surface(array).release(); });
}

TEST_F(cuSurfObjectDestroy_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, driver().cuSurfObjectDestroy(0));
}

}  // namespace vgpu::conformance::test_cuSurfObjectDestroy
