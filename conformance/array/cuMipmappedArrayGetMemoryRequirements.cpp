#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMipmappedArrayGetMemoryRequirements {

CONFORMANCE_SUITE(cuMipmappedArrayGetMemoryRequirements, Context);
CONFORMANCE_SUITE(cuMipmappedArrayGetMemoryRequirements_fresh, Uninitialised);

TEST_F(cuMipmappedArrayGetMemoryRequirements, RefusesAnArrayThatHasItsMemory) {
  const MipmappedArray array(describe(16, 16), 2);
  CUDA_ARRAY_MEMORY_REQUIREMENTS requirements{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMipmappedArrayGetMemoryRequirements(&requirements, array, device));
}

TEST_F(cuMipmappedArrayGetMemoryRequirements, RefusesNoOutput) {
  const MipmappedArray array(describe(16, 16), 2);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMipmappedArrayGetMemoryRequirements(nullptr, array, device));
}

// Undocumented.
TEST_F(cuMipmappedArrayGetMemoryRequirements, LeavesACaptureAlone) {
  const MipmappedArray array(describe(16, 16), 3);
  CUDA_ARRAY_MEMORY_REQUIREMENTS out{};
  expect_refused_in_capture(CUDA_ERROR_INVALID_VALUE, [&] {
    return driver().cuMipmappedArrayGetMemoryRequirements(&out, array, device);
  });
}

// Undocumented.
TEST_F(cuMipmappedArrayGetMemoryRequirements, RefusesItWithoutACurrentContextToo) {
  const MipmappedArray array(describe(16, 16), 2);
  CUDA_ARRAY_MEMORY_REQUIREMENTS out{};
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMipmappedArrayGetMemoryRequirements(&out, array, device));
}

TEST_F(cuMipmappedArrayGetMemoryRequirements_fresh, BeforeInit) {
  CUDA_ARRAY_MEMORY_REQUIREMENTS requirements{};
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuMipmappedArrayGetMemoryRequirements(&requirements, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuMipmappedArrayGetMemoryRequirements
