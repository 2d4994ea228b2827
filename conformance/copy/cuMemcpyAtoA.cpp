#include "copy/places.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpyAtoA {

CONFORMANCE_SUITE(cuMemcpyAtoA, Context);
CONFORMANCE_SUITE(cuMemcpyAtoA_fresh, Uninitialised);

/// One row, wider than what travels inside a message.
CUDA_ARRAY3D_DESCRIPTOR row(std::size_t texels = 20'000) {
  return describe(texels, 0, 0, CU_AD_FORMAT_UNSIGNED_INT32);
}

void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

/// A part of `bytes` bytes in whole texels.
struct Part {
  std::size_t offset, size;

  explicit Part(std::size_t bytes)
      : offset(4 * random_below(bytes / 8)), size(4 * (1 + random_below(bytes / 8 - 1))) {}
};

auto forms() {
  return std::array{driver().cuMemcpyAtoA_v2, driver().cuMemcpyAtoA_v2_ptds};
}

TEST_F(cuMemcpyAtoA, CopiesAPartOfARow) {
  for (const auto form : forms()) {
    const Array source(row());
    const Array target(row());
    const Part part(source.bytes());
    EXPECT_CUDA_OK(form(target, 8, source, part.offset, part.size));
    finish();
    Bytes expected = target.before();
    std::copy_n(source.before().begin() + static_cast<std::ptrdiff_t>(part.offset), part.size,
                expected.begin() + 8);
    EXPECT_TRUE(target.read() == expected);
  }
}

// "The two arrays need not have the same format, but the elements must be the same size."
TEST_F(cuMemcpyAtoA, CopiesBetweenFormatsOfOneSize) {
  const Array source(row(64));
  const Array target(describe(64, 0, 0, CU_AD_FORMAT_HALF, 2));
  EXPECT_CUDA_OK(driver().cuMemcpyAtoA_v2(target, 0, source, 0, 256));
  finish();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyAtoA, RefusesMoreThanTheRowsHave) {
  const Array source(row(64));
  const Array target(row(32));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target, 0, source, 0, 132));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(source, 0, target, 4, 128));
  }
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAtoA, NeedsACurrentContext) {
  const Array source(row(64));
  const Array target(row(64));
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target, 0, source, 0, 64));
  }
}

// Undocumented.
TEST_F(cuMemcpyAtoA, TheFirstFormTakesNoContextOfToday) {
  const Array array(row(64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyAtoA(array, 0, array, 0, 0));
}

// Undocumented.
TEST_F(cuMemcpyAtoA, PtdsWaitsForNoOtherStream) {
  const Array source(row(1000));
  const Array target(row(1000));
  expect_per_thread_default_stream(
      [&] { return driver().cuMemcpyAtoA_v2_ptds(target, 0, source, 0, 4000); },
      [&] { return target.read() == source.before(); });
}

// Undocumented.
TEST_F(cuMemcpyAtoA, PtdsIsAllowedDuringCapture) {
  const Array source(row(1000));
  const Array target(row(1000));
  expect_safe_in_capture([&] { return driver().cuMemcpyAtoA_v2_ptds(target, 0, source, 0, 4000); });
  finish();
  EXPECT_EQ(target.read(), source.before());
}

// Undocumented.
TEST_F(cuMemcpyAtoA, OfTheLegacyStreamEndsACapture) {
  const Array source(row(1000));
  const Array target(row(1000));
  expect_implicit_in_capture([&] { return driver().cuMemcpyAtoA_v2(target, 0, source, 0, 4000); });
}

TEST_F(cuMemcpyAtoA_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(garbage_handle<CUarray>(), 0, garbage_handle<CUarray>(), 0, 1));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyAtoA
