#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArrayDestroy {

CONFORMANCE_SUITE(cuArrayDestroy, Context);
CONFORMANCE_SUITE(cuArrayDestroy_fresh, Uninitialised);

TEST_F(cuArrayDestroy, GivesTheMemoryBack) {
  // Without it these would need 150 GiB.
  const CUDA_ARRAY3D_DESCRIPTOR large = describe(8192, 8192);
  for (int i = 0; i < 600; ++i) {
    CUarray array = nullptr;
    ASSERT_CUDA_OK(driver().cuArray3DCreate_v2(&array, &large));
    ASSERT_CUDA_OK(driver().cuArrayDestroy(array));
  }
}

TEST_F(cuArrayDestroy, LeavesOtherArraysAlone) {
  const Array other(describe(100, 10));
  Array array(describe(100, 10));
  EXPECT_CUDA_OK(driver().cuArrayDestroy(array.release()));
  EXPECT_EQ(other.read(), other.before());
}

TEST_F(cuArrayDestroy, RefusesNoArray) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuArrayDestroy(nullptr));
}

TEST_F(cuArrayDestroy, NeedsNoCurrentContext) {
  Array array(describe(16));
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuArrayDestroy(array.release()));
}

// Undocumented.
TEST_F(cuArrayDestroy, IsUnsafeDuringCapture) {
  CUarray array = nullptr;
  std::vector<CUarray> left;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuArrayDestroy(array);
        if (result != CUDA_SUCCESS) left.push_back(array);
        return result;
      },
      [&] { array = Array(describe(16)).release(); });
  for (const CUarray one : left) EXPECT_CUDA_OK(driver().cuArrayDestroy(one));
}

TEST_F(cuArrayDestroy_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, driver().cuArrayDestroy(nullptr));
}

}  // namespace vgpu::conformance::test_cuArrayDestroy
