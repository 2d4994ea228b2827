#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemsetD16Async {

CONFORMANCE_SUITE(cuMemsetD16Async, Context);
CONFORMANCE_SUITE(cuMemsetD16Async_fresh, Uninitialised);

using Element = unsigned short;
constexpr std::size_t count = 1000;

std::vector<Element> all(Element value) {
  return std::vector<Element>(count, value);
}

/// Another value than `value`.
Element other(Element value) {
  return static_cast<Element>(~value);
}

/// Both exported forms, for what they have in common.
auto forms() {
  return std::array{driver().cuMemsetD16Async, driver().cuMemsetD16Async_ptsz};
}

TEST_F(cuMemsetD16Async, SetsEveryElement) {
  for (const auto form : forms()) {
    const DeviceBuffer<Element> buffer(count);
    const auto value = random_value<Element>();
    const Stream stream;
    EXPECT_CUDA_OK(form(buffer, value, count, stream));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), all(value));
  }
}

TEST_F(cuMemsetD16Async, SetsExactlyTheRangeAskedFor) {
  const auto before = random_vector<Element>(count);
  const DeviceBuffer<Element> buffer(before);
  const auto value = random_value<Element>();
  const std::size_t first = 1 + random_below(count / 2);
  const std::size_t length = 1 + random_below(count / 2 - 1);
  auto expected = before;
  std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(first), length, value);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD16Async(buffer.at(first), value, length, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), expected);
}

TEST_F(cuMemsetD16Async, SetsManyMebibytes) {
  constexpr std::size_t many = std::size_t{4} << 20;
  const DeviceBuffer<Element> buffer(many);
  const auto value = random_value<Element>();
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD16Async(buffer, value, many, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<Element>(many, value));
}

TEST_F(cuMemsetD16Async, SetsNothingWhenTheCountIsZero) {
  const auto before = random_vector<Element>(count);
  const DeviceBuffer<Element> buffer(before);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD16Async(buffer, other(before[0]), 0, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuMemsetD16Async, WorksOnPinnedMemory) {
  const PinnedMemory pinned(count * sizeof(Element));
  const auto value = random_value<Element>();
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemsetD16Async(pinned.device(), value, count, stream));
  stream.synchronize();
  EXPECT_EQ(std::vector<Element>(pinned.host<Element>(), pinned.host<Element>() + count),
            all(value));
}

TEST_F(cuMemsetD16Async, ReturnsBeforeTheStreamGetsThere) {
  const auto before = random_vector<Element>(count);
  const DeviceBuffer<Element> buffer(before);
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemsetD16Async(buffer, other(before[0]), count, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(buffer.read(), before);
  blocker.finish();
  EXPECT_EQ(buffer.read(), all(other(before[0])));
}

TEST_F(cuMemsetD16Async, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> buffer(count);
  const auto value = random_value<Element>();
  const unsigned word = value * 0x00010001U;
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  scale_add.over(buffer, stream, 3U, 1U);
  EXPECT_CUDA_OK(
      driver().cuMemsetD16Async(buffer, value, buffer.bytes() / sizeof(Element), stream));
  scale_add.over(buffer, stream, 5U, 7U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(count, word * 5 + 7));
}

TEST_F(cuMemsetD16Async, DefaultStreamIsTheLegacyOne) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_legacy_default_stream([&] { return driver().cuMemsetD16Async(buffer, 2, count, nullptr); },
                               [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD16Async, PtszDefaultStreamIsTheThreadsOwn) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_per_thread_default_stream(
      [&] { return driver().cuMemsetD16Async_ptsz(buffer, 2, count, nullptr); },
      [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD16Async, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const DeviceBuffer<Element> buffer(all(1));
    expect_per_thread_default_stream([&] { return form(buffer, 2, count, CU_STREAM_PER_THREAD); },
                                     [&] { return buffer.read() == all(2); });
    expect_legacy_default_stream([&] { return form(buffer, 3, count, CU_STREAM_LEGACY); },
                                 [&] { return buffer.read() == all(3); });
  }
}

TEST_F(cuMemsetD16Async, TwoThreadsHaveTwoPerThreadStreams) {
  const DeviceBuffer<Element> buffer(all(1));
  const Blocker blocker(CU_STREAM_PER_THREAD);
  on_other_thread(context, [&] {
    EXPECT_CUDA_OK(driver().cuMemsetD16Async_ptsz(buffer, 2, count, nullptr));
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
  });
  EXPECT_EQ(buffer.read(), all(2));
}

TEST_F(cuMemsetD16Async, RefusesAnUnalignedAddress) {
  const auto before = random_vector<Element>(count);
  const DeviceBuffer<Element> buffer(before);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(buffer + 1, other(before[0]), 1, stream));
  }
  stream.synchronize();
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuMemsetD16Async, RefusesAddressesThatWereNeverAllocated) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD16Async(0, 1, 1, stream));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD16Async(garbage_address, 1, 1, stream));
}

TEST_F(cuMemsetD16Async, RefusesAFreedAddress) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD16Async(stale_address(), 1, 1, stream));
}

// A size whose end wraps around is not noticed, and not asked for: the memset itself would fail.
TEST_F(cuMemsetD16Async, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory memory(std::size_t{4} << 20);
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemsetD16Async(memory, 1, memory.bytes() / sizeof(Element) + 1, stream));
}

// Undocumented.
TEST_F(cuMemsetD16Async, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuMemsetD16Async(foreign.memory(), 1, 16, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuMemsetD16Async, NeedsACurrentContext) {
  const DeviceBuffer<Element> buffer(count);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(buffer, 1, count, nullptr));
  }
}

TEST_F(cuMemsetD16Async, IsRecordedDuringCapture) {
  const auto before = random_vector<Element>(count);
  const DeviceBuffer<Element> buffer(before);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMSET, [&](CUstream stream) {
    return driver().cuMemsetD16Async(buffer, other(before[0]), count, stream);
  });
  EXPECT_EQ(buffer.read(), before);
  graph.run();
  EXPECT_EQ(buffer.read(), all(other(before[0])));
}

TEST_F(cuMemsetD16Async, IntoTheLegacyStreamEndsACapture) {
  const DeviceBuffer<Element> buffer(count);
  expect_implicit_in_capture([&] { return driver().cuMemsetD16Async(buffer, 1, count, nullptr); });
}

// Undocumented.
TEST_F(cuMemsetD16Async, NeedsNoCurrentContextForAStream) {
  const DeviceBuffer<unsigned short> buffer(100);
  const Stream stream;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuMemsetD16Async(buffer, 7, 100, stream)); });
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned short>(100, 7));
}

TEST_F(cuMemsetD16Async_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, 1, 1, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemsetD16Async
