#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyHtoDAsync {

CONFORMANCE_SUITE(cuMemcpyHtoDAsync, Context);
CONFORMANCE_SUITE(cuMemcpyHtoDAsync_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyHtoDAsync_v2, driver().cuMemcpyHtoDAsync_v2_ptsz};
}

TEST_F(cuMemcpyHtoDAsync, CopiesFromEveryKindOfHostMemory) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      for (const std::size_t bytes : copy_sizes) {
        SCOPED_TRACE(std::to_string(bytes) + " bytes of " + name_of(kind) + " memory");
        const Place source(kind, bytes);
        const Place target(Kind::device, bytes);
        EXPECT_CUDA_OK(form(target.address(), source.host(), bytes, stream));
        stream.synchronize();
        EXPECT_TRUE(target.read() == source.before());
      }
    }
  }
}

TEST_F(cuMemcpyHtoDAsync, CopiesBetweenOddAddresses) {
  const Place source(Kind::pinned, 3000);
  const Place target(Kind::device, 3000);
  const Stream stream;
  EXPECT_CUDA_OK(
      driver().cuMemcpyHtoDAsync_v2(target.address() + 7, source.host() + 13, 2001, stream));
  stream.synchronize();
  auto expected = target.before();
  std::copy_n(source.host() + 13, 2001, expected.begin() + 7);
  EXPECT_EQ(target.read(), expected);
}

TEST_F(cuMemcpyHtoDAsync, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::pageable, 64);
  const Place target(Kind::device, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), source.host(), 0, stream));
    EXPECT_CUDA_OK(form(0, nullptr, 0, stream));
  }
  stream.synchronize();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyHtoDAsync, ReadsPinnedMemoryWhenTheStreamGetsThere) {
  const Place source(Kind::pinned, 100'000);
  const Place target(Kind::device, source.bytes());
  const Bytes later = random_bytes(source.bytes());
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(
      driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), source.bytes(), stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_TRUE(target.read() == target.before());
  std::memcpy(source.host(), later.data(), later.size());
  blocker.finish();
  EXPECT_TRUE(target.read() == later);
}

// A small pageable source is staged at once: neither the device is waited for, nor is the source
// read after the call.
TEST_F(cuMemcpyHtoDAsync, HasReadPageableMemoryWhenItReturns) {
  for (const auto form : forms()) {
    const Place source(Kind::pageable, 1000);
    const Place target(Kind::device, source.bytes());
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(form(target.address(), source.host(), source.bytes(), stream));
    std::memset(source.host(), 0, source.bytes());
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
    EXPECT_EQ(target.read(), target.before());
    blocker.finish();
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpyHtoDAsync, HasReadMuchPageableMemoryWhenItReturns) {
  const Place source(Kind::pageable, 7'000'001);
  const Place target(Kind::device, source.bytes());
  const Stream stream;
  EXPECT_CUDA_OK(
      driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), source.bytes(), stream));
  std::memset(source.host(), 0, source.bytes());
  stream.synchronize();
  EXPECT_TRUE(target.read() == source.before());
}

TEST_F(cuMemcpyHtoDAsync, KeepsTheOrderOfItsStream) {
  for (const Kind kind : {Kind::pageable, Kind::pinned}) {
    const DeviceBuffer<unsigned> target(1000);
    const Place first(kind, target.bytes());
    const Place second(kind, target.bytes());
    const Module module;
    const Kernel scale_add = module.kernel("scale_add");
    const Stream stream;
    EXPECT_CUDA_OK(driver().cuMemcpyHtoDAsync_v2(target, first.host(), target.bytes(), stream));
    scale_add.over(target, stream, 3U, 1U);
    EXPECT_CUDA_OK(
        driver().cuMemcpyHtoDAsync_v2(target, second.host(), target.bytes() / 2, stream));
    scale_add.over(target, stream, 5U, 7U);
    stream.synchronize();
    std::vector<unsigned> expected(1000);
    std::memcpy(expected.data(), first.before().data(), target.bytes());
    for (unsigned& value : expected) value = value * 3 + 1;
    std::memcpy(expected.data(), second.before().data(), target.bytes() / 2);
    for (unsigned& value : expected) value = value * 5 + 7;
    EXPECT_EQ(target.read(), expected) << name_of(kind);
  }
}

TEST_F(cuMemcpyHtoDAsync, DefaultStreamIsTheLegacyOne) {
  const Place source(Kind::pinned, 1000);
  const Place target(Kind::device, 1000);
  expect_legacy_default_stream(
      [&] { return driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), 1000, nullptr); },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyHtoDAsync, PtszDefaultStreamIsTheThreadsOwn) {
  const Place source(Kind::pinned, 1000);
  const Place target(Kind::device, 1000);
  expect_per_thread_default_stream(
      [&] {
        return driver().cuMemcpyHtoDAsync_v2_ptsz(target.address(), source.host(), 1000, nullptr);
      },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyHtoDAsync, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const Place source(Kind::pinned, 1000);
    const Place first(Kind::device, 1000);
    const Place second(Kind::device, 1000);
    expect_per_thread_default_stream(
        [&] { return form(first.address(), source.host(), 1000, CU_STREAM_PER_THREAD); },
        [&] { return first.read() == source.before(); });
    expect_legacy_default_stream(
        [&] { return form(second.address(), source.host(), 1000, CU_STREAM_LEGACY); },
        [&] { return second.read() == source.before(); });
  }
}

TEST_F(cuMemcpyHtoDAsync, RefusesANullSource) {
  const Place target(Kind::device, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.address(), nullptr, 64, stream));
  }
}

TEST_F(cuMemcpyHtoDAsync, RefusesBadTargets) {
  const Place source(Kind::pinned, 64);
  const CUdeviceptr stale = stale_address();
  const Stream stream;
  for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyHtoDAsync_v2(address, source.host(), 64, stream));
  }
}

TEST_F(cuMemcpyHtoDAsync, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory target(std::size_t{4} << 20);
  const Bytes source = random_bytes(target.bytes() + 1);
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyHtoDAsync_v2(target, source.data(), source.size(), stream));
}

// Only launches are refused in a stream of another context.
TEST_F(cuMemcpyHtoDAsync, TakesAStreamOfAnotherContext) {
  const Place source(Kind::pinned, 64);
  const Place target(Kind::device, 64);
  const Foreign foreign;
  EXPECT_CUDA_OK(
      driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), 64, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyHtoDAsync, NeedsACurrentContext) {
  const Place source(Kind::pinned, 64);
  const Place target(Kind::device, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.address(), source.host(), 64, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemcpyHtoDAsync(1, source.host(), 64, nullptr));
}

TEST_F(cuMemcpyHtoDAsync, IsRecordedDuringCapture) {
  const Place source(Kind::pinned, 1000);
  const Place target(Kind::device, 1000);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
    return driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), 1000, stream);
  });
  EXPECT_EQ(target.read(), target.before());
  const Bytes later = random_bytes(1000);
  std::memcpy(source.host(), later.data(), later.size());
  graph.run();
  EXPECT_EQ(target.read(), later);
}

TEST_F(cuMemcpyHtoDAsync, OfPageableMemoryIsRecordedDuringCapture) {
  const Place source(Kind::pageable, 1000);
  const Place target(Kind::device, 1000);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
    return driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), 1000, stream);
  });
  EXPECT_EQ(target.read(), target.before());
  graph.run();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyHtoDAsync, IntoTheLegacyStreamEndsACapture) {
  const Place source(Kind::pinned, 64);
  const Place target(Kind::device, 64);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), 64, nullptr); });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpyHtoDAsync, OldFormRefusesContextsOfToday) {
  const Place source(Kind::pageable, 64);
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyHtoDAsync(1, source.host(), 64, stream));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyHtoDAsync(0, nullptr, 0, stream));
}

// Undocumented.
TEST_F(cuMemcpyHtoDAsync, NeedsNoCurrentContextForAStream) {
  const Place source(Kind::pageable, 4000);
  const Place target(Kind::device, 4000);
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuMemcpyHtoDAsync_v2(target.address(), source.host(), 4000, stream));
  });
  stream.synchronize();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyHtoDAsync_fresh, BeforeInit) {
  const Bytes source(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, source.data(), 64, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemcpyHtoDAsync(1, source.data(), 64, nullptr));
}

}  // namespace vgpu::conformance::test_cuMemcpyHtoDAsync
