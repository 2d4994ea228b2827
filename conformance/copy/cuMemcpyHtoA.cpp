#include "copy/places.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpyHtoA {

CONFORMANCE_SUITE(cuMemcpyHtoA, Context);
CONFORMANCE_SUITE(cuMemcpyHtoA_fresh, Uninitialised);

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
  return std::array{driver().cuMemcpyHtoA_v2, driver().cuMemcpyHtoA_v2_ptds};
}

TEST_F(cuMemcpyHtoA, CopiesAPartOfARow) {
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      const Array array(row());
      const Place source(kind, array.bytes());
      const Part part(array.bytes());
      EXPECT_CUDA_OK(form(array, part.offset, source.host(), part.size));
      finish();
      Bytes expected = array.before();
      const Bytes bytes = source.before();
      std::copy_n(bytes.begin(), part.size,
                  expected.begin() + static_cast<std::ptrdiff_t>(part.offset));
      EXPECT_TRUE(array.read() == expected) << name_of(kind);
    }
  }
}

TEST_F(cuMemcpyHtoA, CopiesAWholeRow) {
  const Array array(row());
  const Place source(Kind::pageable, array.bytes());

  EXPECT_CUDA_OK(driver().cuMemcpyHtoA_v2(array, 0, source.host(), array.bytes()));
  finish();
  EXPECT_TRUE(array.read() == source.before());
}

TEST_F(cuMemcpyHtoA, CopiesNothingWhenTheSizeIsZero) {
  const Array array(row(64));
  const Place source(Kind::pageable, 64);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(array, 0, source.host(), 0));
  finish();
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuMemcpyHtoA, RefusesMoreThanTheRowHas) {
  const Array array(row(64));
  const Place source(Kind::pageable, 512);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 0, source.host(), 260));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 252, source.host(), 8));
  }
  finish();
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuMemcpyHtoA, RefusesNoSource) {
  const Array array(row(64));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 0, nullptr, 64));
  }
}

TEST_F(cuMemcpyHtoA, NeedsACurrentContext) {
  const Array array(row(64));
  const Place source(Kind::pageable, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(array, 0, source.host(), 64));
  }
}

// Undocumented.
TEST_F(cuMemcpyHtoA, TheFirstFormTakesNoContextOfToday) {
  const Array array(row(64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyHtoA(array, 0, nullptr, 0));
}

// Undocumented.
TEST_F(cuMemcpyHtoA, WaitsForOtherStreams) {
  const Array array(row(1000));
  const Place source(Kind::pageable, 4000);
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpyHtoA_v2(array, 0, source.host(), 4000); });
  EXPECT_EQ(array.read(), source.before());
}

// Undocumented.
TEST_F(cuMemcpyHtoA, PtdsWaitsForNoOtherStream) {
  const Array array(row(1000));
  const Place source(Kind::pageable, 4000);
  expect_waits_for_no_other_stream(
      [&] { return driver().cuMemcpyHtoA_v2_ptds(array, 0, source.host(), 4000); });
  EXPECT_EQ(array.read(), source.before());
}

// Undocumented.
TEST_F(cuMemcpyHtoA, PtdsIsAllowedDuringCapture) {
  const Array array(row(1000));
  const Place source(Kind::pageable, 4000);
  expect_safe_in_capture(
      [&] { return driver().cuMemcpyHtoA_v2_ptds(array, 0, source.host(), 4000); });
  finish();
  EXPECT_EQ(array.read(), source.before());
}

// Undocumented.
TEST_F(cuMemcpyHtoA, OfTheLegacyStreamEndsACapture) {
  const Array array(row(1000));
  const Place source(Kind::pageable, 4000);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyHtoA_v2(array, 0, source.host(), 4000); });
}

TEST_F(cuMemcpyHtoA_fresh, BeforeInit) {
  const unsigned char byte = 0;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_handle<CUarray>(), 0, &byte, 1));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyHtoA
