#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetMipmappedArray {

CONFORMANCE_SUITE(cuTexRefGetMipmappedArray, Context);
CONFORMANCE_SUITE(cuTexRefGetMipmappedArray_fresh, Uninitialised);

TEST_F(cuTexRefGetMipmappedArray, SaysWhatIsBound) {
  const MipmappedArray array(describe(16, 16), 3);
  const TextureReference reference;
  check(driver().cuTexRefSetFlags(reference, CU_TRSF_NORMALIZED_COORDINATES), "cuTexRefSetFlags");
  check(driver().cuTexRefSetMipmappedArray(reference, array, CU_TRSA_OVERRIDE_FORMAT),
        "cuTexRefSetMipmappedArray");
  const auto [first, second] = expect_writes<CUmipmappedArray>(
      [&](CUmipmappedArray* out) { return driver().cuTexRefGetMipmappedArray(out, reference); });
  EXPECT_EQ(first, array.get());
  EXPECT_EQ(second, array.get());
}

TEST_F(cuTexRefGetMipmappedArray, RefusesAReferenceThatIsBoundToNone) {
  const TextureReference reference;
  CUmipmappedArray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetMipmappedArray(&array, reference));
}

TEST_F(cuTexRefGetMipmappedArray, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  CUmipmappedArray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetMipmappedArray(&array, reference));
}

// Undocumented.
TEST_F(cuTexRefGetMipmappedArray, IsSafeDuringCapture) {
  const MipmappedArray array(describe(16, 16), 3);
  const TextureReference reference;
  ASSERT_CUDA_OK(driver().cuTexRefSetMipmappedArray(reference, array, CU_TRSA_OVERRIDE_FORMAT));
  CUmipmappedArray bound = nullptr;
  expect_safe_in_capture([&] { return driver().cuTexRefGetMipmappedArray(&bound, reference); });
}

TEST_F(cuTexRefGetMipmappedArray_fresh, BeforeInit) {
  CUmipmappedArray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetMipmappedArray(&array, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetMipmappedArray
