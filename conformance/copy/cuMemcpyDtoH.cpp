#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyDtoH {

CONFORMANCE_SUITE(cuMemcpyDtoH, Context);
CONFORMANCE_SUITE(cuMemcpyDtoH_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyDtoH_v2, driver().cuMemcpyDtoH_v2_ptds};
}

TEST_F(cuMemcpyDtoH, CopiesToEveryKindOfHostMemory) {
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      for (const std::size_t bytes : copy_sizes) {
        SCOPED_TRACE(std::to_string(bytes) + " bytes of " + name_of(kind) + " memory");
        const Place source(Kind::device, bytes);
        const Place target(kind, bytes);
        EXPECT_CUDA_OK(form(target.host(), source.address(), bytes));
        EXPECT_TRUE(target.read() == source.before());
      }
    }
  }
}

TEST_F(cuMemcpyDtoH, CopiesMoreThanAStagingAreaHolds) {
  constexpr std::size_t bytes = (std::size_t{27} << 20) + 5;
  const Place source(Kind::device, bytes);
  const Place target(Kind::pageable, bytes);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2(target.host(), source.address(), bytes));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_TRUE(target.read() == source.before());
}

TEST_F(cuMemcpyDtoH, CopiesBetweenOddAddresses) {
  const Place source(Kind::device, 3000);
  const Place target(Kind::pageable, 3000);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2(target.host() + 13, source.address() + 7, 2001));
  auto expected = target.before();
  const Bytes from = source.before();
  std::copy_n(from.begin() + 7, 2001, expected.begin() + 13);
  EXPECT_EQ(target.read(), expected);
}

TEST_F(cuMemcpyDtoH, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pageable, 64);
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.host(), source.address(), 0));
    EXPECT_CUDA_OK(form(nullptr, 0, 0));
  }
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyDtoH, WaitsForOtherStreams) {
  const DeviceBuffer<unsigned char> source(100'000);
  Bytes pageable(source.size());
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpyDtoH_v2(pageable.data(), source, pageable.size()); });
  EXPECT_EQ(pageable, source.read());
  const PinnedMemory pinned(100);
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpyDtoH_v2(pinned.host(), source, 100); });
}

TEST_F(cuMemcpyDtoH, SeesTheEarlierWorkOfAnOrdinaryStream) {
  const DeviceBuffer<unsigned> source(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("spin").launch({}, {}, 0, stream, 5'000'000ULL);
  module.kernel("fill").over(source, stream, value);
  std::vector<unsigned> found(source.size());
  EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2(found.data(), source, source.bytes()));
  EXPECT_EQ(found, std::vector<unsigned>(source.size(), value));
}

TEST_F(cuMemcpyDtoH, PtdsWaitsForNoOtherStream) {
  const DeviceBuffer<unsigned char> source(100);
  const auto expected = source.read();
  Bytes found(100);
  expect_waits_for_no_other_stream(
      [&] { return driver().cuMemcpyDtoH_v2_ptds(found.data(), source, 100); });
  EXPECT_EQ(found, expected);
}

TEST_F(cuMemcpyDtoH, PtdsSeesTheWorkOfTheThreadsOwnStream) {
  const DeviceBuffer<unsigned> source(1000);
  const Module module;
  module.kernel("spin").launch({}, {}, 0, CU_STREAM_PER_THREAD, 5'000'000ULL);
  module.kernel("fill").over(source, CU_STREAM_PER_THREAD, 7U);
  std::vector<unsigned> found(source.size());
  EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2_ptds(found.data(), source, source.bytes()));
  EXPECT_EQ(found, std::vector<unsigned>(source.size(), 7));
}

TEST_F(cuMemcpyDtoH, RefusesANullTarget) {
  const DeviceBuffer<unsigned> source(16);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, source, 64));
  }
}

TEST_F(cuMemcpyDtoH, RefusesAddressesThatWereNeverAllocated) {
  const Place target(Kind::pageable, 64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.host(), 0, 64));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.host(), garbage_address, 64));
  }
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyDtoH, RefusesAFreedAddress) {
  const Place target(Kind::pageable, 64);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyDtoH_v2(target.host(), stale_address(), 64));
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyDtoH, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory source(std::size_t{4} << 20);
  const Place target(Kind::pageable, source.bytes() + 1);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyDtoH_v2(target.host(), source, target.bytes()));
  EXPECT_TRUE(target.read() == target.before()) << "a refused copy wrote something";
}

TEST_F(cuMemcpyDtoH, NeedsACurrentContext) {
  const DeviceBuffer<unsigned> source(16);
  Bytes found(64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(found.data(), source, 64));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemcpyDtoH(found.data(), static_cast<CUdeviceptr_v1>(source), 64));
}

TEST_F(cuMemcpyDtoH, ReadsMemoryOfAnotherContext) {
  const Foreign foreign;
  const Bytes written = random_bytes(256);
  write_device(foreign.memory(), written.data(), 256);
  Bytes found(256);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2(found.data(), foreign.memory(), 256));
  EXPECT_EQ(found, written);
}

TEST_F(cuMemcpyDtoH, TwoThreadsCopyAtOnce) {
  const Place first(Kind::device, 3'000'001);
  const Place second(Kind::device, 5'000'001);
  const auto copy_many = [](const Place& source) {
    for (int i = 0; i < 5; ++i) {
      Bytes found(source.bytes());
      EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2_ptds(found.data(), source.address(), found.size()));
      EXPECT_TRUE(found == source.before());
    }
  };
  std::thread other([&] { on_other_thread(context, [&] { copy_many(second); }); });
  copy_many(first);
  other.join();
}

// It is neither captured nor forbidden: the thread's own stream does the copy at once.
TEST_F(cuMemcpyDtoH, PtdsIsAllowedDuringCapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pageable, 64);
  expect_safe_in_capture(
      [&] { return driver().cuMemcpyDtoH_v2_ptds(target.host(), source.address(), 64); });
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoH, OfTheLegacyStreamEndsACapture) {
  const DeviceBuffer<unsigned> source(16);
  Bytes found(64);
  expect_implicit_in_capture([&] { return driver().cuMemcpyDtoH_v2(found.data(), source, 64); });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpyDtoH, OldFormRefusesContextsOfToday) {
  const Place target(Kind::pageable, 64);
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoH(target.host(), 1, 64));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoH(nullptr, 0, 0));
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyDtoH_fresh, BeforeInit) {
  Bytes found(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(found.data(), garbage_address, 64));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemcpyDtoH(found.data(), 1, 64));
}

}  // namespace vgpu::conformance::test_cuMemcpyDtoH
