#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetArray {

CONFORMANCE_SUITE(cuTexRefGetArray, Context);
CONFORMANCE_SUITE(cuTexRefGetArray_fresh, Uninitialised);

TEST_F(cuTexRefGetArray, SaysWhatIsBound) {
  const Array array(describe(16));
  const TextureReference reference;
  check(driver().cuTexRefSetArray(reference, array, CU_TRSA_OVERRIDE_FORMAT), "cuTexRefSetArray");
  const auto [first, second] = expect_writes<CUarray>(
      [&](CUarray* out) { return driver().cuTexRefGetArray(out, reference); });
  EXPECT_EQ(first, array.get());
  EXPECT_EQ(second, array.get());
}

TEST_F(cuTexRefGetArray, RefusesAReferenceThatIsBoundToNone) {
  const TextureReference reference;
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetArray(&array, reference));
}

TEST_F(cuTexRefGetArray, RefusesNoReference) {
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefGetArray(&array, nullptr));
}

TEST_F(cuTexRefGetArray, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetArray(&array, reference));
}

// Undocumented.
TEST_F(cuTexRefGetArray, IsSafeDuringCapture) {
  const Array array(describe(16));
  const TextureReference reference;
  ASSERT_CUDA_OK(driver().cuTexRefSetArray(reference, array, CU_TRSA_OVERRIDE_FORMAT));
  CUarray bound = nullptr;
  expect_safe_in_capture([&] { return driver().cuTexRefGetArray(&bound, reference); });
}

TEST_F(cuTexRefGetArray_fresh, BeforeInit) {
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetArray(&array, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetArray
