#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetMaxAnisotropy {

CONFORMANCE_SUITE(cuTexRefGetMaxAnisotropy, Context);
CONFORMANCE_SUITE(cuTexRefGetMaxAnisotropy_fresh, Uninitialised);

TEST_F(cuTexRefGetMaxAnisotropy, SaysWhatWasSetLast) {
  const TextureReference reference;
  check(driver().cuTexRefSetMaxAnisotropy(reference, 4), "cuTexRefSetMaxAnisotropy");
  const auto [first, second] = expect_writes<int>(
      [&](int* out) { return driver().cuTexRefGetMaxAnisotropy(out, reference); });
  EXPECT_EQ(first, 4);
  EXPECT_EQ(second, 4);
}

TEST_F(cuTexRefGetMaxAnisotropy, RefusesNoReferenceAndNoOutput) {
  const TextureReference reference;
  int ratio = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetMaxAnisotropy(nullptr, reference));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefGetMaxAnisotropy(&ratio, nullptr));
}

TEST_F(cuTexRefGetMaxAnisotropy, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  int ratio = 0;
  EXPECT_CUDA_OK(driver().cuTexRefGetMaxAnisotropy(&ratio, reference));
}

// Undocumented.
TEST_F(cuTexRefGetMaxAnisotropy, IsSafeDuringCapture) {
  const TextureReference reference;
  int ratio = 0;
  expect_safe_in_capture([&] { return driver().cuTexRefGetMaxAnisotropy(&ratio, reference); });
}

TEST_F(cuTexRefGetMaxAnisotropy_fresh, BeforeInit) {
  int ratio = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetMaxAnisotropy(&ratio, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetMaxAnisotropy
