#include "copy/places.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpyDtoA {

CONFORMANCE_SUITE(cuMemcpyDtoA, Context);
CONFORMANCE_SUITE(cuMemcpyDtoA_fresh, Uninitialised);

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
  return std::array{driver().cuMemcpyDtoA_v2, driver().cuMemcpyDtoA_v2_ptds};
}

TEST_F(cuMemcpyDtoA, CopiesAPartOfARow) {
  for (const auto form : forms()) {
    for (const Kind kind : std::vector{Kind::device}) {
      const Array array(row());
      const Place source(kind, array.bytes());
      const Part part(array.bytes());
      EXPECT_CUDA_OK(form(array, part.offset, source.address(), part.size));
      finish();
      Bytes expected = array.before();
      const Bytes bytes = source.before();
      std::copy_n(bytes.begin(), part.size,
                  expected.begin() + static_cast<std::ptrdiff_t>(part.offset));
      EXPECT_TRUE(array.read() == expected) << name_of(kind);
    }
  }
}

TEST_F(cuMemcpyDtoA, CopiesAWholeRow) {
  const Array array(row());
  const Place source(Kind::device, array.bytes());

  EXPECT_CUDA_OK(driver().cuMemcpyDtoA_v2(array, 0, source.address(), array.bytes()));
  finish();
  EXPECT_TRUE(array.read() == source.before());
}

TEST_F(cuMemcpyDtoA, CopiesNothingWhenTheSizeIsZero) {
  const Array array(row(64));
  const Place source(Kind::device, 64);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(array, 0, source.address(), 0));
  finish();
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuMemcpyDtoA, RefusesMoreThanTheRowHas) {
  const Array array(row(64));
  const Place source(Kind::device, 512);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 0, source.address(), 260));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 252, source.address(), 8));
  }
  finish();
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuMemcpyDtoA, RefusesNoSource) {
  const Array array(row(64));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 0, 0, 64));
  }
}

TEST_F(cuMemcpyDtoA, NeedsACurrentContext) {
  const Array array(row(64));
  const Place source(Kind::device, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(array, 0, source.address(), 64));
  }
}

// Undocumented.
TEST_F(cuMemcpyDtoA, TheFirstFormTakesNoContextOfToday) {
  const Array array(row(64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoA(array, 0, 0, 0));
}

// Undocumented.
TEST_F(cuMemcpyDtoA, PtdsWaitsForNoOtherStream) {
  const Array array(row(1000));
  const Place source(Kind::device, 4000);
  expect_per_thread_default_stream(
      [&] { return driver().cuMemcpyDtoA_v2_ptds(array, 0, source.address(), 4000); },
      [&] { return array.read() == source.before(); });
}

// Undocumented.
TEST_F(cuMemcpyDtoA, PtdsIsAllowedDuringCapture) {
  const Array array(row(1000));
  const Place source(Kind::device, 4000);
  expect_safe_in_capture(
      [&] { return driver().cuMemcpyDtoA_v2_ptds(array, 0, source.address(), 4000); });
  finish();
  EXPECT_EQ(array.read(), source.before());
}

// Undocumented.
TEST_F(cuMemcpyDtoA, OfTheLegacyStreamEndsACapture) {
  const Array array(row(1000));
  const Place source(Kind::device, 4000);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyDtoA_v2(array, 0, source.address(), 4000); });
}

TEST_F(cuMemcpyDtoA_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_handle<CUarray>(), 0, garbage_address, 1));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyDtoA
