#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexObjectDestroy {

CONFORMANCE_SUITE(cuTexObjectDestroy, Context);
CONFORMANCE_SUITE(cuTexObjectDestroy_fresh, Uninitialised);

constexpr unsigned flags = CUDA_ARRAY3D_SURFACE_LDST;

TEST_F(cuTexObjectDestroy, EndsTheObjectAndNotTheArray) {
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  Texture object(resource_of(array));
  EXPECT_CUDA_OK(driver().cuTexObjectDestroy(object.release()));
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuTexObjectDestroy, GivesTheDescriptorBack) {
  // As many as no device has at once.
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  for (int i = 0; i < 3000; ++i) {
    Texture object(resource_of(array));
    ASSERT_CUDA_OK(driver().cuTexObjectDestroy(object.release()));
  }
}

TEST_F(cuTexObjectDestroy, NeedsACurrentContext) {
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  const Texture object(resource_of(array));
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuTexObjectDestroy(object));
}

// Undocumented.
TEST_F(cuTexObjectDestroy, IsSafeDuringCapture) {
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_FLOAT, 1, flags));
  CUtexObject object = 0;
  expect_safe_in_capture([&] { return driver().cuTexObjectDestroy(object); },
                         [&] { object = Texture(resource_of(array)).release(); });
}

TEST_F(cuTexObjectDestroy_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, driver().cuTexObjectDestroy(0));
}

}  // namespace vgpu::conformance::test_cuTexObjectDestroy
