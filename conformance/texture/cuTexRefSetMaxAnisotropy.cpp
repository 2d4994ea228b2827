#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetMaxAnisotropy {

CONFORMANCE_SUITE(cuTexRefSetMaxAnisotropy, Context);
CONFORMANCE_SUITE(cuTexRefSetMaxAnisotropy_fresh, Uninitialised);

TEST_F(cuTexRefSetMaxAnisotropy, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  for (const unsigned ratio : {1U, 2U, 8U, 16U}) {
    EXPECT_CUDA_OK(driver().cuTexRefSetMaxAnisotropy(reference, ratio));
    int now = 0;
    EXPECT_CUDA_OK(driver().cuTexRefGetMaxAnisotropy(&now, reference));
    EXPECT_EQ(now, static_cast<int>(ratio));
  }
}

TEST_F(cuTexRefSetMaxAnisotropy, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefSetMaxAnisotropy(nullptr, 1));
}

TEST_F(cuTexRefSetMaxAnisotropy, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuTexRefSetMaxAnisotropy(reference, 1));
}

// Undocumented.
TEST_F(cuTexRefSetMaxAnisotropy, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture([&] { return driver().cuTexRefSetMaxAnisotropy(reference, 1); });
}

TEST_F(cuTexRefSetMaxAnisotropy_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefSetMaxAnisotropy(nullptr, 1));
}

}  // namespace vgpu::conformance::test_cuTexRefSetMaxAnisotropy
