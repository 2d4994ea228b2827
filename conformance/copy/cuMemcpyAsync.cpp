#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyAsync {

CONFORMANCE_SUITE(cuMemcpyAsync, Context);
CONFORMANCE_SUITE(cuMemcpyAsync_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyAsync, driver().cuMemcpyAsync_ptsz};
}

TEST_F(cuMemcpyAsync, CopiesBetweenAllKindsOfMemory) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const Kind from : all_kinds()) {
      for (const Kind to : all_kinds()) {
        for (const std::size_t bytes : {1, 4'095, 65'537, 5'000'003}) {
          SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to) + ", " +
                       std::to_string(bytes) + " bytes");
          const Place source(from, bytes);
          const Place target(to, bytes);
          EXPECT_CUDA_OK(form(target.address(), source.address(), bytes, stream));
          stream.synchronize();
          EXPECT_TRUE(target.read() == source.before());
        }
      }
    }
  }
}

TEST_F(cuMemcpyAsync, CopiesPartsAtOddAddresses) {
  const Stream stream;
  for (const Kind from : all_kinds()) {
    for (const Kind to : all_kinds()) {
      SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
      const Place source(from, 3000);
      const Place target(to, 3000);
      EXPECT_CUDA_OK(
          driver().cuMemcpyAsync(target.address() + 13, source.address() + 7, 2001, stream));
      stream.synchronize();
      auto expected = target.before();
      const Bytes read = source.before();
      std::copy_n(read.begin() + 7, 2001, expected.begin() + 13);
      EXPECT_EQ(target.read(), expected);
    }
  }
}

TEST_F(cuMemcpyAsync, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::pinned, 64);
  const Place target(Kind::device, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), source.address(), 0, stream));
    EXPECT_CUDA_OK(form(0, 0, 0, stream));
  }
  stream.synchronize();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAsync, WithoutPageableMemoryItReturnsBeforeTheStreamGetsThere) {
  for (const auto& [from, to] :
       {std::pair{Kind::pinned, Kind::device}, std::pair{Kind::device, Kind::pinned},
        std::pair{Kind::device, Kind::device}}) {
    SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
    const Place source(from, 100'000);
    const Place target(to, 100'000);
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(
        driver().cuMemcpyAsync(target.address(), source.address(), source.bytes(), stream));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
    EXPECT_TRUE(target.read() == target.before());
    blocker.finish();
    EXPECT_TRUE(target.read() == source.before());
  }
}

TEST_F(cuMemcpyAsync, HasReadPageableMemoryWhenItReturns) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const std::size_t bytes : {1000, 7'000'001}) {
      const Place source(Kind::pageable, bytes);
      const Place target(Kind::device, bytes);
      EXPECT_CUDA_OK(form(target.address(), source.address(), bytes, stream));
      std::memset(source.host(), 0, bytes);
      stream.synchronize();
      EXPECT_TRUE(target.read() == source.before());
    }
  }
}

// To pageable memory the call returns when the copy is done; between host memory it is "fully
// synchronous with respect to the host".
TEST_F(cuMemcpyAsync, ToPageableMemoryItReturnsWhenTheCopyIsDone) {
  const Place target(Kind::pageable, 1000);
  for (const Kind from : all_kinds()) {
    SCOPED_TRACE(name_of(from));
    const Place source(from, 1000);
    expect_waits_for_other_streams(
        [&] { return driver().cuMemcpyAsync(target.address(), source.address(), 1000, nullptr); });
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpyAsync, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> memory(1000);
  const auto first = random_vector<unsigned>(1000);
  std::vector<unsigned> found(1000);
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  const auto host = [](const auto& values) { return reinterpret_cast<CUdeviceptr>(values.data()); };
  module.kernel("spin").launch({}, {}, 0, stream, 3'000'000ULL);
  EXPECT_CUDA_OK(driver().cuMemcpyAsync(memory, host(first), memory.bytes(), stream));
  scale_add.over(memory, stream, 3U, 1U);
  EXPECT_CUDA_OK(driver().cuMemcpyAsync(host(found), memory, memory.bytes(), stream));
  scale_add.over(memory, stream, 5U, 7U);
  stream.synchronize();
  auto expected = first;
  for (unsigned& value : expected) value = value * 3 + 1;
  EXPECT_EQ(found, expected);
  for (unsigned& value : expected) value = value * 5 + 7;
  EXPECT_EQ(memory.read(), expected);
}

TEST_F(cuMemcpyAsync, DefaultStreamIsTheLegacyOne) {
  const Place source(Kind::pinned, 1000);
  const Place target(Kind::device, 1000);
  expect_legacy_default_stream(
      [&] { return driver().cuMemcpyAsync(target.address(), source.address(), 1000, nullptr); },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyAsync, PtszDefaultStreamIsTheThreadsOwn) {
  for (const Kind to : all_kinds()) {
    const Place source(Kind::device, 1000);
    const Place target(to, 1000);
    expect_per_thread_default_stream(
        [&] {
          return driver().cuMemcpyAsync_ptsz(target.address(), source.address(), 1000, nullptr);
        },
        [&] { return target.read() == source.before(); });
  }
}

TEST_F(cuMemcpyAsync, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const Place source(Kind::pinned, 1000);
    const Place first(Kind::device, 1000);
    const Place second(Kind::device, 1000);
    expect_per_thread_default_stream(
        [&] { return form(first.address(), source.address(), 1000, CU_STREAM_PER_THREAD); },
        [&] { return first.read() == source.before(); });
    expect_legacy_default_stream(
        [&] { return form(second.address(), source.address(), 1000, CU_STREAM_LEGACY); },
        [&] { return second.read() == source.before(); });
  }
}

TEST_F(cuMemcpyAsync, RefusesANullAddress) {
  const Place memory(Kind::device, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory.address(), 0, 64, stream));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(0, memory.address(), 64, stream));
  }
}

TEST_F(cuMemcpyAsync, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory small(std::size_t{4} << 20);
  const Stream stream;
  for (const Kind kind : {Kind::pageable, Kind::pinned}) {
    const Place host(kind, small.bytes() + 1);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyAsync(small, host.address(), host.bytes(), stream));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyAsync(host.address(), small, host.bytes(), stream));
    stream.synchronize();
    EXPECT_TRUE(host.read() == host.before()) << "a refused copy wrote something";
  }
}

// Only launches are refused in a stream of another context.
TEST_F(cuMemcpyAsync, TakesAStreamOfAnotherContext) {
  const Place source(Kind::pinned, 64);
  const Place target(Kind::device, 64);
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuMemcpyAsync(target.address(), source.address(), 64, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyAsync, NeedsACurrentContext) {
  const NoContext none;
  Bytes bytes(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(reinterpret_cast<CUdeviceptr>(bytes.data()), garbage_address, 64, nullptr));
  }
}

TEST_F(cuMemcpyAsync, IsRecordedDuringCapture) {
  for (const auto& [from, to] :
       {std::pair{Kind::pinned, Kind::device}, std::pair{Kind::device, Kind::pinned},
        std::pair{Kind::device, Kind::device}}) {
    SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
    const Place source(from, 1000);
    const Place target(to, 1000);
    const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
      return driver().cuMemcpyAsync(target.address(), source.address(), 1000, stream);
    });
    EXPECT_EQ(target.read(), target.before());
    graph.run();
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpyAsync, OfPageableMemoryIsRecordedDuringCapture) {
  for (const auto& [from, to] :
       {std::pair{Kind::pageable, Kind::device}, std::pair{Kind::device, Kind::pageable}}) {
    SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
    const Place source(from, 1000);
    const Place target(to, 1000);
    const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
      return driver().cuMemcpyAsync(target.address(), source.address(), 1000, stream);
    });
    EXPECT_EQ(target.read(), target.before());
    graph.run();
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpyAsync, IntoTheLegacyStreamEndsACapture) {
  const Place source(Kind::pinned, 64);
  const Place target(Kind::device, 64);
  expect_implicit_in_capture(
      [&] { return driver().cuMemcpyAsync(target.address(), source.address(), 64, nullptr); });
}

// Undocumented.
TEST_F(cuMemcpyAsync, NeedsNoCurrentContextForAStream) {
  const Place source(Kind::device, 4000);
  const Place target(Kind::device, 4000);
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuMemcpyAsync(target.address(), source.address(), 4000, stream));
  });
  stream.synchronize();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyAsync_fresh, BeforeInit) {
  Bytes bytes(64);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(reinterpret_cast<CUdeviceptr>(bytes.data()), garbage_address, 64, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyAsync
