#include "fixture/fixture.hpp"

// Work in one stream runs in the order in which it was put there; work in different streams runs in
// the order that events give it. All kernels here are x -> x * a + b: any two in the wrong order,
// and one that runs twice or not at all, give another result.

namespace vgpu::conformance::test_stream_order {

CONFORMANCE_SUITE(StreamOrder, Context);

constexpr std::size_t words = 300;

/// A buffer on the device and what has to be in it when all is done.
struct Tracked {
  DeviceBuffer<unsigned> buffer{words};
  std::vector<unsigned> expected = buffer.read();
  Module module;
  Kernel scale_add = module.kernel("scale_add");

  /// Puts a random step into `stream`.
  void step(CUstream stream) {
    const unsigned a = random_value<unsigned>() | 1;
    const auto b = random_value<unsigned>();
    scale_add.over(buffer, stream, a, b);
    for (unsigned& word : expected) word = word * a + b;
  }
  void expect_done() const {
    check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
    EXPECT_EQ(buffer.read(), expected);
  }
};

/// `second` goes on when what is in `first` now is done.
void order(const Event& event, CUstream first, CUstream second) {
  event.record(first);
  check(driver().cuStreamWaitEvent(second, event, 0), "cuStreamWaitEvent");
}

TEST_F(StreamOrder, KernelsOfOneStream) {
  Tracked tracked;
  const Stream stream;
  for (int i = 0; i < 200; ++i) tracked.step(stream);
  tracked.expect_done();
}

TEST_F(StreamOrder, KernelsOfEveryKindOfStream) {
  Tracked tracked;
  const Stream ordinary;
  const Stream independent(CU_STREAM_NON_BLOCKING);
  for (const CUstream stream : {ordinary.get(), independent.get(), CU_STREAM_LEGACY,
                                CU_STREAM_PER_THREAD, CUstream{nullptr}}) {
    for (int i = 0; i < 30; ++i) tracked.step(stream);
    check(driver().cuStreamSynchronize(stream), "cuStreamSynchronize");
  }
  tracked.expect_done();
}

TEST_F(StreamOrder, OneEventOrdersTwoStreams) {
  Tracked tracked;
  const Event event(CU_EVENT_DISABLE_TIMING);
  const Stream first(CU_STREAM_NON_BLOCKING);
  const Stream second(CU_STREAM_NON_BLOCKING);
  Blocker blocker(first);
  for (int i = 0; i < 50; ++i) {
    tracked.step(first);
    order(event, first, second);
    tracked.step(second);
    order(event, second, first);
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(second));
  blocker.finish();
  tracked.expect_done();
}

TEST_F(StreamOrder, EventsOrderManyStreams) {
  Tracked tracked;
  std::array<Stream, 8> streams;
  std::array<Event, 8> events;
  Blocker blocker(streams[0]);
  std::size_t at = 0;
  for (int i = 0; i < 150; ++i) {
    tracked.step(streams[at]);
    const std::size_t next = random_below(streams.size());
    if (next != at) order(events[at], streams[at], streams[next]);
    at = next;
  }
  blocker.finish();
  tracked.expect_done();
}

// A wait is for the record that was there when the wait was put into its stream.
TEST_F(StreamOrder, ALaterRecordDoesNotMoveAWait) {
  Tracked tracked;
  const Event event;
  const Stream first(CU_STREAM_NON_BLOCKING);
  const Stream second(CU_STREAM_NON_BLOCKING);
  const Stream busy(CU_STREAM_NON_BLOCKING);
  tracked.step(first);
  order(event, first, second);
  const Blocker blocker(busy);
  event.record(busy);
  tracked.step(second);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(second));
  EXPECT_EQ(tracked.buffer.read(), tracked.expected);
}

TEST_F(StreamOrder, AForkAndAJoin) {
  const DeviceBuffer<unsigned> left(std::vector<unsigned>(words, 1));
  const DeviceBuffer<unsigned> right(std::vector<unsigned>(words, 1));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Kernel copy = module.kernel("copy");
  const Event forked;
  const Event joined;
  const Stream trunk(CU_STREAM_NON_BLOCKING);
  const Stream branch(CU_STREAM_NON_BLOCKING);
  Blocker blocker(trunk);
  scale_add.over(left, trunk, 3U, 4U);
  order(forked, trunk, branch);
  copy.launch({3}, {128}, 0, branch, right.address(), left.address(), unsigned{words});
  scale_add.over(right, branch, 5U, 6U);
  order(joined, branch, trunk);
  copy.launch({3}, {128}, 0, trunk, left.address(), right.address(), unsigned{words});
  scale_add.over(left, trunk, 2U, 1U);
  blocker.finish();
  EXPECT_EQ(left.read(), std::vector<unsigned>(words, ((1 * 3 + 4) * 5 + 6) * 2 + 1));
}

TEST_F(StreamOrder, EveryKindOfWorkOfOneStream) {
  const DeviceBuffer<unsigned> from(words);
  const DeviceBuffer<unsigned> to(words);
  const PinnedMemory host(words * sizeof(unsigned));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const auto value = random_value<unsigned>();
  struct Seen {
    unsigned* word;
    unsigned found;
  } seen{host.host<unsigned>() + words - 1, 0};
  const Stream stream(CU_STREAM_NON_BLOCKING);
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(from, value, words, stream));
  scale_add.over(from, stream, 3U, 1U);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(to, from, from.bytes(), stream));
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(from, 0, words, stream));
  EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(host.host(), to, to.bytes(), stream));
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(
      stream,
      [](void* data) {
        auto* both = static_cast<Seen*>(data);
        both->found = *both->word;
        *both->word = both->found * 7;
      },
      &seen));
  EXPECT_CUDA_OK(driver().cuMemcpyHtoDAsync_v2(to, host.host(), to.bytes(), stream));
  scale_add.over(to, stream, 1U, 9U);
  blocker.finish();
  auto expected = std::vector<unsigned>(words, value * 3 + 1 + 9);
  expected.back() = (value * 3 + 1) * 7 + 9;
  EXPECT_EQ(seen.found, value * 3 + 1);
  EXPECT_EQ(to.read(), expected);
  EXPECT_EQ(from.read(), std::vector<unsigned>(words, 0));
}

TEST_F(StreamOrder, ABusyStreamDoesNotHoldOthersUp) {
  Tracked tracked;
  std::array<Stream, 4> streams;
  std::array<Event, 4> events;
  const Stream busy;
  const Blocker blocker(busy);
  for (int i = 0; i < 20; ++i) {
    const std::size_t at = static_cast<std::size_t>(i) % 4;
    tracked.step(streams[at]);
    order(events[at], streams[at], streams[(at + 1) % 4]);
  }
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(streams[0]));
  EXPECT_EQ(tracked.buffer.read(), tracked.expected);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(busy));
}

TEST_F(StreamOrder, ADestroyedStreamStillDoesItsWork) {
  Tracked tracked;
  for (int i = 0; i < 10; ++i) {
    Stream stream;
    for (int k = 0; k < 10; ++k) tracked.step(stream);
    const Event done;
    done.record(stream);
    stream.destroy();
    done.synchronize();
  }
  tracked.expect_done();
}

TEST_F(StreamOrder, ADestroyedEventStillOrders) {
  Tracked tracked;
  const Stream first(CU_STREAM_NON_BLOCKING);
  const Stream second(CU_STREAM_NON_BLOCKING);
  Blocker blocker(first);
  tracked.step(first);
  {
    const Event event;
    order(event, first, second);
  }
  tracked.step(second);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(second));
  blocker.finish();
  tracked.expect_done();
}

}  // namespace vgpu::conformance::test_stream_order
