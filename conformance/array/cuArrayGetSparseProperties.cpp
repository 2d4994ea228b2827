#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArrayGetSparseProperties {

CONFORMANCE_SUITE(cuArrayGetSparseProperties, Context);
CONFORMANCE_SUITE(cuArrayGetSparseProperties_fresh, Uninitialised);

TEST_F(cuArrayGetSparseProperties, RefusesAnArrayThatIsNotSparse) {
  const Array array(describe(16, 16));
  CUDA_ARRAY_SPARSE_PROPERTIES properties{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetSparseProperties(&properties, array));
}

TEST_F(cuArrayGetSparseProperties, RefusesNoOutput) {
  const Array array(describe(16, 16));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetSparseProperties(nullptr, array));
}

// Undocumented.
TEST_F(cuArrayGetSparseProperties, LeavesACaptureAlone) {
  const Array array(describe(16));
  CUDA_ARRAY_SPARSE_PROPERTIES out{};
  expect_refused_in_capture(CUDA_ERROR_INVALID_VALUE,
                            [&] { return driver().cuArrayGetSparseProperties(&out, array); });
}

// Undocumented.
TEST_F(cuArrayGetSparseProperties, RefusesItWithoutACurrentContextToo) {
  const Array array(describe(16));
  CUDA_ARRAY_SPARSE_PROPERTIES out{};
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetSparseProperties(&out, array));
}

TEST_F(cuArrayGetSparseProperties_fresh, BeforeInit) {
  CUDA_ARRAY_SPARSE_PROPERTIES properties{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuArrayGetSparseProperties(&properties, nullptr));
}

}  // namespace vgpu::conformance::test_cuArrayGetSparseProperties
