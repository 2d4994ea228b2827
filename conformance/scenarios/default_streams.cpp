#include "fixture/fixture.hpp"

// The legacy default stream orders itself with every blocking stream of its context, the
// per-thread default streams among them, and with no non-blocking one.

namespace vgpu::conformance::test_default_streams {

CONFORMANCE_SUITE(DefaultStreams, Context);

/// What a test observes: a kernel writes a word of its own, in some stream.
struct Marks {
  DeviceBuffer<unsigned> words{std::vector<unsigned>(16, 0)};
  Module module;
  Kernel fill = module.kernel("fill");

  void set(unsigned index, CUstream stream) const {
    fill.launch({}, {}, 0, stream, words.at(index), 1U, 1U);
  }
  [[nodiscard]] bool is_set(unsigned index) const { return words.read()[index] == 1; }
  /// Work of a stream that depends on nothing runs from start to end.
  void let_others_run(const Stream& free_stream) const {
    set(15, free_stream);
    free_stream.synchronize();
  }
};

TEST_F(DefaultStreams, LegacyWorkWaitsForBlockingStreams) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  const Stream busy;
  Blocker blocker(busy);
  marks.set(0, CU_STREAM_LEGACY);
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(0));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_LEGACY));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
  EXPECT_TRUE(marks.is_set(0));
}

TEST_F(DefaultStreams, LegacyWorkWaitsForAllBlockingStreams) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  const Stream first;
  const Stream second;
  Blocker one(first);
  Blocker two(second);
  marks.set(0, CU_STREAM_LEGACY);
  one.finish();
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(0));
  two.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
  EXPECT_TRUE(marks.is_set(0));
}

TEST_F(DefaultStreams, LegacyWorkDoesNotWaitForNonBlockingStreams) {
  const Marks marks;
  const Stream busy(CU_STREAM_NON_BLOCKING);
  const Blocker blocker(busy);
  marks.set(0, CU_STREAM_LEGACY);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
  EXPECT_TRUE(marks.is_set(0));
}

TEST_F(DefaultStreams, BlockingStreamsWaitForLegacyWork) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  const Stream stream;
  Blocker blocker(CU_STREAM_LEGACY);
  marks.set(0, stream);
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(0));
  blocker.finish();
  stream.synchronize();
  EXPECT_TRUE(marks.is_set(0));
}

TEST_F(DefaultStreams, NonBlockingStreamsDoNotWaitForLegacyWork) {
  const Marks marks;
  const Stream stream(CU_STREAM_NON_BLOCKING);
  const Blocker blocker(CU_STREAM_LEGACY);
  marks.set(0, stream);
  stream.synchronize();
  EXPECT_TRUE(marks.is_set(0));
}

// Two blocking streams are in no order with each other, unless legacy work lies between them.
TEST_F(DefaultStreams, LegacyWorkOrdersTwoBlockingStreams) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  const Stream first;
  const Stream second;
  Blocker blocker(first);
  marks.set(0, second);
  second.synchronize();
  EXPECT_TRUE(marks.is_set(0)) << "nothing lies between them yet";
  marks.set(1, CU_STREAM_LEGACY);
  marks.set(2, second);
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(1));
  EXPECT_FALSE(marks.is_set(2));
  blocker.finish();
  second.synchronize();
  EXPECT_TRUE(marks.is_set(1)) << "what lies before the second stream's work";
  EXPECT_TRUE(marks.is_set(2));
}

TEST_F(DefaultStreams, AStreamMadeLaterWaitsForLegacyWorkToo) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  Blocker blocker(CU_STREAM_LEGACY);
  CUstream later = nullptr;
  ASSERT_CUDA_OK(driver().cuStreamCreate(&later, CU_STREAM_DEFAULT));
  marks.set(0, later);
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(0));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(later));
  EXPECT_TRUE(marks.is_set(0));
  EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(later));
}

TEST_F(DefaultStreams, ThePerThreadStreamAndTheLegacyOneWaitForEachOther) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  {
    Blocker blocker(CU_STREAM_LEGACY);
    marks.set(0, CU_STREAM_PER_THREAD);
    marks.let_others_run(free_stream);
    EXPECT_FALSE(marks.is_set(0));
    blocker.finish();
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
    EXPECT_TRUE(marks.is_set(0));
  }
  Blocker blocker(CU_STREAM_PER_THREAD);
  marks.set(1, CU_STREAM_LEGACY);
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(1));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
  EXPECT_TRUE(marks.is_set(1));
}

TEST_F(DefaultStreams, ThePerThreadStreamWaitsForNoOtherStream) {
  const Marks marks;
  const Stream busy;
  const Blocker blocker(busy);
  marks.set(0, CU_STREAM_PER_THREAD);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
  EXPECT_TRUE(marks.is_set(0));
}

TEST_F(DefaultStreams, EachThreadHasAPerThreadStreamOfItsOwn) {
  const Marks marks;
  Blocker blocker(CU_STREAM_PER_THREAD);
  on_other_thread(context, [&] {
    marks.set(0, CU_STREAM_PER_THREAD);
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
  });
  EXPECT_TRUE(marks.is_set(0));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_PER_THREAD));
}

TEST_F(DefaultStreams, LegacyWorkWaitsForEveryThreadsStream) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  std::atomic<bool> blocked{false};
  std::atomic<bool> release{false};
  std::thread other([&] {
    check(driver().cuCtxSetCurrent(context), "cuCtxSetCurrent");
    Blocker blocker(CU_STREAM_PER_THREAD);
    blocked = true;
    while (!release) std::this_thread::yield();
    blocker.finish();
  });
  while (!blocked) std::this_thread::yield();
  marks.set(0, CU_STREAM_LEGACY);
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(0));
  release = true;
  other.join();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
  EXPECT_TRUE(marks.is_set(0));
}

TEST_F(DefaultStreams, TheLegacyStreamIsOneForAllThreads) {
  const Marks marks;
  const Stream free_stream(CU_STREAM_NON_BLOCKING);
  Blocker blocker(CU_STREAM_LEGACY);
  on_other_thread(context, [&] { marks.set(0, CU_STREAM_LEGACY); });
  marks.let_others_run(free_stream);
  EXPECT_FALSE(marks.is_set(0));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
  EXPECT_TRUE(marks.is_set(0));
}

TEST_F(DefaultStreams, AnotherContextsStreamsAreNotConcerned) {
  const ExtraContext extra;
  const Stream busy;
  const Current current(extra);
  const Marks there;
  Blocker blocker = [&] {
    const Current back(context);
    return Blocker(busy);
  }();
  there.set(0, CU_STREAM_LEGACY);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
  EXPECT_TRUE(there.is_set(0));
  blocker.finish();
}

// An event in the legacy stream is behind all that the blocking streams had to do.
TEST_F(DefaultStreams, AnEventOfTheLegacyStreamWaitsForBlockingStreams) {
  const Event event;
  const Stream busy;
  Blocker blocker(busy);
  event.record(CU_STREAM_LEGACY);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
}

}  // namespace vgpu::conformance::test_default_streams
