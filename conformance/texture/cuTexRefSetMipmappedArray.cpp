#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetMipmappedArray {

CONFORMANCE_SUITE(cuTexRefSetMipmappedArray, Context);
CONFORMANCE_SUITE(cuTexRefSetMipmappedArray_fresh, Uninitialised);

TEST_F(cuTexRefSetMipmappedArray, BindsTheArray) {
  const MipmappedArray array(describe(16, 16), 3);
  const TextureReference reference;
  check(driver().cuTexRefSetFlags(reference, CU_TRSF_NORMALIZED_COORDINATES), "cuTexRefSetFlags");
  EXPECT_CUDA_OK(driver().cuTexRefSetMipmappedArray(reference, array, CU_TRSA_OVERRIDE_FORMAT));
  CUmipmappedArray now = nullptr;
  EXPECT_CUDA_OK(driver().cuTexRefGetMipmappedArray(&now, reference));
  EXPECT_EQ(now, array.get());
}

TEST_F(cuTexRefSetMipmappedArray, RefusesNoReferenceAndNoArray) {
  const MipmappedArray array(describe(16, 16), 3);
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuTexRefSetMipmappedArray(nullptr, array, CU_TRSA_OVERRIDE_FORMAT));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuTexRefSetMipmappedArray(reference, nullptr, CU_TRSA_OVERRIDE_FORMAT));
}

TEST_F(cuTexRefSetMipmappedArray, NeedsNoCurrentContext) {
  const MipmappedArray array(describe(16, 16), 3);
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuTexRefSetMipmappedArray(reference, array, CU_TRSA_OVERRIDE_FORMAT));
}

// Undocumented.
TEST_F(cuTexRefSetMipmappedArray, IsSafeDuringCapture) {
  const MipmappedArray array(describe(16, 16), 3);
  const TextureReference reference;
  expect_safe_in_capture([&] {
    return driver().cuTexRefSetMipmappedArray(reference, array, CU_TRSA_OVERRIDE_FORMAT);
  });
}

TEST_F(cuTexRefSetMipmappedArray_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefSetMipmappedArray(nullptr, nullptr, CU_TRSA_OVERRIDE_FORMAT));
}

}  // namespace vgpu::conformance::test_cuTexRefSetMipmappedArray
