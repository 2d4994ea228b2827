#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMipmappedArrayDestroy {

CONFORMANCE_SUITE(cuMipmappedArrayDestroy, Context);
CONFORMANCE_SUITE(cuMipmappedArrayDestroy_fresh, Uninitialised);

TEST_F(cuMipmappedArrayDestroy, GivesTheMemoryBack) {
  // Without it these would need 150 GiB.
  const CUDA_ARRAY3D_DESCRIPTOR large = describe(8192, 8192);
  for (int i = 0; i < 450; ++i) {
    CUmipmappedArray array = nullptr;
    ASSERT_CUDA_OK(driver().cuMipmappedArrayCreate(&array, &large, 20));
    ASSERT_CUDA_OK(driver().cuMipmappedArrayDestroy(array));
  }
}

TEST_F(cuMipmappedArrayDestroy, EndsTheLevelsToo) {
  MipmappedArray array(describe(16, 16), 3);
  (void)array.level(1);
  EXPECT_CUDA_OK(driver().cuMipmappedArrayDestroy(array.release()));
}

TEST_F(cuMipmappedArrayDestroy, RefusesNoArray) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuMipmappedArrayDestroy(nullptr));
}

TEST_F(cuMipmappedArrayDestroy, NeedsNoCurrentContext) {
  MipmappedArray array(describe(16, 16), 3);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuMipmappedArrayDestroy(array.release()));
}

// Undocumented.
TEST_F(cuMipmappedArrayDestroy, IsUnsafeDuringCapture) {
  CUmipmappedArray array = nullptr;
  std::vector<CUmipmappedArray> left;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuMipmappedArrayDestroy(array);
        if (result != CUDA_SUCCESS) left.push_back(array);
        return result;
      },
      [&] { array = MipmappedArray(describe(16, 16), 3).release(); });
  for (const CUmipmappedArray one : left) EXPECT_CUDA_OK(driver().cuMipmappedArrayDestroy(one));
}

TEST_F(cuMipmappedArrayDestroy_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, driver().cuMipmappedArrayDestroy(nullptr));
}

}  // namespace vgpu::conformance::test_cuMipmappedArrayDestroy
