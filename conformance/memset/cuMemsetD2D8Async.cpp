#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemsetD2D8Async {

CONFORMANCE_SUITE(cuMemsetD2D8Async, Context);
CONFORMANCE_SUITE(cuMemsetD2D8Async_fresh, Uninitialised);

using Element = unsigned char;
constexpr std::size_t rows = 17;
constexpr std::size_t columns = 60;  ///< elements from one row to the next
constexpr std::size_t pitch = columns * sizeof(Element);

/// Another value than `value`.
Element other(Element value) {
  return static_cast<Element>(~value);
}

std::vector<Element> all(Element value) {
  return std::vector<Element>(rows * columns, value);
}

/// A part of the buffer's rows and columns.
struct Rectangle {
  std::size_t x = random_below(columns / 2);
  std::size_t y = random_below(rows / 2);
  std::size_t width = 1 + random_below(columns / 2);
  std::size_t height = 2 + random_below(rows / 2 - 1);

  [[nodiscard]] std::size_t first() const { return y * columns + x; }
  [[nodiscard]] std::vector<Element> filled(std::vector<Element> values, Element value) const {
    for (std::size_t row = y; row < y + height; ++row) {
      std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(row * columns + x), width, value);
    }
    return values;
  }
};

/// Both exported forms, for what they have in common.
auto forms() {
  return std::array{driver().cuMemsetD2D8Async, driver().cuMemsetD2D8Async_ptsz};
}

TEST_F(cuMemsetD2D8Async, SetsTheRectangleAndNothingBetweenItsRows) {
  for (const auto form : forms()) {
    const Rectangle part;
    const auto before = random_vector<Element>(rows * columns);
    const DeviceBuffer<Element> buffer(before);
    const auto value = random_value<Element>();
    const Stream stream;
    EXPECT_CUDA_OK(form(buffer.at(part.first()), pitch, value, part.width, part.height, stream));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), part.filled(before, value));
  }
}

// "Unused if Height is 1": neither too small a pitch nor an unaligned one matters.
TEST_F(cuMemsetD2D8Async, IgnoresThePitchOfASingleRow) {
  for (const std::size_t unused : {0, 1}) {
    const auto before = random_vector<Element>(rows * columns);
    const DeviceBuffer<Element> buffer(before);
    auto expected = before;
    std::fill_n(expected.begin(), columns, other(before[0]));
    const Stream stream;
    EXPECT_CUDA_OK(
        driver().cuMemsetD2D8Async(buffer, unused, other(before[0]), columns, 1, stream));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), expected);
  }
}

TEST_F(cuMemsetD2D8Async, SetsNothingWhenWidthOrHeightIsZero) {
  const auto before = random_vector<Element>(rows * columns);
  const DeviceBuffer<Element> buffer(before);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(buffer, pitch, other(before[0]), 0, rows, stream));
    EXPECT_CUDA_OK(form(buffer, pitch, other(before[0]), columns, 0, stream));
  }
  stream.synchronize();
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuMemsetD2D8Async, WaitsForTheWorkBeforeItInItsStream) {
  const DeviceBuffer<Element> buffer(all(1));
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemsetD2D8Async(buffer, pitch, 2, columns, rows, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(buffer.read(), all(1));
  blocker.finish();
  EXPECT_EQ(buffer.read(), all(2));
}

TEST_F(cuMemsetD2D8Async, DoesNotWaitOnPinnedMemoryEither) {
  const PinnedMemory pinned(rows * pitch);
  const Element* const host = pinned.host<Element>();
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemsetD2D8Async(pinned.device(), pitch, 2, columns, rows, stream));
  EXPECT_EQ(std::vector<Element>(host, host + rows * columns), all(0));
  blocker.finish();
  EXPECT_EQ(std::vector<Element>(host, host + rows * columns), all(2));
}

TEST_F(cuMemsetD2D8Async, DefaultStreamIsTheLegacyOne) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_legacy_default_stream(
      [&] { return driver().cuMemsetD2D8Async(buffer, pitch, 2, columns, rows, nullptr); },
      [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD2D8Async, PtszDefaultStreamIsTheThreadsOwn) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_per_thread_default_stream(
      [&] { return driver().cuMemsetD2D8Async_ptsz(buffer, pitch, 2, columns, rows, nullptr); },
      [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD2D8Async, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const DeviceBuffer<Element> buffer(all(1));
    expect_per_thread_default_stream(
        [&] { return form(buffer, pitch, 2, columns, rows, CU_STREAM_PER_THREAD); },
        [&] { return buffer.read() == all(2); });
    expect_legacy_default_stream(
        [&] { return form(buffer, pitch, 3, columns, rows, CU_STREAM_LEGACY); },
        [&] { return buffer.read() == all(3); });
  }
}

// Undocumented.
TEST_F(cuMemsetD2D8Async, RefusesAPitchBelowTheWidth) {
  const DeviceBuffer<Element> buffer(rows * columns);
  const Stream stream;
  for (const auto form : forms()) {
    for (const std::size_t small : {std::size_t{0}, pitch - sizeof(Element)}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(buffer, small, 1, columns, 2, stream));
    }
  }
}

TEST_F(cuMemsetD2D8Async, RefusesAddressesThatWereNeverAllocated) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(0, pitch, 1, columns, rows, stream));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(garbage_address, pitch, 1, columns, rows, stream));
  }
}

// A size whose end wraps around is not noticed, and not asked for: the memset itself would fail.
TEST_F(cuMemsetD2D8Async, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory memory(std::size_t{4} << 20);
  const std::size_t fits = memory.bytes() / pitch;
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory, pitch, 1, columns, fits + 2, stream));
  }
}

// Undocumented.
TEST_F(cuMemsetD2D8Async, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuMemsetD2D8Async(foreign.memory(), 16, 1, 16, 16, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuMemsetD2D8Async, NeedsACurrentContext) {
  const DeviceBuffer<Element> buffer(rows * columns);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(buffer, pitch, 1, columns, rows, nullptr));
  }
}

TEST_F(cuMemsetD2D8Async, IsRecordedDuringCapture) {
  const Rectangle part;
  const auto before = random_vector<Element>(rows * columns);
  const DeviceBuffer<Element> buffer(before);
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMSET, [&](CUstream stream) {
    return driver().cuMemsetD2D8Async(buffer.at(part.first()), pitch, other(before[0]), part.width,
                                      part.height, stream);
  });
  EXPECT_EQ(buffer.read(), before);
  graph.run();
  EXPECT_EQ(buffer.read(), part.filled(before, other(before[0])));
}

TEST_F(cuMemsetD2D8Async, IntoTheLegacyStreamEndsACapture) {
  const DeviceBuffer<Element> buffer(rows * columns);
  expect_implicit_in_capture(
      [&] { return driver().cuMemsetD2D8Async(buffer, pitch, 1, columns, rows, nullptr); });
}

// Undocumented.
TEST_F(cuMemsetD2D8Async, NeedsNoCurrentContextForAStream) {
  const DeviceBuffer<unsigned char> buffer(100);
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(
        driver().cuMemsetD2D8Async(buffer, 10 * sizeof(unsigned char), 7, 10, 10, stream));
  });
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned char>(100, 7));
}

TEST_F(cuMemsetD2D8Async_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(garbage_address, pitch, 1, columns, rows, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemsetD2D8Async
