#include "fixture/fixture.hpp"

// What host and device see of each other's writes to page-locked host memory.

namespace vgpu::conformance::test_pinned_memory {

CONFORMANCE_SUITE(PinnedMemoryVisibility, Context);

constexpr unsigned count = 50'000;
constexpr unsigned blocks = (count + 127) / 128;

/// Ordinary memory, registered until the end of the scope.
struct Registered {
  Registered() : words(count) {
    check(driver().cuMemHostRegister_v2(words.data(), count * sizeof(unsigned), 0),
          "cuMemHostRegister_v2");
    check(driver().cuMemHostGetDevicePointer_v2(&address, words.data(), 0),
          "cuMemHostGetDevicePointer_v2");
  }
  ~Registered() { driver().cuMemHostUnregister(words.data()); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

  std::vector<unsigned> words;
  CUdeviceptr address = 0;
};

void expect_host_and_kernels_take_turns(unsigned* words, CUdeviceptr address) {
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  for (int turn = 0; turn < 4; ++turn) {
    const auto values = random_vector<unsigned>(count);
    std::copy(values.begin(), values.end(), words);
    scale_add.launch({blocks}, {128}, 0, stream, address, count, 3U, 11U);
    stream.synchronize();
    for (unsigned i = 0; i < count; ++i) ASSERT_EQ(words[i], values[i] * 3 + 11) << i;
  }
}

TEST_F(PinnedMemoryVisibility, HostAndKernelsTakeTurnsInAllocatedMemory) {
  const PinnedMemory pinned(count * sizeof(unsigned));
  expect_host_and_kernels_take_turns(pinned.host<unsigned>(), pinned.device());
}

TEST_F(PinnedMemoryVisibility, HostAndKernelsTakeTurnsInRegisteredMemory) {
  Registered registered;
  expect_host_and_kernels_take_turns(registered.words.data(), registered.address);
}

TEST_F(PinnedMemoryVisibility, AnEventSaysWhenAKernelsWritesAreThere) {
  const PinnedMemory pinned(count * sizeof(unsigned));
  const auto value = random_value<unsigned>();
  const Module module;
  const Event event;
  const Stream stream;
  module.kernel("fill").launch({blocks}, {128}, 0, stream, pinned.device(), count, value);
  event.record(stream);
  while (driver().cuEventQuery(event) == CUDA_ERROR_NOT_READY) {
  }
  const auto* const words = pinned.host<unsigned>();
  EXPECT_EQ(std::count(words, words + count, value), static_cast<std::ptrdiff_t>(count));
}

TEST_F(PinnedMemoryVisibility, AQueriedStreamSaysWhenAKernelsWritesAreThere) {
  Registered registered;
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("fill").launch({blocks}, {128}, 0, stream, registered.address, count, value);
  while (driver().cuStreamQuery(stream) == CUDA_ERROR_NOT_READY) {
  }
  EXPECT_EQ(std::count(registered.words.begin(), registered.words.end(), value),
            static_cast<std::ptrdiff_t>(count));
}

// The host writes while the kernel runs: the memory is one, not copies that are kept alike.
TEST_F(PinnedMemoryVisibility, ARunningKernelSeesWhatTheHostWrites) {
  const PinnedMemory flag(2 * sizeof(unsigned));
  auto* const words = flag.host<volatile unsigned>();
  const Module module;
  const Kernel wait_on_flag = module.kernel("wait_on_flag");
  const Stream stream;
  wait_on_flag.launch({}, {}, 0, stream, flag.device(), flag.device() + sizeof(unsigned),
                      10'000'000'000ULL);
  words[0] = 1;
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  EXPECT_EQ(words[1], 0U) << "the kernel never saw the host's write";
}

TEST_F(PinnedMemoryVisibility, ACopyReadsWhatTheHostWroteBeforeIt) {
  const PinnedMemory pinned(count * sizeof(unsigned));
  const DeviceBuffer<unsigned> buffer(count);
  const Stream stream;
  for (int turn = 0; turn < 4; ++turn) {
    const auto values = random_vector<unsigned>(count);
    std::copy(values.begin(), values.end(), pinned.host<unsigned>());
    EXPECT_CUDA_OK(driver().cuMemcpyHtoDAsync_v2(buffer, pinned.host(), buffer.bytes(), stream));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), values);
  }
}

// A pinned source is read when the copy runs, not when it is called.
TEST_F(PinnedMemoryVisibility, AQueuedCopyReadsWhatIsThereWhenItRuns) {
  const PinnedMemory pinned(count * sizeof(unsigned));
  const DeviceBuffer<unsigned> buffer(count);
  auto* const words = pinned.host<unsigned>();
  const auto late = random_value<unsigned>();
  std::fill_n(words, count, ~late);
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemcpyHtoDAsync_v2(buffer, words, buffer.bytes(), stream));
  std::fill_n(words, count, late);
  blocker.finish();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(count, late));
}

TEST_F(PinnedMemoryVisibility, ACopyToTheHostIsThereAfterItsStream) {
  const PinnedMemory pinned(count * sizeof(unsigned));
  const auto values = random_vector<unsigned>(count);
  const DeviceBuffer<unsigned> buffer(values);
  const auto* const words = pinned.host<unsigned>();
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(pinned.host(), buffer, buffer.bytes(), stream));
  EXPECT_EQ(std::count(words, words + count, 0U), static_cast<std::ptrdiff_t>(count));
  blocker.finish();
  EXPECT_EQ(std::vector<unsigned>(words, words + count), values);
}

TEST_F(PinnedMemoryVisibility, AHostFunctionSeesTheKernelBeforeItAndIsSeenByTheOneAfter) {
  struct Shared {
    unsigned* words;
    unsigned seen;
  };
  const PinnedMemory pinned(2 * sizeof(unsigned));
  Shared shared{pinned.host<unsigned>(), 0};
  const Module module;
  const Stream stream;
  module.kernel("fill").launch({}, {}, 0, stream, pinned.device(), 1U, 21U);
  ASSERT_CUDA_OK(driver().cuLaunchHostFunc(
      stream,
      [](void* data) {
        auto& state = *static_cast<Shared*>(data);
        state.seen = state.words[0];
        state.words[0] = 100;
      },
      &shared));
  module.kernel("add").launch({}, {}, 0, stream, pinned.device(), 1U, 5U);
  stream.synchronize();
  EXPECT_EQ(shared.seen, 21U);
  EXPECT_EQ(pinned.host<unsigned>()[0], 105U);
}

TEST_F(PinnedMemoryVisibility, TwoContextsShareOneMemory) {
  const PinnedMemory pinned(count * sizeof(unsigned));
  const auto fill = [&](unsigned value) {
    const Module module;
    const Stream stream;
    module.kernel("fill").launch({blocks}, {128}, 0, stream, pinned.device(), count, value);
    stream.synchronize();
    return std::count(pinned.host<unsigned>(), pinned.host<unsigned>() + count, value);
  };
  EXPECT_EQ(fill(7), static_cast<std::ptrdiff_t>(count));
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(fill(8), static_cast<std::ptrdiff_t>(count));
}

TEST_F(PinnedMemoryVisibility, BytesBesideARegisteredRangeStayTheHosts) {
  std::vector<unsigned> words(4096);
  constexpr unsigned first = 1000;
  constexpr unsigned length = 1500;
  ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(&words[first], length * sizeof(unsigned), 0));
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemHostGetDevicePointer_v2(&address, &words[first], 0));
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  fill.launch({(length + 127) / 128}, {128}, 0, stream, address, length, 5U);
  // While the range is registered and its kernel pending, the host goes on beside it.
  std::fill_n(words.begin(), first, 1U);
  std::fill(words.begin() + first + length, words.end(), 2U);
  blocker.finish();
  EXPECT_EQ(std::count(words.begin(), words.begin() + first, 1U), first);
  EXPECT_EQ(std::count(words.begin() + first, words.begin() + first + length, 5U), length);
  EXPECT_EQ(std::count(words.begin() + first + length, words.end(), 2U), 4096 - first - length);
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(&words[first]));
}

}  // namespace vgpu::conformance::test_pinned_memory
