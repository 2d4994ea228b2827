#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArrayGetMemoryRequirements {

CONFORMANCE_SUITE(cuArrayGetMemoryRequirements, Context);
CONFORMANCE_SUITE(cuArrayGetMemoryRequirements_fresh, Uninitialised);

TEST_F(cuArrayGetMemoryRequirements, RefusesAnArrayThatHasItsMemory) {
  const Array array(describe(16, 16));
  CUDA_ARRAY_MEMORY_REQUIREMENTS requirements{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuArrayGetMemoryRequirements(&requirements, array, device));
}

TEST_F(cuArrayGetMemoryRequirements, RefusesNoOutput) {
  const Array array(describe(16, 16));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuArrayGetMemoryRequirements(nullptr, array, device));
}

// Undocumented.
TEST_F(cuArrayGetMemoryRequirements, LeavesACaptureAlone) {
  const Array array(describe(16));
  CUDA_ARRAY_MEMORY_REQUIREMENTS out{};
  expect_refused_in_capture(CUDA_ERROR_INVALID_VALUE, [&] {
    return driver().cuArrayGetMemoryRequirements(&out, array, device);
  });
}

// Undocumented.
TEST_F(cuArrayGetMemoryRequirements, RefusesItWithoutACurrentContextToo) {
  const Array array(describe(16));
  CUDA_ARRAY_MEMORY_REQUIREMENTS out{};
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetMemoryRequirements(&out, array, device));
}

TEST_F(cuArrayGetMemoryRequirements_fresh, BeforeInit) {
  CUDA_ARRAY_MEMORY_REQUIREMENTS requirements{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuArrayGetMemoryRequirements(&requirements, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuArrayGetMemoryRequirements
