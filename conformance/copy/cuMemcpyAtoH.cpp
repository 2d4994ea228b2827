#include "copy/places.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpyAtoH {

CONFORMANCE_SUITE(cuMemcpyAtoH, Context);
CONFORMANCE_SUITE(cuMemcpyAtoH_fresh, Uninitialised);

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
  return std::array{driver().cuMemcpyAtoH_v2, driver().cuMemcpyAtoH_v2_ptds};
}

TEST_F(cuMemcpyAtoH, CopiesAPartOfARow) {
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      const Array array(row());
      const Place target(kind, array.bytes());
      const Part part(array.bytes());
      EXPECT_CUDA_OK(form(target.host(), array, part.offset, part.size));
      finish();
      Bytes expected = target.before();
      std::copy_n(array.before().begin() + static_cast<std::ptrdiff_t>(part.offset), part.size,
                  expected.begin());
      EXPECT_TRUE(target.read() == expected) << name_of(kind);
    }
  }
}

TEST_F(cuMemcpyAtoH, CopiesAWholeRow) {
  const Array array(row());
  const Place target(Kind::pageable, array.bytes());

  EXPECT_CUDA_OK(driver().cuMemcpyAtoH_v2(target.host(), array, 0, array.bytes()));
  finish();
  EXPECT_TRUE(target.read() == array.before());
}

TEST_F(cuMemcpyAtoH, CopiesNothingWhenTheSizeIsZero) {
  const Array array(row(64));
  const Place target(Kind::pageable, 64);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(target.host(), array, 0, 0));
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAtoH, RefusesMoreThanTheRowHas) {
  const Array array(row(64));
  const Place target(Kind::pageable, 512);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.host(), array, 0, 260));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.host(), array, 252, 8));
  }
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAtoH, RefusesNoTarget) {
  const Array array(row(64));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, array, 0, 64));
  }
}

TEST_F(cuMemcpyAtoH, NeedsACurrentContext) {
  const Array array(row(64));
  const Place target(Kind::pageable, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.host(), array, 0, 64));
  }
}

// Undocumented.
TEST_F(cuMemcpyAtoH, TheFirstFormTakesNoContextOfToday) {
  const Array array(row(64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyAtoH(nullptr, array, 0, 0));
}

// Undocumented.
TEST_F(cuMemcpyAtoH, WaitsForOtherStreams) {
  const Array array(row(1000));
  const Place target(Kind::pageable, 4000);
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpyAtoH_v2(target.host(), array, 0, 4000); });
  EXPECT_EQ(target.read(), array.before());
}

// Undocumented.
TEST_F(cuMemcpyAtoH, PtdsWaitsForNoOtherStream) {
  const Array array(row(1000));
  const Place target(Kind::pageable, 4000);
  expect_waits_for_no_other_stream(
      [&] { return driver().cuMemcpyAtoH_v2_ptds(target.host(), array, 0, 4000); });
  EXPECT_EQ(target.read(), array.before());
}

// Undocumented.
TEST_F(cuMemcpyAtoH, PtdsIsAllowedDuringCapture) {
  const Array array(row(1000));
  const Place target(Kind::pageable, 4000);
  expect_safe_in_capture(
      [&] { return driver().cuMemcpyAtoH_v2_ptds(target.host(), array, 0, 4000); });
  finish();
  EXPECT_EQ(target.read(), array.before());
}

// Undocumented.
TEST_F(cuMemcpyAtoH, OfTheLegacyStreamEndsACapture) {
  const Array array(row(1000));
  const Place target(Kind::pageable, 4000);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyAtoH_v2(target.host(), array, 0, 4000); });
}

TEST_F(cuMemcpyAtoH_fresh, BeforeInit) {
  unsigned char byte = 0;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(&byte, garbage_handle<CUarray>(), 0, 1));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyAtoH
