#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpyPeer {

CONFORMANCE_SUITE(cuMemcpyPeer, Context);
CONFORMANCE_SUITE(cuMemcpyPeer_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpyPeer, driver().cuMemcpyPeer_ptds};
}

void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemcpyPeer, CopiesWithinOneContext) {
  for (const auto form : forms()) {
    for (const std::size_t bytes : copy_sizes) {
      SCOPED_TRACE(std::to_string(bytes) + " bytes");
      const Place source(Kind::device, bytes);
      const Place target(Kind::device, bytes);
      EXPECT_CUDA_OK(form(target.address(), context, source.address(), context, bytes));
      finish();
      EXPECT_TRUE(target.read() == source.before());
    }
  }
}

TEST_F(cuMemcpyPeer, CopiesBetweenTwoContextsOfADevice) {
  const Foreign foreign;
  for (const auto form : forms()) {
    const Place source(Kind::device, 256);
    const Place target(Kind::device, 256);
    EXPECT_CUDA_OK(form(foreign.memory(), foreign.context(), source.address(), context, 256));
    finish();
    EXPECT_CUDA_OK(form(target.address(), context, foreign.memory(), foreign.context(), 256));
    finish();
    EXPECT_EQ(target.read(), source.before());
  }
}

TEST_F(cuMemcpyPeer, NeitherContextHasToBeCurrent) {
  const Place source(Kind::device, 256);
  const Place target(Kind::device, 256);
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_CUDA_OK(driver().cuMemcpyPeer(target.address(), context, source.address(), context, 256));
  finish();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyPeer, CopiesExactlyTheRangeAskedFor) {
  const Place source(Kind::device, 3000);
  const Place target(Kind::device, 3000);
  EXPECT_CUDA_OK(
      driver().cuMemcpyPeer(target.address() + 5, context, source.address() + 11, context, 2001));
  finish();
  auto expected = target.before();
  const Bytes from = source.before();
  std::copy_n(from.begin() + 11, 2001, expected.begin() + 5);
  EXPECT_EQ(target.read(), expected);
}

TEST_F(cuMemcpyPeer, CopiesNothingWhenTheSizeIsZero) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(target.address(), context, source.address(), context, 0));
  }
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyPeer, WorksInTheLegacyDefaultStream) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_legacy_default_stream(
      [&] {
        return driver().cuMemcpyPeer(target.address(), context, source.address(), context, 1000);
      },
      [&] { return target.read() == source.before(); });
}

TEST_F(cuMemcpyPeer, PtdsUsesTheThreadsOwnStream) {
  const Place source(Kind::device, 1000);
  const Place target(Kind::device, 1000);
  expect_per_thread_default_stream(
      [&] {
        return driver().cuMemcpyPeer_ptds(target.address(), context, source.address(), context,
                                          1000);
      },
      [&] { return target.read() == source.before(); });
}

// The addresses say where the memory is.
TEST_F(cuMemcpyPeer, TakesNullContexts) {
  for (const auto form : forms()) {
    const Place source(Kind::device, 64);
    const Place first(Kind::device, 64);
    const Place second(Kind::device, 64);
    EXPECT_CUDA_OK(form(first.address(), nullptr, source.address(), context, 64));
    EXPECT_CUDA_OK(form(second.address(), context, source.address(), nullptr, 64));
    finish();
    EXPECT_EQ(first.read(), source.before());
    EXPECT_EQ(second.read(), source.before());
  }
}

TEST_F(cuMemcpyPeer, RefusesAddressesThatWereNeverAllocated) {
  const Place memory(Kind::device, 64);
  for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyPeer(memory.address(), context, address, context, 64));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemcpyPeer(address, context, memory.address(), context, 64));
  }
}

TEST_F(cuMemcpyPeer, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory small(std::size_t{4} << 20);
  const DeviceMemory large(std::size_t{8} << 20);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyPeer(small, context, large, context, small.bytes() + 1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyPeer(large, context, small, context, small.bytes() + 1));
}

TEST_F(cuMemcpyPeer, NeedsACurrentContext) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(target.address(), context, source.address(), context, 64));
  }
}

// It is neither captured nor forbidden: the thread's own stream does the copy at once.
TEST_F(cuMemcpyPeer, PtdsIsAllowedDuringCapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  expect_safe_in_capture([&] {
    return driver().cuMemcpyPeer_ptds(target.address(), context, source.address(), context, 64);
  });
  finish();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpyPeer, OfTheLegacyStreamEndsACapture) {
  const Place source(Kind::device, 64);
  const Place target(Kind::device, 64);
  expect_implicit_in_capture([&] {
    return driver().cuMemcpyPeer(target.address(), context, source.address(), context, 64);
  });
}

TEST_F(cuMemcpyPeer_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(garbage_address, nullptr, garbage_address, nullptr, 64));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyPeer
