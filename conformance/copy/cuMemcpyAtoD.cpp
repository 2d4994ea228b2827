#include "copy/places.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpyAtoD {

CONFORMANCE_SUITE(cuMemcpyAtoD, Context);
CONFORMANCE_SUITE(cuMemcpyAtoD_fresh, Uninitialised);

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
  return std::array{driver().cuMemcpyAtoD_v2, driver().cuMemcpyAtoD_v2_ptds};
}

TEST_F(cuMemcpyAtoD, CopiesAPartOfARow) {
  for (const auto form : forms()) {
    for (const Kind kind : std::vector{Kind::device}) {
      const Array array(row());
      const Place target(kind, array.bytes());
      const Part part(array.bytes());
      EXPECT_CUDA_OK(form(target.address(), array, part.offset, part.size));
      finish();
      Bytes expected = target.before();
      std::copy_n(array.before().begin() + static_cast<std::ptrdiff_t>(part.offset), part.size,
                  expected.begin());
      EXPECT_TRUE(target.read() == expected) << name_of(kind);
    }
  }
}

TEST_F(cuMemcpyAtoD, CopiesAWholeRow) {
  const Array array(row());
  const Place target(Kind::device, array.bytes());

  EXPECT_CUDA_OK(driver().cuMemcpyAtoD_v2(target.address(), array, 0, array.bytes()));
  finish();
  EXPECT_TRUE(target.read() == array.before());
}

TEST_F(cuMemcpyAtoD, CopiesNothingWhenTheSizeIsZero) {
  const Array array(row(64));
  const Place target(Kind::device, 64);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(target.address(), array, 0, 0));
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAtoD, RefusesMoreThanTheRowHas) {
  const Array array(row(64));
  const Place target(Kind::device, 512);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.address(), array, 0, 260));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.address(), array, 252, 8));
  }
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAtoD, RefusesNoTarget) {
  const Array array(row(64));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(0, array, 0, 64));
  }
}

TEST_F(cuMemcpyAtoD, NeedsACurrentContext) {
  const Array array(row(64));
  const Place target(Kind::device, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.address(), array, 0, 64));
  }
}

// Undocumented.
TEST_F(cuMemcpyAtoD, TheFirstFormTakesNoContextOfToday) {
  const Array array(row(64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyAtoD(0, array, 0, 0));
}

// Undocumented.
TEST_F(cuMemcpyAtoD, PtdsWaitsForNoOtherStream) {
  const Array array(row(1000));
  const Place target(Kind::device, 4000);
  expect_per_thread_default_stream(
      [&] { return driver().cuMemcpyAtoD_v2_ptds(target.address(), array, 0, 4000); },
      [&] { return target.read() == array.before(); });
}

// Undocumented.
TEST_F(cuMemcpyAtoD, PtdsIsAllowedDuringCapture) {
  const Array array(row(1000));
  const Place target(Kind::device, 4000);
  expect_safe_in_capture(
      [&] { return driver().cuMemcpyAtoD_v2_ptds(target.address(), array, 0, 4000); });
  finish();
  EXPECT_EQ(target.read(), array.before());
}

// Undocumented.
TEST_F(cuMemcpyAtoD, OfTheLegacyStreamEndsACapture) {
  const Array array(row(1000));
  const Place target(Kind::device, 4000);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyAtoD_v2(target.address(), array, 0, 4000); });
}

TEST_F(cuMemcpyAtoD_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, garbage_handle<CUarray>(), 0, 1));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyAtoD
