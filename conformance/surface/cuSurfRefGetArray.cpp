#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuSurfRefGetArray {

CONFORMANCE_SUITE(cuSurfRefGetArray, Context);
CONFORMANCE_SUITE(cuSurfRefGetArray_fresh, Uninitialised);

TEST_F(cuSurfRefGetArray, SaysWhatIsBound) {
  const ReferenceModule module;
  const Array array(describe(32, 0, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST));
  check(driver().cuSurfRefSetArray(module.canvas(), array, 0), "cuSurfRefSetArray");
  const auto [first, second] = expect_writes<CUarray>(
      [&](CUarray* out) { return driver().cuSurfRefGetArray(out, module.canvas()); });
  EXPECT_EQ(first, array.get());
  EXPECT_EQ(second, array.get());
}

TEST_F(cuSurfRefGetArray, RefusesAReferenceThatIsBoundToNone) {
  const ReferenceModule module;
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuSurfRefGetArray(&array, module.canvas()));
}

TEST_F(cuSurfRefGetArray, NeedsNoCurrentContext) {
  const ReferenceModule module;
  const CUsurfref canvas = module.canvas();
  const NoContext none;
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuSurfRefGetArray(&array, canvas));
}

// Undocumented.
TEST_F(cuSurfRefGetArray, IsSafeDuringCapture) {
  const ReferenceModule module;
  const Array array(describe(16, 0, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST));
  ASSERT_CUDA_OK(driver().cuSurfRefSetArray(module.canvas(), array, 0));
  const CUsurfref canvas = module.canvas();
  CUarray bound = nullptr;
  expect_safe_in_capture([&] { return driver().cuSurfRefGetArray(&bound, canvas); });
}

TEST_F(cuSurfRefGetArray_fresh, BeforeInit) {
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuSurfRefGetArray(&array, nullptr));
}

}  // namespace vgpu::conformance::test_cuSurfRefGetArray
