#include <condition_variable>
#include <functional>
#include <mutex>

#include "fixture/fixture.hpp"

// What a thread put into a stream before it told another thread comes before what that one puts
// there afterwards, although neither waits for the device.

namespace vgpu::conformance::test_thread_order {

CONFORMANCE_SUITE(ThreadOrder, Context);

constexpr std::size_t words = 200;

/// Calls `turn(i, thread)` for i = 0, 1, ... in order, each on the next of `threads` threads on
/// which `context` is current. Only the turn is handed on.
void in_turns(CUcontext context, int threads, int turns,
              const std::function<void(int turn, int thread)>& turn) {
  std::mutex mutex;
  std::condition_variable changed;
  int next = 0;
  std::exception_ptr thrown;
  std::vector<std::thread> all;
  for (int thread = 0; thread < threads; ++thread) {
    all.emplace_back([&, thread] {
      driver().cuCtxSetCurrent(context);
      for (;;) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return next >= turns || next % threads == thread; });
        if (next >= turns) return;
        try {
          turn(next, thread);
          ++next;
        } catch (...) {
          thrown = std::current_exception();
          next = turns;
        }
        changed.notify_all();
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

struct Tracked {
  DeviceBuffer<unsigned> buffer{words};
  std::vector<unsigned> expected = buffer.read();
  Module module;
  Kernel scale_add = module.kernel("scale_add");

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

TEST_F(ThreadOrder, TwoThreadsTakeTurnsInOneStream) {
  Tracked tracked;
  const Stream stream;
  in_turns(context, 2, 300, [&](int, int) { tracked.step(stream); });
  tracked.expect_done();
}

TEST_F(ThreadOrder, ManyThreadsTakeTurnsInOneStream) {
  Tracked tracked;
  const Stream stream;
  in_turns(context, 7, 300, [&](int, int) { tracked.step(stream); });
  tracked.expect_done();
}

TEST_F(ThreadOrder, TheLegacyStreamIsOneForAllThreads) {
  Tracked tracked;
  in_turns(context, 3, 150, [&](int, int) { tracked.step(nullptr); });
  tracked.expect_done();
}

TEST_F(ThreadOrder, TurnsWhileTheStreamIsBusy) {
  Tracked tracked;
  const Stream stream;
  Blocker blocker(stream);
  in_turns(context, 3, 90, [&](int, int) { tracked.step(stream); });
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  tracked.expect_done();
}

// The event is recorded on one thread, waited for by the stream of another.
TEST_F(ThreadOrder, AnEventHandsOverToAnotherThreadsStream) {
  Tracked tracked;
  std::array<Stream, 3> streams;
  std::array<Event, 3> events;
  Blocker blocker(streams[0]);
  in_turns(context, 3, 120, [&](int turn, int thread) {
    const auto mine = static_cast<std::size_t>(thread);
    if (turn > 0) {
      check(driver().cuStreamWaitEvent(streams[mine], events[(mine + 2) % 3], 0),
            "cuStreamWaitEvent");
    }
    tracked.step(streams[mine]);
    events[mine].record(streams[mine]);
  });
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(events[2]));
  blocker.finish();
  tracked.expect_done();
}

TEST_F(ThreadOrder, AnEventHandsOverToAnotherThreadsDefaultStream) {
  Tracked tracked;
  std::array<Event, 2> events;
  in_turns(context, 2, 100, [&](int turn, int thread) {
    const auto mine = static_cast<std::size_t>(thread);
    if (turn > 0) {
      check(driver().cuStreamWaitEvent(CU_STREAM_PER_THREAD, events[1 - mine], 0),
            "cuStreamWaitEvent");
    }
    tracked.step(CU_STREAM_PER_THREAD);
    events[mine].record(CU_STREAM_PER_THREAD);
  });
  tracked.expect_done();
}

TEST_F(ThreadOrder, EveryThreadsDefaultStreamIsItsOwn) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  const Blocker blocker(CU_STREAM_PER_THREAD);
  on_other_thread(context, [&] {
    count.launch({}, {}, 0, CU_STREAM_PER_THREAD, counter.address());
    check(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD), "cuStreamSynchronize");
  });
  EXPECT_EQ(counter.read()[0], 1U);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_PER_THREAD));
}

// Copies, fills and kernels, memory and streams that other threads made and end.
TEST_F(ThreadOrder, ObjectsPassFromThreadToThread) {
  const auto value = random_value<unsigned>();
  CUdeviceptr memory = 0;
  CUstream stream = nullptr;
  CUmodule module = nullptr;
  CUfunction scale_add = nullptr;
  std::vector<unsigned> got(words);
  const std::function<void()> steps[] = {
      [&] { check(driver().cuMemAlloc_v2(&memory, words * 4), "cuMemAlloc_v2"); },
      [&] { check(driver().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate"); },
      [&] { check(driver().cuMemsetD32Async(memory, value, words, stream), "cuMemsetD32Async"); },
      [&] { check(driver().cuModuleLoadData(&module, ptx("basic").data()), "cuModuleLoadData"); },
      [&] {
        check(driver().cuModuleGetFunction(&scale_add, module, "scale_add"), "cuModuleGetFunction");
      },
      [&] { Kernel(scale_add).launch({2}, {128}, 0, stream, memory, unsigned{words}, 3U, 5U); },
      [&] {
        check(driver().cuMemcpyDtoHAsync_v2(got.data(), memory, words * 4, stream),
              "cuMemcpyDtoHAsync_v2");
      },
      [&] { check(driver().cuStreamSynchronize(stream), "cuStreamSynchronize"); },
      [&] { check(driver().cuStreamDestroy_v2(stream), "cuStreamDestroy_v2"); },
      [&] { check(driver().cuModuleUnload(module), "cuModuleUnload"); },
      [&] { check(driver().cuMemFree_v2(memory), "cuMemFree_v2"); }};
  for (const auto& step : steps) on_other_thread(context, step);
  EXPECT_EQ(got, std::vector<unsigned>(words, value * 3 + 5));
}

TEST_F(ThreadOrder, AnEndedThreadsWorkGoesOn) {
  Tracked tracked;
  const Stream stream;
  Blocker blocker(stream);
  for (int i = 0; i < 20; ++i) on_other_thread(context, [&] { tracked.step(stream); });
  blocker.finish();
  tracked.expect_done();
}

// A copy that returned is done: the next thread's work sees it.
TEST_F(ThreadOrder, ASynchronousCopyComesBeforeTheNextThreadsWork) {
  const DeviceBuffer<unsigned> buffer(words);
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream(CU_STREAM_NON_BLOCKING);
  std::vector<unsigned> host = buffer.read();
  std::vector<unsigned> expected = host;
  in_turns(context, 3, 60, [&](int turn, int) {
    if (turn % 3 == 0) {
      for (unsigned& word : host) word = random_value<unsigned>();
      expected = host;
      check(driver().cuMemcpyHtoD_v2(buffer, host.data(), buffer.bytes()), "cuMemcpyHtoD_v2");
    } else if (turn % 3 == 1) {
      scale_add.over(buffer, stream, 3U, 1U);
      check(driver().cuStreamSynchronize(stream), "cuStreamSynchronize");
      for (unsigned& word : expected) word = word * 3 + 1;
    } else {
      check(driver().cuMemcpyDtoH_v2(host.data(), buffer, buffer.bytes()), "cuMemcpyDtoH_v2");
      EXPECT_EQ(host, expected) << "turn " << turn;
    }
  });
}

}  // namespace vgpu::conformance::test_thread_order
