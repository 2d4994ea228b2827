#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetBorderColor {

CONFORMANCE_SUITE(cuTexRefSetBorderColor, Context);
CONFORMANCE_SUITE(cuTexRefSetBorderColor_fresh, Uninitialised);

std::array<float, 4> colour{0.25F, 0.5F, 0.75F, 1.0F};

// "The color values can be set only when the Address mode is set to CU_TR_ADDRESS_MODE_BORDER."
TEST_F(cuTexRefSetBorderColor, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  for (const int dimension : {0, 1, 2}) {
    check(driver().cuTexRefSetAddressMode(reference, dimension, CU_TR_ADDRESS_MODE_BORDER),
          "cuTexRefSetAddressMode");
  }
  EXPECT_CUDA_OK(driver().cuTexRefSetBorderColor(reference, colour.data()));
  std::array<float, 4> now{};
  EXPECT_CUDA_OK(driver().cuTexRefGetBorderColor(now.data(), reference));
  EXPECT_EQ(now, colour);
}

TEST_F(cuTexRefSetBorderColor, RefusesNoReferenceAndNoColour) {
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefSetBorderColor(nullptr, colour.data()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefSetBorderColor(reference, nullptr));
}

TEST_F(cuTexRefSetBorderColor, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuTexRefSetBorderColor(reference, colour.data()));
}

// Undocumented.
TEST_F(cuTexRefSetBorderColor, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture([&] { return driver().cuTexRefSetBorderColor(reference, colour.data()); });
}

TEST_F(cuTexRefSetBorderColor_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefSetBorderColor(nullptr, colour.data()));
}

}  // namespace vgpu::conformance::test_cuTexRefSetBorderColor
