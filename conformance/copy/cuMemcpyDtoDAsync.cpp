#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyDtoDAsync {

CONFORMANCE_SUITE(cuMemcpyDtoDAsync, Context);
CONFORMANCE_SUITE(cuMemcpyDtoDAsync_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyDtoDAsync_v2, driver().cuMemcpyDtoDAsync_v2_ptsz};
}

TEST_F(cuMemcpyDtoDAsync, CopiesEveryByteAndNoMore) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const std::size_t bytes : copy_sizes) {
      SCOPED_TRACE(std::to_string(bytes) + " bytes");
      const Place source(Kind::device, bytes);
      const Place target(Kind::device, bytes);
      EXPECT_CUDA_OK(form(target.address(), source.address(), bytes, stream));
      stream.synchronize();
      EXPECT_TRUE(target.read() == source.before());
      EXPECT_TRUE(source.read() == source.before());
    }
  }
}

TEST_F(cuMemcpyDtoDAsync, CopiesBetweenOddAddresses) {
  const Place source(Kind::device, 3000);
  const Place target(Kind::device, 3000);
  const Stream stream;
  EXPECT_CUDA_OK(
      driver().cuMemcpyDtoDAsync_v2(target.address() + 5, source.address() + 11, 2001, stream));
  stream.synchronize();
  auto expected = target.before();
  const Bytes from = source.before();
  std::copy_n(from.begin() + 11, 2001, expected.begin() + 5);
  EXPECT_EQ(target.read(), expected);
}

TEST_F(cuMemcpyDtoDAsync, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), source.address(), 0, stream));
    EXPECT_CUDA_OK(form(0, 0, 0, stream));
  }
  stream.synchronize();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyDtoDAsync, ReturnsBeforeTheStreamGetsThere) {
  for (const auto form : forms()) {
    const Place source(Kind::device, 100'000);
    const Place target(Kind::device, 100'000);
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(form(target.address(), source.address(), 100'000, stream));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
    EXPECT_TRUE(target.read() == target.before());
    blocker.finish();
    EXPECT_TRUE(target.read() == source.before());
  }
}

TEST_F(cuMemcpyDtoDAsync, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> a(std::vector<unsigned>(1000, 1));
  const DeviceBuffer<unsigned> b(1000);
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  unsigned expected = 1;
  for (unsigned step = 1; step <= 30; ++step) {
    scale_add.over(a, stream, step, 3U);
    EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(b, a, a.bytes(), stream));
    scale_add.over(b, stream, 5U, step);
    EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(a, b, a.bytes(), stream));
    expected = (expected * step + 3) * 5 + step;
  }
  stream.synchronize();
  EXPECT_EQ(a.read(), std::vector<unsigned>(1000, expected));
}

TEST_F(cuMemcpyDtoDAsync, WaitsForAnEventOfAnotherStream) {
  const Place source(Kind::device, 1000);
  const Place middle(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  const Stream first;
  const Stream second;
  const Event between;
  Blocker blocker(first);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(middle.address(), source.address(), 1000, first));
  between.record(first);
  check(driver().cuStreamWaitEvent(second, between, 0), "cuStreamWaitEvent");
  EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(target.address(), middle.address(), 1000, second));
  EXPECT_EQ(target.read(), target.before());
  blocker.release();
  second.synchronize();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoDAsync, DefaultStreamIsTheLegacyOne) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_legacy_default_stream(
      [&] {
        return driver().cuMemcpyDtoDAsync_v2(target.address(), source.address(), 1000, nullptr);
      },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyDtoDAsync, PtszDefaultStreamIsTheThreadsOwn) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_per_thread_default_stream(
      [&] {
        return driver().cuMemcpyDtoDAsync_v2_ptsz(target.address(), source.address(), 1000,
                                                  nullptr);
      },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyDtoDAsync, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const Place source(Kind::device, 1000);
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

TEST_F(cuMemcpyDtoDAsync, TwoThreadsHaveTwoPerThreadStreams) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  const Blocker blocker(CU_STREAM_PER_THREAD);
  on_other_thread(context, [&] {
    EXPECT_CUDA_OK(
        driver().cuMemcpyDtoDAsync_v2_ptsz(target.address(), source.address(), 1000, nullptr));
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
  });
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoDAsync, RefusesBadAddresses) {
  const Place memory(Kind::device, 64);
  const CUdeviceptr stale = stale_address();
  const Stream stream;
  for (const auto form : forms()) {
    for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory.address(), address, 64, stream));
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(address, memory.address(), 64, stream));
    }
  }
  stream.synchronize();
  EXPECT_EQ(memory.read(), memory.before());
}

TEST_F(cuMemcpyDtoDAsync, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory small(std::size_t{4} << 20);
  const DeviceMemory large(std::size_t{8} << 20);
  const Stream stream;
  for (const std::size_t bytes : {small.bytes() + 1, SIZE_MAX}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyDtoDAsync_v2(small, large, bytes, stream));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyDtoDAsync_v2(large, small, bytes, stream));
  }
}

// Only launches are refused in a stream of another context.
TEST_F(cuMemcpyDtoDAsync, TakesAStreamOfAnotherContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const Foreign foreign;
  EXPECT_CUDA_OK(
      driver().cuMemcpyDtoDAsync_v2(target.address(), source.address(), 64, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoDAsync, NeedsACurrentContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.address(), source.address(), 64, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoDAsync(1, 1, 64, nullptr));
}

TEST_F(cuMemcpyDtoDAsync, IsRecordedDuringCapture) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
    return driver().cuMemcpyDtoDAsync_v2(target.address(), source.address(), 1000, stream);
  });
  EXPECT_EQ(target.read(), target.before());
  graph.run();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoDAsync, IntoTheLegacyStreamEndsACapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  expect_implicit_in_capture([&] {
    return driver().cuMemcpyDtoDAsync_v2(target.address(), source.address(), 64, nullptr);
  });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpyDtoDAsync, OldFormRefusesContextsOfToday) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoDAsync(1, 1, 64, stream));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpyDtoDAsync(0, 0, 0, stream));
}

// Undocumented.
TEST_F(cuMemcpyDtoDAsync, NeedsNoCurrentContextForAStream) {
  const Place source(Kind::device, 4000);
  const Place target(Kind::device, 4000);
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(target.address(), source.address(), 4000, stream));
  });
  stream.synchronize();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyDtoDAsync_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, garbage_address, 64, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemcpyDtoDAsync(1, 1, 64, nullptr));
}

}  // namespace vgpu::conformance::test_cuMemcpyDtoDAsync
