#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyDtoHAsync {

CONFORMANCE_SUITE(cuMemcpyDtoHAsync, Context);
CONFORMANCE_SUITE(cuMemcpyDtoHAsync_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyDtoHAsync_v2, driver().cuMemcpyDtoHAsync_v2_ptsz};
}

TEST_F(cuMemcpyDtoHAsync, CopiesToEveryKindOfHostMemory) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      for (const std::size_t bytes : copy_sizes) {
        SCOPED_TRACE(std::to_string(bytes) + " bytes of " + name_of(kind) + " memory");
        const Place source(Kind::device, bytes);
        const Place target(kind, bytes);
        EXPECT_CUDA_OK(form(target.host(), source.address(), bytes, stream));
        stream.synchronize();
        EXPECT_TRUE(target.read() == source.before());
      }
    }
  }
}

TEST_F(cuMemcpyDtoHAsync, CopiesBetweenOddAddresses) {
  for (const Kind kind : {Kind::pageable, Kind::pinned}) {
    const Place source(Kind::device, 3000);
    const Place target(kind, 3000);
    const Stream stream;
    EXPECT_CUDA_OK(
        driver().cuMemcpyDtoHAsync_v2(target.host() + 13, source.address() + 7, 2001, stream));
    stream.synchronize();
    auto expected = target.before();
    const Bytes from = source.before();
    std::copy_n(from.begin() + 7, 2001, expected.begin() + 13);
    EXPECT_EQ(target.read(), expected);
  }
}

TEST_F(cuMemcpyDtoHAsync, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pageable, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.host(), source.address(), 0, stream));
    EXPECT_CUDA_OK(form(nullptr, 0, 0, stream));
  }
  stream.synchronize();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyDtoHAsync, ToPinnedMemoryItReturnsBeforeTheStreamGetsThere) {
  for (const auto form : forms()) {
    const Place source(Kind::device, 100'000);
    const Place target(Kind::pinned, source.bytes());
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(form(target.host(), source.address(), source.bytes(), stream));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
    EXPECT_TRUE(target.read() == target.before());
    blocker.finish();
    EXPECT_TRUE(target.read() == source.before());
  }
}

// "For transfers from device memory to pageable host memory, the function will return only once
// the copy has completed."
TEST_F(cuMemcpyDtoHAsync, ToPageableMemoryItReturnsWhenTheCopyIsDone) {
  const Place source(Kind::device, 100'000);
  const Place target(Kind::pageable, source.bytes());
  expect_waits_for_other_streams([&] {
    return driver().cuMemcpyDtoHAsync_v2(target.host(), source.address(), source.bytes(), nullptr);
  });
  EXPECT_TRUE(target.read() == source.before());
}

TEST_F(cuMemcpyDtoHAsync, KeepsTheOrderOfItsStream) {
  for (const Kind kind : {Kind::pageable, Kind::pinned}) {
    const DeviceBuffer<unsigned> source(1000);
    const Place first(kind, source.bytes());
    const Place second(kind, source.bytes());
    const Module module;
    const Kernel fill = module.kernel("fill");
    const Stream stream;
    module.kernel("spin").launch({}, {}, 0, stream, 3'000'000ULL);
    fill.over(source, stream, 3U);
    EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(first.host(), source, source.bytes(), stream));
    fill.over(source, stream, 4U);
    EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(second.host(), source, source.bytes(), stream));
    fill.over(source, stream, 5U);
    stream.synchronize();
    std::vector<unsigned> found(1000);
    std::memcpy(found.data(), first.read().data(), source.bytes());
    EXPECT_EQ(found, std::vector<unsigned>(1000, 3)) << name_of(kind);
    std::memcpy(found.data(), second.read().data(), source.bytes());
    EXPECT_EQ(found, std::vector<unsigned>(1000, 4)) << name_of(kind);
  }
}

TEST_F(cuMemcpyDtoHAsync, DefaultStreamIsTheLegacyOne) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::pinned, 1000);
  expect_legacy_default_stream(
      [&] { return driver().cuMemcpyDtoHAsync_v2(target.host(), source.address(), 1000, nullptr); },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyDtoHAsync, PtszDefaultStreamIsTheThreadsOwn) {
  const Place source(Kind::device, 1000);
  for (const Kind kind : {Kind::pageable, Kind::pinned}) {
    const Place target(kind, 1000);
    expect_per_thread_default_stream(
        [&] {
          return driver().cuMemcpyDtoHAsync_v2_ptsz(target.host(), source.address(), 1000, nullptr);
        },
        [&] { return target.read() == source.before(); });
  }
}

TEST_F(cuMemcpyDtoHAsync, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const Place source(Kind::device, 1000);
    const Place first(Kind::pinned, 1000);
    const Place second(Kind::pinned, 1000);
    expect_per_thread_default_stream(
        [&] { return form(first.host(), source.address(), 1000, CU_STREAM_PER_THREAD); },
        [&] { return first.read() == source.before(); });
    expect_legacy_default_stream(
        [&] { return form(second.host(), source.address(), 1000, CU_STREAM_LEGACY); },
        [&] { return second.read() == source.before(); });
  }
}

TEST_F(cuMemcpyDtoHAsync, RefusesANullTarget) {
  const Place source(Kind::device, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, source.address(), 64, stream));
  }
}

TEST_F(cuMemcpyDtoHAsync, RefusesBadSources) {
  const CUdeviceptr stale = stale_address();
  const Stream stream;
  for (const Kind kind : {Kind::pageable, Kind::pinned}) {
    const Place target(kind, 64);
    for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                  driver().cuMemcpyDtoHAsync_v2(target.host(), address, 64, stream));
    }
    EXPECT_EQ(target.read(), target.before());
  }
}

TEST_F(cuMemcpyDtoHAsync, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory source(std::size_t{4} << 20);
  const Stream stream;
  for (const Kind kind : {Kind::pageable, Kind::pinned}) {
    const Place target(kind, source.bytes() + 1);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyDtoHAsync_v2(target.host(), source, target.bytes(), stream));
    stream.synchronize();
    EXPECT_TRUE(target.read() == target.before()) << "a refused copy wrote something";
  }
}

// Only launches are refused in a stream of another context.
TEST_F(cuMemcpyDtoHAsync, TakesAStreamOfAnotherContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pinned, 64);
  const Foreign foreign;
  EXPECT_CUDA_OK(
      driver().cuMemcpyDtoHAsync_v2(target.host(), source.address(), 64, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoHAsync, NeedsACurrentContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pageable, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.host(), source.address(), 64, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemcpyDtoHAsync(target.host(), 1, 64, nullptr));
}

TEST_F(cuMemcpyDtoHAsync, IsRecordedDuringCapture) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::pinned, 1000);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
    return driver().cuMemcpyDtoHAsync_v2(target.host(), source.address(), 1000, stream);
  });
  EXPECT_EQ(target.read(), target.before());
  graph.run();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoHAsync, ToPageableMemoryIsRecordedDuringCapture) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::pageable, 1000);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
    return driver().cuMemcpyDtoHAsync_v2(target.host(), source.address(), 1000, stream);
  });
  EXPECT_EQ(target.read(), target.before());
  graph.run();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoHAsync, IntoTheLegacyStreamEndsACapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::pinned, 64);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyDtoHAsync_v2(target.host(), source.address(), 64, nullptr); });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpyDtoHAsync, OldFormRefusesContextsOfToday) {
  const Place target(Kind::pageable, 64);
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoHAsync(target.host(), 1, 64, stream));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoHAsync(nullptr, 0, 0, stream));
  EXPECT_EQ(target.read(), target.before());
}

// Undocumented.
TEST_F(cuMemcpyDtoHAsync, NeedsNoCurrentContextForAStream) {
  const Place source(Kind::device, 4000);
  const Place target(Kind::pageable, 4000);
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(target.host(), source.address(), 4000, stream));
  });
  stream.synchronize();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoHAsync_fresh, BeforeInit) {
  Bytes target(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(target.data(), garbage_address, 64, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemcpyDtoHAsync(target.data(), 1, 64, nullptr));
}

}  // namespace vgpu::conformance::test_cuMemcpyDtoHAsync
