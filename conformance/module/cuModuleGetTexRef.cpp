#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuModuleGetTexRef {

CONFORMANCE_SUITE(cuModuleGetTexRef, Context);
CONFORMANCE_SUITE(cuModuleGetTexRef_fresh, Uninitialised);

TEST_F(cuModuleGetTexRef, FindsTheReferenceByName) {
  const ReferenceModule module;
  const auto [first, second] = expect_writes<CUtexref>(
      [&](CUtexref* out) { return driver().cuModuleGetTexRef(out, module, "image"); });
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(first, second);
}

TEST_F(cuModuleGetTexRef, FindsNothingElse) {
  const ReferenceModule module;
  CUtexref reference = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_FOUND, driver().cuModuleGetTexRef(&reference, module, "nothing"));
}

TEST_F(cuModuleGetTexRef, RefusesNoOutputAndNoName) {
  const ReferenceModule module;
  CUtexref reference = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetTexRef(nullptr, module, "image"));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleGetTexRef(&reference, module, nullptr));
}

TEST_F(cuModuleGetTexRef, NeedsNoCurrentContext) {
  const ReferenceModule module;
  const NoContext none;
  CUtexref reference = nullptr;
  EXPECT_CUDA_OK(driver().cuModuleGetTexRef(&reference, module, "image"));
}

// Undocumented.
TEST_F(cuModuleGetTexRef, IsSafeDuringCapture) {
  const ReferenceModule module;
  CUtexref reference = nullptr;
  expect_safe_in_capture([&] { return driver().cuModuleGetTexRef(&reference, module, "image"); });
}

TEST_F(cuModuleGetTexRef_fresh, BeforeInit) {
  CUtexref reference = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuModuleGetTexRef(&reference, nullptr, "image"));
}

}  // namespace vgpu::conformance::test_cuModuleGetTexRef
