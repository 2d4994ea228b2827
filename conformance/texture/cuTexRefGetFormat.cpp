#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetFormat {

CONFORMANCE_SUITE(cuTexRefGetFormat, Context);
CONFORMANCE_SUITE(cuTexRefGetFormat_fresh, Uninitialised);

TEST_F(cuTexRefGetFormat, SaysWhatWasSetLast) {
  const TextureReference reference;
  check(driver().cuTexRefSetFormat(reference, CU_AD_FORMAT_HALF, 2), "cuTexRefSetFormat");
  const auto both = expect_writes<CUarray_format, int>([&](CUarray_format* format, int* channels) {
    return driver().cuTexRefGetFormat(format, channels, reference);
  });
  for (const auto& [format, channels] : both) {
    EXPECT_EQ(format, CU_AD_FORMAT_HALF);
    EXPECT_EQ(channels, 2);
  }
}

TEST_F(cuTexRefGetFormat, SaysWhatABoundArrayHas) {
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_UNSIGNED_INT16, 4));
  const TextureReference reference;
  check(driver().cuTexRefSetArray(reference, array, CU_TRSA_OVERRIDE_FORMAT), "cuTexRefSetArray");
  CUarray_format format{};
  int channels = 0;
  EXPECT_CUDA_OK(driver().cuTexRefGetFormat(&format, &channels, reference));
  EXPECT_EQ(format, CU_AD_FORMAT_UNSIGNED_INT16);
  EXPECT_EQ(channels, 4);
}

TEST_F(cuTexRefGetFormat, RefusesNoReference) {
  CUarray_format format{};
  int channels = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefGetFormat(&format, &channels, nullptr));
}

TEST_F(cuTexRefGetFormat, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  CUarray_format format{};
  int channels = 0;
  EXPECT_CUDA_OK(driver().cuTexRefGetFormat(&format, &channels, reference));
}

// Undocumented.
TEST_F(cuTexRefGetFormat, IsSafeDuringCapture) {
  const TextureReference reference;
  CUarray_format format{};
  int channels = 0;
  expect_safe_in_capture([&] { return driver().cuTexRefGetFormat(&format, &channels, reference); });
}

TEST_F(cuTexRefGetFormat_fresh, BeforeInit) {
  CUarray_format format{};
  int channels = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetFormat(&format, &channels, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetFormat
