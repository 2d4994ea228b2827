#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMipmappedArrayGetSparseProperties {

CONFORMANCE_SUITE(cuMipmappedArrayGetSparseProperties, Context);
CONFORMANCE_SUITE(cuMipmappedArrayGetSparseProperties_fresh, Uninitialised);

TEST_F(cuMipmappedArrayGetSparseProperties, RefusesAnArrayThatIsNotSparse) {
  const MipmappedArray array(describe(16, 16), 2);
  CUDA_ARRAY_SPARSE_PROPERTIES properties{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMipmappedArrayGetSparseProperties(&properties, array));
}

TEST_F(cuMipmappedArrayGetSparseProperties, RefusesNoOutput) {
  const MipmappedArray array(describe(16, 16), 2);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMipmappedArrayGetSparseProperties(nullptr, array));
}

// Undocumented.
TEST_F(cuMipmappedArrayGetSparseProperties, LeavesACaptureAlone) {
  const MipmappedArray array(describe(16, 16), 3);
  CUDA_ARRAY_SPARSE_PROPERTIES out{};
  expect_refused_in_capture(CUDA_ERROR_INVALID_VALUE, [&] {
    return driver().cuMipmappedArrayGetSparseProperties(&out, array);
  });
}

// Undocumented.
TEST_F(cuMipmappedArrayGetSparseProperties, RefusesItWithoutACurrentContextToo) {
  const MipmappedArray array(describe(16, 16), 2);
  CUDA_ARRAY_SPARSE_PROPERTIES out{};
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMipmappedArrayGetSparseProperties(&out, array));
}

TEST_F(cuMipmappedArrayGetSparseProperties_fresh, BeforeInit) {
  CUDA_ARRAY_SPARSE_PROPERTIES properties{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuMipmappedArrayGetSparseProperties(&properties, nullptr));
}

}  // namespace vgpu::conformance::test_cuMipmappedArrayGetSparseProperties
