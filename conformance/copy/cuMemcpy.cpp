#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpy {

CONFORMANCE_SUITE(cuMemcpy, Context);
CONFORMANCE_SUITE(cuMemcpy_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpy, driver().cuMemcpy_ptds};
}

void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemcpy, CopiesBetweenAllKindsOfMemory) {
  for (const auto form : forms()) {
    for (const Kind from : all_kinds()) {
      for (const Kind to : all_kinds()) {
        for (const std::size_t bytes : {1, 4'095, 65'537, 5'000'003}) {
          SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to) + ", " +
                       std::to_string(bytes) + " bytes");
          const Place source(from, bytes);
          const Place target(to, bytes);
          EXPECT_CUDA_OK(form(target.address(), source.address(), bytes));
          finish();
          EXPECT_TRUE(target.read() == source.before());
          EXPECT_TRUE(source.read() == source.before());
        }
      }
    }
  }
}

TEST_F(cuMemcpy, CopiesPartsAtOddAddresses) {
  for (const Kind from : all_kinds()) {
    for (const Kind to : all_kinds()) {
      SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
      const Place source(from, 3000);
      const Place target(to, 3000);
      EXPECT_CUDA_OK(driver().cuMemcpy(target.address() + 13, source.address() + 7, 2001));
      finish();
      auto expected = target.before();
      const Bytes read = source.before();
      std::copy_n(read.begin() + 7, 2001, expected.begin() + 13);
      EXPECT_EQ(target.read(), expected);
    }
  }
}

TEST_F(cuMemcpy, TakesADevicePointerOfPinnedMemory) {
  const PinnedMemory pinned(1000);
  const Place source(Kind::device, 1000);
  EXPECT_CUDA_OK(driver().cuMemcpy(pinned.device() + 8, source.address(), 900));
  finish();
  const Bytes from = source.before();
  EXPECT_TRUE(std::equal(from.begin(), from.begin() + 900, pinned.host() + 8));
}

TEST_F(cuMemcpy, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pageable, 64);
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), source.address(), 0));
    EXPECT_CUDA_OK(form(0, 0, 0));
  }
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpy, WaitsForOtherStreamsWhenAnEndIsPageable) {
  const DeviceBuffer<unsigned char> memory(100'000);
  const Bytes source = random_bytes(memory.size());
  const auto host = [](const Bytes& bytes) { return reinterpret_cast<CUdeviceptr>(bytes.data()); };
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpy(memory, host(source), source.size()); });
  Bytes target(source.size());
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpy(host(target), memory, target.size()); });
  EXPECT_EQ(target, source);
}

TEST_F(cuMemcpy, PtdsWaitsForNoOtherStream) {
  const Place source(Kind::device, 100);
  const Place target(Kind::pageable, 100);
  expect_waits_for_no_other_stream(
      [&] { return driver().cuMemcpy_ptds(target.address(), source.address(), 100); });
  EXPECT_EQ(target.read(), source.before());
}

// "For transfers from device memory to device memory, no host-side synchronization is performed."
TEST_F(cuMemcpy, WithinTheDeviceItReturnsBeforeTheLegacyStreamGetsThere) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_legacy_default_stream(
      [&] { return driver().cuMemcpy(target.address(), source.address(), 1000); },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpy, RefusesANullAddress) {
  const Place memory(Kind::device, 64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory.address(), 0, 64));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(0, memory.address(), 64));
  }
  EXPECT_EQ(memory.read(), memory.before());
}

TEST_F(cuMemcpy, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory small(std::size_t{4} << 20);
  const Place host(Kind::pageable, small.bytes() + 1);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy(small, host.address(), host.bytes()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy(host.address(), small, host.bytes()));
  EXPECT_TRUE(host.read() == host.before()) << "a refused copy wrote something";
}

TEST_F(cuMemcpy, NeedsACurrentContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pageable, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.address(), source.address(), 64));
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(source.address(), target.address(), 64));
  }
}

TEST_F(cuMemcpy, NeedsACurrentContextBetweenHostMemoryToo) {
  const Place source(Kind::pageable, 64);
  const Place target(Kind::pageable, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.address(), source.address(), 64));
  }
  EXPECT_EQ(target.read(), target.before());
}

// It is neither captured nor forbidden: the thread's own stream does the copy at once.
TEST_F(cuMemcpy, PtdsIsAllowedDuringCapture) {
  for (const auto& [from, to] :
       {std::pair{Kind::device, Kind::pageable}, std::pair{Kind::pageable, Kind::device},
        std::pair{Kind::pageable, Kind::pageable}}) {
    SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
    const Place source(from, 64);
    const Place target(to, 64);
    expect_safe_in_capture(
        [&] { return driver().cuMemcpy_ptds(target.address(), source.address(), 64); });
    finish();
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpy, OfTheLegacyStreamEndsACapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pageable, 64);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpy(target.address(), source.address(), 64); });
}

TEST_F(cuMemcpy_fresh, BeforeInit) {
  Bytes bytes(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(reinterpret_cast<CUdeviceptr>(bytes.data()), garbage_address, 64));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpy
