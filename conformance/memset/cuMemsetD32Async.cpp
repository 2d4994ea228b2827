#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemsetD32Async {

CONFORMANCE_SUITE(cuMemsetD32Async, Context);
CONFORMANCE_SUITE(cuMemsetD32Async_fresh, Uninitialised);

constexpr std::size_t count = 1000;

std::vector<unsigned> all(unsigned value) {
  return std::vector<unsigned>(count, value);
}

/// Both exported forms, for what they have in common.
auto forms() {
  return std::array{driver().cuMemsetD32Async, driver().cuMemsetD32Async_ptsz};
}

TEST_F(cuMemsetD32Async, SetsEveryElement) {
  for (const auto form : forms()) {
    const DeviceBuffer<unsigned> buffer(count);
    const auto value = random_value<unsigned>();
    const Stream stream;
    EXPECT_CUDA_OK(form(buffer, value, count, stream));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), all(value));
  }
}

TEST_F(cuMemsetD32Async, SetsExactlyTheRangeAskedFor) {
  const auto before = random_vector<unsigned>(count);
  const DeviceBuffer<unsigned> buffer(before);
  const auto value = random_value<unsigned>();
  const std::size_t first = 1 + random_below(count / 2);
  const std::size_t length = 1 + random_below(count / 2 - 1);
  auto expected = before;
  std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(first), length, value);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer.at(first), value, length, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), expected);
}

TEST_F(cuMemsetD32Async, SetsManyMebibytes) {
  constexpr std::size_t many = std::size_t{4} << 20;
  const DeviceBuffer<unsigned> buffer(many);
  const auto value = random_value<unsigned>();
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, value, many, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(many, value));
}

TEST_F(cuMemsetD32Async, SetsNothingWhenTheCountIsZero) {
  const auto before = random_vector<unsigned>(count);
  const DeviceBuffer<unsigned> buffer(before);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, ~before[0], 0, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuMemsetD32Async, WorksOnPinnedMemory) {
  const PinnedMemory pinned(count * sizeof(unsigned));
  const auto value = random_value<unsigned>();
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(pinned.device(), value, count, stream));
  stream.synchronize();
  EXPECT_EQ(std::vector<unsigned>(pinned.host<unsigned>(), pinned.host<unsigned>() + count),
            all(value));
}

TEST_F(cuMemsetD32Async, ReturnsBeforeTheStreamGetsThere) {
  const auto before = random_vector<unsigned>(count);
  const DeviceBuffer<unsigned> buffer(before);
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, ~before[0], count, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(buffer.read(), before);
  blocker.finish();
  EXPECT_EQ(buffer.read(), all(~before[0]));
}

TEST_F(cuMemsetD32Async, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> buffer(count);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  scale_add.over(buffer, stream, 3U, 1U);
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, value, count, stream));
  scale_add.over(buffer, stream, 5U, 7U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), all(value * 5 + 7));
}

TEST_F(cuMemsetD32Async, DefaultStreamIsTheLegacyOne) {
  const DeviceBuffer<unsigned> buffer(all(1));
  expect_legacy_default_stream([&] { return driver().cuMemsetD32Async(buffer, 2, count, nullptr); },
                               [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD32Async, PtszDefaultStreamIsTheThreadsOwn) {
  const DeviceBuffer<unsigned> buffer(all(1));
  expect_per_thread_default_stream(
      [&] { return driver().cuMemsetD32Async_ptsz(buffer, 2, count, nullptr); },
      [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD32Async, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const DeviceBuffer<unsigned> buffer(all(1));
    expect_per_thread_default_stream([&] { return form(buffer, 2, count, CU_STREAM_PER_THREAD); },
                                     [&] { return buffer.read() == all(2); });
    expect_legacy_default_stream([&] { return form(buffer, 3, count, CU_STREAM_LEGACY); },
                                 [&] { return buffer.read() == all(3); });
  }
}

TEST_F(cuMemsetD32Async, TwoThreadsHaveTwoPerThreadStreams) {
  const DeviceBuffer<unsigned> buffer(all(1));
  const Blocker blocker(CU_STREAM_PER_THREAD);
  on_other_thread(context, [&] {
    EXPECT_CUDA_OK(driver().cuMemsetD32Async_ptsz(buffer, 2, count, nullptr));
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
  });
  EXPECT_EQ(buffer.read(), all(2));
}

TEST_F(cuMemsetD32Async, RefusesAnUnalignedAddress) {
  const auto before = random_vector<unsigned>(count);
  const DeviceBuffer<unsigned> buffer(before);
  const Stream stream;
  for (const auto form : forms()) {
    for (const unsigned offset : {1U, 2U, 3U}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(buffer + offset, ~before[0], 1, stream));
    }
  }
  stream.synchronize();
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuMemsetD32Async, RefusesAddressesThatWereNeverAllocated) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD32Async(0, 1, 1, stream));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD32Async(garbage_address, 1, 1, stream));
}

TEST_F(cuMemsetD32Async, RefusesAFreedAddress) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD32Async(stale_address(), 1, 1, stream));
}

// A size whose end wraps around is not noticed, and not asked for: the memset itself would fail.
TEST_F(cuMemsetD32Async, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory memory(std::size_t{4} << 20);
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemsetD32Async(memory, 1, memory.bytes() / 4 + 1, stream));
}

// Undocumented.
TEST_F(cuMemsetD32Async, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(foreign.memory(), 1, 16, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuMemsetD32Async, NeedsACurrentContext) {
  const DeviceBuffer<unsigned> buffer(count);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(buffer, 1, count, nullptr));
  }
}

TEST_F(cuMemsetD32Async, IsRecordedDuringCapture) {
  const auto before = random_vector<unsigned>(count);
  const DeviceBuffer<unsigned> buffer(before);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMSET, [&](CUstream stream) {
    return driver().cuMemsetD32Async(buffer, ~before[0], count, stream);
  });
  EXPECT_EQ(buffer.read(), before);
  graph.run();
  EXPECT_EQ(buffer.read(), all(~before[0]));
}

TEST_F(cuMemsetD32Async, IntoTheLegacyStreamEndsACapture) {
  const DeviceBuffer<unsigned> buffer(count);
  expect_implicit_in_capture([&] { return driver().cuMemsetD32Async(buffer, 1, count, nullptr); });
}

// Undocumented.
TEST_F(cuMemsetD32Async, NeedsNoCurrentContextForAStream) {
  const DeviceBuffer<unsigned> buffer(100);
  const Stream stream;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, 7, 100, stream)); });
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(100, 7));
}

TEST_F(cuMemsetD32Async_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, 1, 1, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemsetD32Async
