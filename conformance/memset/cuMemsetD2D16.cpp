#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemsetD2D16 {

CONFORMANCE_SUITE(cuMemsetD2D16, Context);
CONFORMANCE_SUITE(cuMemsetD2D16_fresh, Uninitialised);

using Element = unsigned short;
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

/// The forms with 64-bit addresses, for what they have in common.
auto forms() {
  return std::array{driver().cuMemsetD2D16_v2, driver().cuMemsetD2D16_v2_ptds};
}

/// The call only queues work when the target is device memory; this waits for it.
void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemsetD2D16, SetsTheRectangleAndNothingBetweenItsRows) {
  for (const auto form : forms()) {
    const Rectangle part;
    const auto before = random_vector<Element>(rows * columns);
    const DeviceBuffer<Element> buffer(before);
    const auto value = random_value<Element>();
    EXPECT_CUDA_OK(form(buffer.at(part.first()), pitch, value, part.width, part.height));
    finish();
    EXPECT_EQ(buffer.read(), part.filled(before, value));
  }
}

TEST_F(cuMemsetD2D16, RowsMayBeAsWideAsThePitch) {
  const DeviceBuffer<Element> buffer(rows * columns);
  const auto value = random_value<Element>();
  EXPECT_CUDA_OK(driver().cuMemsetD2D16_v2(buffer, pitch, value, columns, rows));
  finish();
  EXPECT_EQ(buffer.read(), all(value));
}

// "Unused if Height is 1": neither too small a pitch nor an unaligned one matters.
TEST_F(cuMemsetD2D16, IgnoresThePitchOfASingleRow) {
  for (const auto form : forms()) {
    for (const std::size_t unused : {0, 1}) {
      const auto before = random_vector<Element>(rows * columns);
      const DeviceBuffer<Element> buffer(before);
      auto expected = before;
      std::fill_n(expected.begin(), columns, other(before[0]));
      EXPECT_CUDA_OK(form(buffer, unused, other(before[0]), columns, 1)) << "pitch " << unused;
      finish();
      EXPECT_EQ(buffer.read(), expected);
    }
  }
}

TEST_F(cuMemsetD2D16, SetsNothingWhenWidthOrHeightIsZero) {
  const auto before = random_vector<Element>(rows * columns);
  const DeviceBuffer<Element> buffer(before);
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(buffer, pitch, other(before[0]), 0, rows));
    EXPECT_CUDA_OK(form(buffer, pitch, other(before[0]), columns, 0));
  }
  finish();
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuMemsetD2D16, QueuesIntoTheLegacyStream) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_legacy_default_stream(
      [&] { return driver().cuMemsetD2D16_v2(buffer, pitch, 2, columns, rows); },
      [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD2D16, PtdsQueuesIntoTheThreadsOwnStream) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_per_thread_default_stream(
      [&] { return driver().cuMemsetD2D16_v2_ptds(buffer, pitch, 2, columns, rows); },
      [&] { return buffer.read() == all(2); });
}

// "Except when the target memory is pinned host memory": then its effect is there on return.
TEST_F(cuMemsetD2D16, IsSynchronousOnPinnedMemory) {
  const PinnedMemory pinned(rows * pitch);
  const Element* const host = pinned.host<Element>();
  expect_waits_for_other_streams(
      [&] { return driver().cuMemsetD2D16_v2(pinned.device(), pitch, 3, columns, rows); });
  EXPECT_EQ(std::vector<Element>(host, host + rows * columns), all(3));
}

// Undocumented.
TEST_F(cuMemsetD2D16, RefusesAPitchBelowTheWidth) {
  const DeviceBuffer<Element> buffer(rows * columns);
  for (const auto form : forms()) {
    for (const std::size_t small : {std::size_t{0}, pitch - sizeof(Element)}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(buffer, small, 1, columns, 2));
    }
  }
}

TEST_F(cuMemsetD2D16, RefusesAnUnalignedAddressOrPitch) {
  const auto before = random_vector<Element>(rows * columns);
  const DeviceBuffer<Element> buffer(before);
  for (const auto form : forms()) {
    for (unsigned odd = 1; odd < sizeof(Element); ++odd) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(buffer + odd, pitch, other(before[0]), 1, 2));
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(buffer, pitch + odd, other(before[0]), 1, 2));
    }
  }
  finish();
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuMemsetD2D16, RefusesAddressesThatWereNeverAllocated) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(0, pitch, 1, columns, rows));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(garbage_address, pitch, 1, columns, rows));
  }
}

// The form of CUDA 2 takes no context of a newer interface.
TEST_F(cuMemsetD2D16, OldFormRefusesNewerContexts) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemsetD2D16(garbage_address, pitch, 1, columns, rows));
}

// A size whose end wraps around is not noticed, and not asked for: the memset itself would fail.
TEST_F(cuMemsetD2D16, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory memory(std::size_t{4} << 20);
  const std::size_t fits = memory.bytes() / pitch;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory, pitch, 1, columns, fits + 2));
  }
}

TEST_F(cuMemsetD2D16, NeedsACurrentContext) {
  const DeviceBuffer<Element> buffer(rows * columns);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(buffer, pitch, 1, columns, rows));
  }
}

TEST_F(cuMemsetD2D16, EndsACaptureThatTheLegacyStreamWouldWaitFor) {
  const DeviceBuffer<Element> buffer(rows * columns);
  expect_implicit_in_capture(
      [&] { return driver().cuMemsetD2D16_v2(buffer, pitch, 1, columns, rows); });
}

TEST_F(cuMemsetD2D16_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemsetD2D16(garbage_address, pitch, 1, columns, rows));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, pitch, 1, columns, rows));
  }
}

}  // namespace vgpu::conformance::test_cuMemsetD2D16
