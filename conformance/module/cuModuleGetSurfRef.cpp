#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuModuleGetSurfRef {

CONFORMANCE_SUITE(cuModuleGetSurfRef, Context);
CONFORMANCE_SUITE(cuModuleGetSurfRef_fresh, Uninitialised);

TEST_F(cuModuleGetSurfRef, FindsTheReferenceByName) {
  const ReferenceModule module;
  const auto [first, second] = expect_writes<CUsurfref>(
      [&](CUsurfref* out) { return driver().cuModuleGetSurfRef(out, module, "canvas"); });
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(first, second);
}

TEST_F(cuModuleGetSurfRef, FindsNothingElse) {
  const ReferenceModule module;
  CUsurfref reference = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_FOUND, driver().cuModuleGetSurfRef(&reference, module, "nothing"));
}

TEST_F(cuModuleGetSurfRef, RefusesNoOutputAndNoName) {
  const ReferenceModule module;
  CUsurfref reference = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetSurfRef(nullptr, module, "canvas"));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetSurfRef(&reference, module, nullptr));
}

TEST_F(cuModuleGetSurfRef, NeedsNoCurrentContext) {
  const ReferenceModule module;
  const NoContext none;
  CUsurfref reference = nullptr;
  EXPECT_CUDA_OK(driver().cuModuleGetSurfRef(&reference, module, "canvas"));
}

// Undocumented.
TEST_F(cuModuleGetSurfRef, IsSafeDuringCapture) {
  const ReferenceModule module;
  CUsurfref reference = nullptr;
  expect_safe_in_capture([&] { return driver().cuModuleGetSurfRef(&reference, module, "canvas"); });
}

TEST_F(cuModuleGetSurfRef_fresh, BeforeInit) {
  CUsurfref reference = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuModuleGetSurfRef(&reference, nullptr, "canvas"));
}

}  // namespace vgpu::conformance::test_cuModuleGetSurfRef
