#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyPeerAsync {

CONFORMANCE_SUITE(cuMemcpyPeerAsync, Context);
CONFORMANCE_SUITE(cuMemcpyPeerAsync_fresh, Uninitialised);

using Form = decltype(DriverTable::cuMemcpyPeerAsync);

auto forms() {
  return std::array{driver().cuMemcpyPeerAsync, driver().cuMemcpyPeerAsync_ptsz};
}

/// All of `source` to `target`, both in the current context.
CUresult copy(Form form, const Place& target, const Place& source, CUstream stream) {
  const CUcontext context = current_context();
  return form(target.address(), context, source.address(), context, source.bytes(), stream);
}

TEST_F(cuMemcpyPeerAsync, CopiesWithinOneContext) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const std::size_t bytes : copy_sizes) {
      SCOPED_TRACE(std::to_string(bytes) + " bytes");
      const Place source(Kind::device, bytes);
      const Place target(Kind::device, bytes);
      EXPECT_CUDA_OK(copy(form, target, source, stream));
      stream.synchronize();
      EXPECT_TRUE(target.read() == source.before());
    }
  }
}

TEST_F(cuMemcpyPeerAsync, CopiesBetweenTwoContextsOfADevice) {
  const Foreign foreign;
  const Stream stream;
  for (const auto form : forms()) {
    const Place source(Kind::device, 256);
    const Place target(Kind::device, 256);
    EXPECT_CUDA_OK(
        form(foreign.memory(), foreign.context(), source.address(), context, 256, stream));
    EXPECT_CUDA_OK(
        form(target.address(), context, foreign.memory(), foreign.context(), 256, stream));
    stream.synchronize();
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpyPeerAsync, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), context, source.address(), context, 0, stream));
  }
  stream.synchronize();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyPeerAsync, ReturnsBeforeTheStreamGetsThere) {
  for (const auto form : forms()) {
    const Place source(Kind::device, 1000);
    const Place target(Kind::device, 1000);
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(copy(form, target, source, stream));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
    EXPECT_EQ(target.read(), target.before());
    blocker.finish();
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpyPeerAsync, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> source(1000);
  const DeviceBuffer<unsigned> target(1000);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  fill.over(source, stream, 5U);
  EXPECT_CUDA_OK(
      driver().cuMemcpyPeerAsync(target, context, source, context, source.bytes(), stream));
  fill.over(source, stream, 6U);
  module.kernel("add").over(target, stream, 10U);
  stream.synchronize();
  EXPECT_EQ(target.read(), std::vector<unsigned>(1000, 15));
}

TEST_F(cuMemcpyPeerAsync, DefaultStreamIsTheLegacyOne) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_legacy_default_stream(
      [&] { return copy(driver().cuMemcpyPeerAsync, target, source, nullptr); },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyPeerAsync, PtszDefaultStreamIsTheThreadsOwn) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_per_thread_default_stream(
      [&] { return copy(driver().cuMemcpyPeerAsync_ptsz, target, source, nullptr); },
      [&] { return target.read() == source.before(); });
}

// The addresses say where the memory is.
TEST_F(cuMemcpyPeerAsync, TakesNullContexts) {
  const Stream stream;
  for (const auto form : forms()) {
    const Place source(Kind::device, 64);
    const Place first(Kind::device, 64);
    const Place second(Kind::device, 64);
    EXPECT_CUDA_OK(form(first.address(), nullptr, source.address(), context, 64, stream));
    EXPECT_CUDA_OK(form(second.address(), context, source.address(), nullptr, 64, stream));
    stream.synchronize();
    EXPECT_EQ(first.read(), source.before());
    EXPECT_EQ(second.read(), source.before());
  }
}

TEST_F(cuMemcpyPeerAsync, RefusesBadAddresses) {
  const Place memory(Kind::device, 64);
  const CUdeviceptr stale = stale_address();
  const Stream stream;
  for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyPeerAsync(memory.address(), context,
                                                                     address, context, 64, stream));
    EXPECT_CUDA(
        CUDA_ERROR_INVALID_VALUE,
        driver().cuMemcpyPeerAsync(address, context, memory.address(), context, 64, stream));
  }
}

// Only launches are refused in a stream of another context.
TEST_F(cuMemcpyPeerAsync, TakesAStreamOfAnotherContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const Foreign foreign;
  EXPECT_CUDA_OK(copy(driver().cuMemcpyPeerAsync, target, source, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyPeerAsync, NeedsACurrentContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(target.address(), context, source.address(), context, 64, nullptr));
  }
}

// The driver cannot capture it.
TEST_F(cuMemcpyPeerAsync, EndsTheCaptureOfItsStream) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              copy(driver().cuMemcpyPeerAsync, target, source, stream));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  stream.synchronize();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyPeerAsync, IntoTheLegacyStreamEndsACapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  expect_implicit_in_capture(
      [&] { return copy(driver().cuMemcpyPeerAsync, target, source, nullptr); });
}

TEST_F(cuMemcpyPeerAsync_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(garbage_address, nullptr, garbage_address, nullptr, 64, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyPeerAsync
