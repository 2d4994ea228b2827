#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetFormat {

CONFORMANCE_SUITE(cuTexRefSetFormat, Context);
CONFORMANCE_SUITE(cuTexRefSetFormat_fresh, Uninitialised);

TEST_F(cuTexRefSetFormat, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  for (const CUarray_format format : plain_formats) {
    for (const int channels : {1, 2, 4}) {
      EXPECT_CUDA_OK(driver().cuTexRefSetFormat(reference, format, channels));
      CUarray_format now{};
      int count = 0;
      EXPECT_CUDA_OK(driver().cuTexRefGetFormat(&now, &count, reference));
      EXPECT_EQ(now, format);
      EXPECT_EQ(count, channels);
    }
  }
}

TEST_F(cuTexRefSetFormat, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuTexRefSetFormat(nullptr, CU_AD_FORMAT_FLOAT, 1));
}

TEST_F(cuTexRefSetFormat, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuTexRefSetFormat(reference, CU_AD_FORMAT_FLOAT, 1));
}

// Undocumented.
TEST_F(cuTexRefSetFormat, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture(
      [&] { return driver().cuTexRefSetFormat(reference, CU_AD_FORMAT_FLOAT, 1); });
}

TEST_F(cuTexRefSetFormat_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefSetFormat(nullptr, CU_AD_FORMAT_FLOAT, 1));
}

}  // namespace vgpu::conformance::test_cuTexRefSetFormat
