#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemsetD8 {

CONFORMANCE_SUITE(cuMemsetD8, Context);
CONFORMANCE_SUITE(cuMemsetD8_fresh, Uninitialised);

using Element = unsigned char;
constexpr std::size_t count = 1000;

std::vector<Element> all(Element value) {
  return std::vector<Element>(count, value);
}

/// Another value than `value`.
Element other(Element value) {
  return static_cast<Element>(~value);
}

/// The forms with 64-bit addresses, for what they have in common.
auto forms() {
  return std::array{driver().cuMemsetD8_v2, driver().cuMemsetD8_v2_ptds};
}

/// The call only queues work when the target is device memory; this waits for it.
void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemsetD8, SetsEveryElement) {
  for (const auto form : forms()) {
    const DeviceBuffer<Element> buffer(count);
    const auto value = random_value<Element>();
    EXPECT_CUDA_OK(form(buffer, value, count));
    finish();
    EXPECT_EQ(buffer.read(), all(value));
  }
}

TEST_F(cuMemsetD8, SetsExactlyTheRangeAskedFor) {
  for (const auto form : forms()) {
    const auto before = random_vector<Element>(count);
    const DeviceBuffer<Element> buffer(before);
    const auto value = random_value<Element>();
    const std::size_t first = 1 + random_below(count / 2);
    const std::size_t length = 1 + random_below(count / 2 - 1);
    auto expected = before;
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(first), length, value);
    EXPECT_CUDA_OK(form(buffer.at(first), value, length));
    finish();
    EXPECT_EQ(buffer.read(), expected);
  }
}

TEST_F(cuMemsetD8, SetsManyMebibytes) {
  constexpr std::size_t many = (std::size_t{16} << 20) / sizeof(Element) + 3;
  const DeviceBuffer<Element> buffer(many);
  const auto value = random_value<Element>();
  EXPECT_CUDA_OK(driver().cuMemsetD8_v2(buffer, value, many));
  finish();
  EXPECT_EQ(buffer.read(), std::vector<Element>(many, value));
}

TEST_F(cuMemsetD8, SetsNothingWhenTheCountIsZero) {
  const auto before = random_vector<Element>(count);
  const DeviceBuffer<Element> buffer(before);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(buffer, other(before[0]), 0));
  finish();
  EXPECT_EQ(buffer.read(), before);
}

// "Asynchronous with respect to the host", in the order of the default stream.
TEST_F(cuMemsetD8, QueuesIntoTheLegacyStream) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_legacy_default_stream([&] { return driver().cuMemsetD8_v2(buffer, 2, count); },
                               [&] { return buffer.read() == all(2); });
}

TEST_F(cuMemsetD8, PtdsQueuesIntoTheThreadsOwnStream) {
  const DeviceBuffer<Element> buffer(all(1));
  expect_per_thread_default_stream([&] { return driver().cuMemsetD8_v2_ptds(buffer, 2, count); },
                                   [&] { return buffer.read() == all(2); });
}

// "Except when the target memory is pinned host memory": then its effect is there on return.
TEST_F(cuMemsetD8, IsSynchronousOnPinnedMemory) {
  const PinnedMemory pinned(count * sizeof(Element));
  const Element* const host = pinned.host<Element>();
  const auto value = random_value<Element>();
  expect_waits_for_other_streams(
      [&] { return driver().cuMemsetD8_v2(pinned.device(), value, count); });
  EXPECT_EQ(std::vector<Element>(host, host + count), all(value));
  expect_waits_for_no_other_stream(
      [&] { return driver().cuMemsetD8_v2_ptds(pinned.device(), other(value), count); });
  EXPECT_EQ(std::vector<Element>(host, host + count), all(other(value)));
}

TEST_F(cuMemsetD8, RefusesAddressesThatWereNeverAllocated) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(0, 1, 1));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(garbage_address, 1, 1));
  }
}

TEST_F(cuMemsetD8, RefusesAFreedAddress) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD8_v2(stale_address(), 1, 1));
}

// A size whose end wraps around is not noticed, and not asked for: the memset itself would fail.
TEST_F(cuMemsetD8, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory memory(std::size_t{4} << 20);
  const std::size_t fits = memory.bytes() / sizeof(Element);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory, 1, fits + 1));
  }
}

// The form of CUDA 2 takes no context of a newer interface.
TEST_F(cuMemsetD8, OldFormRefusesNewerContexts) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemsetD8(garbage_address, 1, 1));
}

TEST_F(cuMemsetD8, NeedsACurrentContext) {
  const DeviceBuffer<Element> buffer(count);
  const NoContext none;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(buffer, 1, count));
}

TEST_F(cuMemsetD8, EndsACaptureThatTheLegacyStreamWouldWaitFor) {
  const DeviceBuffer<Element> buffer(count);
  expect_implicit_in_capture([&] { return driver().cuMemsetD8_v2(buffer, 1, count); });
}

// Undocumented: the thread's own stream is not the one that captures.
TEST_F(cuMemsetD8, PtdsIsSafeDuringCapture) {
  const DeviceBuffer<Element> buffer(count);
  expect_safe_in_capture([&] { return driver().cuMemsetD8_v2_ptds(buffer, 1, count); });
}

TEST_F(cuMemsetD8_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemsetD8(garbage_address, 1, 1));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, 1, 1));
  }
}

}  // namespace vgpu::conformance::test_cuMemsetD8
