#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyHtoD {

CONFORMANCE_SUITE(cuMemcpyHtoD, Context);
CONFORMANCE_SUITE(cuMemcpyHtoD_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyHtoD_v2, driver().cuMemcpyHtoD_v2_ptds};
}

TEST_F(cuMemcpyHtoD, CopiesFromEveryKindOfHostMemory) {
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      for (const std::size_t bytes : copy_sizes) {
        SCOPED_TRACE(std::to_string(bytes) + " bytes of " + name_of(kind) + " memory");
        const Place source(kind, bytes);
        const Place target(Kind::device, bytes);
        EXPECT_CUDA_OK(form(target.address(), source.host(), bytes));
        check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
        EXPECT_TRUE(target.read() == source.before());
      }
    }
  }
}

TEST_F(cuMemcpyHtoD, CopiesMoreThanAStagingAreaHolds) {
  constexpr std::size_t bytes = (std::size_t{27} << 20) + 5;
  const Place source(Kind::pageable, bytes);
  const Place target(Kind::device, bytes);
  EXPECT_CUDA_OK(driver().cuMemcpyHtoD_v2(target.address(), source.host(), bytes));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_TRUE(target.read() == source.before());
}

TEST_F(cuMemcpyHtoD, CopiesBetweenOddAddresses) {
  const Place source(Kind::pageable, 3000);
  const Place target(Kind::device, 3000);
  EXPECT_CUDA_OK(driver().cuMemcpyHtoD_v2(target.address() + 7, source.host() + 13, 2001));
  auto expected = target.before();
  std::copy_n(source.host() + 13, 2001, expected.begin() + 7);
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(target.read(), expected);
}

TEST_F(cuMemcpyHtoD, CopiesNothingWhenTheSizeIsZero) {
  const Place target(Kind::device, 64);
  const Place source(Kind::pageable, 64);
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), source.host(), 0));
    EXPECT_CUDA_OK(form(0, nullptr, 0));
  }
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyHtoD, HasReadTheSourceWhenItReturns) {
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      for (const std::size_t bytes : {std::size_t{1000}, std::size_t{300'000}}) {
        const Place source(kind, bytes);
        const Place target(Kind::device, bytes);
        EXPECT_CUDA_OK(form(target.address(), source.host(), bytes));
        std::memset(source.host(), 0, bytes);
        check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
        EXPECT_TRUE(target.read() == source.before()) << name_of(kind);
      }
    }
  }
}

TEST_F(cuMemcpyHtoD, WaitsForOtherStreams) {
  const DeviceBuffer<unsigned char> target(100);
  const PinnedMemory pinned(100);
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpyHtoD_v2(target, pinned.host(), 100); });
  const Bytes pageable = random_bytes(100'000);
  const DeviceBuffer<unsigned char> larger(pageable.size());
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpyHtoD_v2(larger, pageable.data(), pageable.size()); });
  EXPECT_EQ(larger.read(), pageable);
}

TEST_F(cuMemcpyHtoD, PtdsWaitsForNoOtherStream) {
  const DeviceBuffer<unsigned char> target(100);
  const Bytes source = random_bytes(100);
  expect_waits_for_no_other_stream(
      [&] { return driver().cuMemcpyHtoD_v2_ptds(target, source.data(), 100); });
  EXPECT_EQ(target.read(), source);
}

TEST_F(cuMemcpyHtoD, PtdsComesAfterTheThreadsOwnStream) {
  const DeviceBuffer<unsigned> target(1000);
  const auto source = random_vector<unsigned>(1000);
  const Module module;
  module.kernel("spin").launch({}, {}, 0, CU_STREAM_PER_THREAD, 5'000'000ULL);
  module.kernel("fill").over(target, CU_STREAM_PER_THREAD, 1U);
  EXPECT_CUDA_OK(driver().cuMemcpyHtoD_v2_ptds(target, source.data(), target.bytes()));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(target.read(), source);
}

TEST_F(cuMemcpyHtoD, RefusesANullSource) {
  const DeviceBuffer<unsigned> target(16);
  const auto before = target.read();
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target, nullptr, 64));
  }
  EXPECT_EQ(target.read(), before);
}

TEST_F(cuMemcpyHtoD, RefusesAddressesThatWereNeverAllocated) {
  const Bytes source = random_bytes(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(0, source.data(), 64));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(garbage_address, source.data(), 64));
  }
}

TEST_F(cuMemcpyHtoD, RefusesAFreedAddress) {
  const Bytes source = random_bytes(64);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyHtoD_v2(stale_address(), source.data(), 64));
}

TEST_F(cuMemcpyHtoD, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory target(std::size_t{4} << 20);
  const Bytes source = random_bytes(target.bytes() + 1);
  Bytes before(target.bytes());
  read_device(before.data(), target, before.size());
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyHtoD_v2(target, source.data(), target.bytes() + 1));
  Bytes after(target.bytes());
  read_device(after.data(), target, after.size());
  EXPECT_TRUE(after == before) << "a refused copy wrote something";
}

TEST_F(cuMemcpyHtoD, NeedsACurrentContext) {
  const DeviceBuffer<unsigned> target(16);
  const Bytes source = random_bytes(64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target, source.data(), 64));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemcpyHtoD(static_cast<CUdeviceptr_v1>(target), source.data(), 64));
}

// Unified addressing: memory of one context may be named in any other one of the process.
TEST_F(cuMemcpyHtoD, WritesMemoryOfAnotherContext) {
  const Foreign foreign;
  const Bytes source = random_bytes(256);
  EXPECT_CUDA_OK(driver().cuMemcpyHtoD_v2(foreign.memory(), source.data(), 256));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  Bytes found(256);
  read_device(found.data(), foreign.memory(), 256);
  EXPECT_EQ(found, source);
}

// It is neither captured nor forbidden: the thread's own stream does the copy at once.
TEST_F(cuMemcpyHtoD, PtdsIsAllowedDuringCapture) {
  const Place source(Kind::pageable, 64);
  const Place target(Kind::device, 64);
  expect_safe_in_capture(
      [&] { return driver().cuMemcpyHtoD_v2_ptds(target.address(), source.host(), 64); });
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyHtoD, OfTheLegacyStreamEndsACapture) {
  const DeviceBuffer<unsigned> target(16);
  const Bytes source = random_bytes(64);
  expect_implicit_in_capture([&] { return driver().cuMemcpyHtoD_v2(target, source.data(), 64); });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpyHtoD, OldFormRefusesContextsOfToday) {
  const Place source(Kind::pageable, 64);
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyHtoD(1, source.host(), 64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyHtoD(0, nullptr, 0));
}

TEST_F(cuMemcpyHtoD_fresh, BeforeInit) {
  const Bytes source(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, source.data(), 64));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemcpyHtoD(1, source.data(), 64));
}

}  // namespace vgpu::conformance::test_cuMemcpyHtoD
