#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArrayGetPlane {

CONFORMANCE_SUITE(cuArrayGetPlane, Context);
CONFORMANCE_SUITE(cuArrayGetPlane_fresh, Uninitialised);

// Formats with several planes depend on the device; what every device has is the refusal.
TEST_F(cuArrayGetPlane, RefusesAnArrayWithoutPlanes) {
  const Array array(describe(16, 16));
  CUarray plane = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetPlane(&plane, array, 0));
}

TEST_F(cuArrayGetPlane, RefusesNoOutputAndNoArray) {
  const Array array(describe(16, 16));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetPlane(nullptr, array, 0));
  CUarray plane = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuArrayGetPlane(&plane, nullptr, 0));
}

TEST_F(cuArrayGetPlane, NeedsNoCurrentContext) {
  const Array array(describe(16, 16));
  const NoContext none;
  CUarray plane = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetPlane(&plane, array, 0));
}

// Undocumented.
TEST_F(cuArrayGetPlane, LeavesACaptureAlone) {
  const Array array(describe(16, 16));
  CUarray plane = nullptr;
  expect_refused_in_capture(CUDA_ERROR_INVALID_VALUE,
                            [&] { return driver().cuArrayGetPlane(&plane, array, 0); });
}

TEST_F(cuArrayGetPlane_fresh, BeforeInit) {
  CUarray plane = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuArrayGetPlane(&plane, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuArrayGetPlane
