#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyDtoD {

CONFORMANCE_SUITE(cuMemcpyDtoD, Context);
CONFORMANCE_SUITE(cuMemcpyDtoD_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyDtoD_v2, driver().cuMemcpyDtoD_v2_ptds};
}

void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemcpyDtoD, CopiesEveryByteAndNoMore) {
  for (const auto form : forms()) {
    for (const std::size_t bytes : copy_sizes) {
      SCOPED_TRACE(std::to_string(bytes) + " bytes");
      const Place source(Kind::device, bytes);
      const Place target(Kind::device, bytes);
      EXPECT_CUDA_OK(form(target.address(), source.address(), bytes));
      finish();
      EXPECT_TRUE(target.read() == source.before());
      EXPECT_TRUE(source.read() == source.before());
    }
  }
}

TEST_F(cuMemcpyDtoD, CopiesBetweenOddAddresses) {
  const Place source(Kind::device, 3000);
  const Place target(Kind::device, 3000);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoD_v2(target.address() + 5, source.address() + 11, 2001));
  finish();
  auto expected = target.before();
  const Bytes from = source.before();
  std::copy_n(from.begin() + 11, 2001, expected.begin() + 5);
  EXPECT_EQ(target.read(), expected);
}

TEST_F(cuMemcpyDtoD, CopiesWithinOneAllocation) {
  const Place memory(Kind::device, 2000);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoD_v2(memory.address() + 1000, memory.address(), 1000));
  finish();
  auto expected = memory.before();
  std::copy_n(expected.begin(), 1000, expected.begin() + 1000);
  EXPECT_EQ(memory.read(), expected);
}

TEST_F(cuMemcpyDtoD, TakesPinnedAndManagedMemory) {
  const Place source(Kind::device, 1000);
  const Place between(Kind::pinned, 1000);
  const Place target(host_kinds().back(), 1000);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoD_v2(between.address(), source.address(), 1000));
  EXPECT_CUDA_OK(driver().cuMemcpyDtoD_v2(target.address(), between.address(), 1000));
  finish();
  EXPECT_EQ(between.read(), source.before());
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoD, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), source.address(), 0));
    EXPECT_CUDA_OK(form(0, 0, 0));
  }
  finish();
  EXPECT_EQ(target.read(), target.before());
}

// "For transfers from device memory to device memory, no host-side synchronization is performed."
TEST_F(cuMemcpyDtoD, ReturnsBeforeTheLegacyStreamGetsThere) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_legacy_default_stream(
      [&] { return driver().cuMemcpyDtoD_v2(target.address(), source.address(), 1000); },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyDtoD, PtdsUsesTheThreadsOwnStream) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_per_thread_default_stream(
      [&] { return driver().cuMemcpyDtoD_v2_ptds(target.address(), source.address(), 1000); },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyDtoD, KeepsTheOrderOfTheLegacyStream) {
  const DeviceBuffer<unsigned> source(1000);
  const DeviceBuffer<unsigned> target(1000);
  const Module module;
  const Kernel fill = module.kernel("fill");
  fill.over(source, CU_STREAM_LEGACY, 5U);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoD_v2(target, source, source.bytes()));
  fill.over(source, CU_STREAM_LEGACY, 6U);
  module.kernel("add").over(target, CU_STREAM_LEGACY, 10U);
  finish();
  EXPECT_EQ(target.read(), std::vector<unsigned>(1000, 15));
}

TEST_F(cuMemcpyDtoD, CopiesBetweenContexts) {
  const Foreign foreign;
  const Place source(Kind::device, 256);
  const Place target(Kind::device, 256);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoD_v2(foreign.memory(), source.address(), 256));
  EXPECT_CUDA_OK(driver().cuMemcpyDtoD_v2(target.address(), foreign.memory(), 256));
  finish();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoD, RefusesAddressesThatWereNeverAllocated) {
  const Place memory(Kind::device, 64);
  for (const auto form : forms()) {
    for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory.address(), address, 64));
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(address, memory.address(), 64));
    }
  }
  finish();
  EXPECT_EQ(memory.read(), memory.before());
}

TEST_F(cuMemcpyDtoD, RefusesAFreedAddress) {
  const Place memory(Kind::device, 64);
  const CUdeviceptr stale = stale_address();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoD_v2(memory.address(), stale, 64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoD_v2(stale, memory.address(), 64));
}

TEST_F(cuMemcpyDtoD, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory small(std::size_t{4} << 20);
  const DeviceMemory large(std::size_t{8} << 20);
  for (const std::size_t bytes : {small.bytes() + 1, SIZE_MAX}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoD_v2(small, large, bytes));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoD_v2(large, small, bytes));
  }
}

TEST_F(cuMemcpyDtoD, NeedsACurrentContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.address(), source.address(), 64));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoD(1, 1, 64));
}

// It is neither captured nor forbidden: the thread's own stream does the copy at once.
TEST_F(cuMemcpyDtoD, PtdsIsAllowedDuringCapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  expect_safe_in_capture(
      [&] { return driver().cuMemcpyDtoD_v2_ptds(target.address(), source.address(), 64); });
  finish();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoD, OfTheLegacyStreamEndsACapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyDtoD_v2(target.address(), source.address(), 64); });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpyDtoD, OldFormRefusesContextsOfToday) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoD(1, 1, 64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoD(0, 0, 0));
}

TEST_F(cuMemcpyDtoD_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, garbage_address, 64));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemcpyDtoD(1, 1, 64));
}

}  // namespace vgpu::conformance::test_cuMemcpyDtoD
