#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefCreate {

CONFORMANCE_SUITE(cuTexRefCreate, Context);
CONFORMANCE_SUITE(cuTexRefCreate_fresh, Uninitialised);

TEST_F(cuTexRefCreate, WritesTheHandle) {
  const auto [first, second] =
      expect_writes<CUtexref>([](CUtexref* out) { return driver().cuTexRefCreate(out); });
  EXPECT_NE(first, nullptr);
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuTexRefDestroy(first));
  EXPECT_CUDA_OK(driver().cuTexRefDestroy(second));
}

TEST_F(cuTexRefCreate, RefusesNoOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefCreate(nullptr));
}

TEST_F(cuTexRefCreate, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<CUtexref>(CUDA_ERROR_INVALID_CONTEXT,
                          [](CUtexref* out) { return driver().cuTexRefCreate(out); });
}

// Undocumented.
TEST_F(cuTexRefCreate, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    CUtexref reference = nullptr;
    const CUresult result = driver().cuTexRefCreate(&reference);
    if (result == CUDA_SUCCESS) {
      EXPECT_CUDA_OK(driver().cuTexRefDestroy(reference));
    }
    return result;
  });
}

TEST_F(cuTexRefCreate_fresh, BeforeInit) {
  CUtexref reference = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefCreate(&reference));
}

}  // namespace vgpu::conformance::test_cuTexRefCreate
