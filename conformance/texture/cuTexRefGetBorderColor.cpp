#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetBorderColor {

CONFORMANCE_SUITE(cuTexRefGetBorderColor, Context);
CONFORMANCE_SUITE(cuTexRefGetBorderColor_fresh, Uninitialised);

using Colour = std::array<float, 4>;

TEST_F(cuTexRefGetBorderColor, SaysWhatWasSetLast) {
  const TextureReference reference;
  for (const int dimension : {0, 1, 2}) {
    check(driver().cuTexRefSetAddressMode(reference, dimension, CU_TR_ADDRESS_MODE_BORDER),
          "cuTexRefSetAddressMode");
  }
  Colour colour{1.0F, 0.5F, 0.25F, 0.125F};
  check(driver().cuTexRefSetBorderColor(reference, colour.data()), "cuTexRefSetBorderColor");
  const auto [first, second] = expect_writes<Colour>(
      [&](Colour* out) { return driver().cuTexRefGetBorderColor(out->data(), reference); });
  EXPECT_EQ(first, colour);
  EXPECT_EQ(second, colour);
}

TEST_F(cuTexRefGetBorderColor, RefusesNoReferenceAndNoOutput) {
  const TextureReference reference;
  Colour colour{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetBorderColor(nullptr, reference));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefGetBorderColor(colour.data(), nullptr));
}

TEST_F(cuTexRefGetBorderColor, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  Colour colour{};
  EXPECT_CUDA_OK(driver().cuTexRefGetBorderColor(colour.data(), reference));
}

// Undocumented.
TEST_F(cuTexRefGetBorderColor, IsSafeDuringCapture) {
  const TextureReference reference;
  Colour colour{};
  expect_safe_in_capture([&] { return driver().cuTexRefGetBorderColor(colour.data(), reference); });
}

TEST_F(cuTexRefGetBorderColor_fresh, BeforeInit) {
  std::array<float, 4> colour{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetBorderColor(colour.data(), nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetBorderColor
