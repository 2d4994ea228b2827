#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuSurfRefSetArray {

CONFORMANCE_SUITE(cuSurfRefSetArray, Context);
CONFORMANCE_SUITE(cuSurfRefSetArray_fresh, Uninitialised);

CUDA_ARRAY3D_DESCRIPTOR writable() {
  return describe(32, 0, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST);
}

TEST_F(cuSurfRefSetArray, KernelsOfTheModuleWriteTheArray) {
  const ReferenceModule module;
  const Array array(writable());
  EXPECT_CUDA_OK(driver().cuSurfRefSetArray(module.canvas(), array, 0));
  module.write_canvas(32);
  const std::vector<unsigned char> bytes = array.read();
  for (unsigned i = 0; i < 32; ++i) {
    unsigned value = 0;
    std::memcpy(&value, &bytes[i * sizeof value], sizeof value);
    EXPECT_EQ(value, 3 * i);
  }
}

TEST_F(cuSurfRefSetArray, RefusesAnArrayThatWasNotMadeForSurfaces) {
  const ReferenceModule module;
  const Array array(describe(32, 0, 0, CU_AD_FORMAT_UNSIGNED_INT32));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuSurfRefSetArray(module.canvas(), array, 0));
}

TEST_F(cuSurfRefSetArray, RefusesNoReferenceAndNoArray) {
  const ReferenceModule module;
  const Array array(writable());
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuSurfRefSetArray(nullptr, array, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuSurfRefSetArray(module.canvas(), nullptr, 0));
}

TEST_F(cuSurfRefSetArray, NeedsNoCurrentContext) {
  const ReferenceModule module;
  const Array array(writable());
  const CUsurfref canvas = module.canvas();
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuSurfRefSetArray(canvas, array, 0));
}

// Undocumented.
TEST_F(cuSurfRefSetArray, IsSafeDuringCapture) {
  const ReferenceModule module;
  const Array array(writable());
  const CUsurfref canvas = module.canvas();
  expect_safe_in_capture([&] { return driver().cuSurfRefSetArray(canvas, array, 0); });
}

TEST_F(cuSurfRefSetArray_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuSurfRefSetArray(nullptr, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuSurfRefSetArray
