#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArray3DGetDescriptor {

CONFORMANCE_SUITE(cuArray3DGetDescriptor, Context);
CONFORMANCE_SUITE(cuArray3DGetDescriptor_fresh, Uninitialised);

TEST_F(cuArray3DGetDescriptor, SaysWhatTheArrayWasMadeFrom) {
  for (const CUDA_ARRAY3D_DESCRIPTOR& made :
       {describe(33), describe(33, 7), describe(9, 8, 7, CU_AD_FORMAT_HALF, 4),
        describe(9, 0, 7, CU_AD_FORMAT_FLOAT, 2, CUDA_ARRAY3D_LAYERED),
        describe(9, 8, 7, CU_AD_FORMAT_SIGNED_INT8, 1,
                 CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_SURFACE_LDST),
        describe(8, 8, 6, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP)}) {
    const Array array(made);
    const auto both = expect_writes<CUDA_ARRAY3D_DESCRIPTOR>([&](CUDA_ARRAY3D_DESCRIPTOR* out) {
      return driver().cuArray3DGetDescriptor_v2(out, array);
    });
    for (const CUDA_ARRAY3D_DESCRIPTOR& descriptor : both) {
      EXPECT_EQ(descriptor.Width, made.Width);
      EXPECT_EQ(descriptor.Height, made.Height);
      EXPECT_EQ(descriptor.Depth, made.Depth);
      EXPECT_EQ(descriptor.Format, made.Format);
      EXPECT_EQ(descriptor.NumChannels, made.NumChannels);
      EXPECT_EQ(descriptor.Flags, made.Flags);
    }
  }
}

TEST_F(cuArray3DGetDescriptor, RefusesNoOutputAndNoArray) {
  const Array array(describe(16));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArray3DGetDescriptor_v2(nullptr, array));
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuArray3DGetDescriptor_v2(&descriptor, nullptr));
}

TEST_F(cuArray3DGetDescriptor, NeedsNoCurrentContext) {
  const Array array(describe(16));
  const NoContext none;
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  EXPECT_CUDA_OK(driver().cuArray3DGetDescriptor_v2(&descriptor, array));
  EXPECT_EQ(descriptor.Width, 16U);
}

// Undocumented.
TEST_F(cuArray3DGetDescriptor, IsSafeDuringCapture) {
  const Array array(describe(16));
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  expect_safe_in_capture([&] { return driver().cuArray3DGetDescriptor_v2(&descriptor, array); });
}

TEST_F(cuArray3DGetDescriptor_fresh, BeforeInit) {
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuArray3DGetDescriptor_v2(&descriptor, nullptr));
}

}  // namespace vgpu::conformance::test_cuArray3DGetDescriptor
