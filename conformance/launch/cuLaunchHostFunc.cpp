#include <pthread.h>

#include "fixture/doomed.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuLaunchHostFunc {

CONFORMANCE_SUITE(cuLaunchHostFunc, Context);
CONFORMANCE_SUITE(cuLaunchHostFunc_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuLaunchHostFunc, driver().cuLaunchHostFunc_ptsz};
}

void CUDA_CB count(void* counter) {
  ++*static_cast<std::atomic<int>*>(counter);
}

/// Waits until the flag is set.
void CUDA_CB wait_for(void* flag) {
  while (!*static_cast<std::atomic<bool>*>(flag)) std::this_thread::yield();
}

struct Step {
  std::vector<int>* order;
  int number;
};
void CUDA_CB note_step(void* data) {
  const auto* step = static_cast<Step*>(data);
  step->order->push_back(step->number);
}

TEST_F(cuLaunchHostFunc, CallsTheFunctionOnceWithItsData) {
  for (const auto form : forms()) {
    std::atomic<int> calls{0};
    const Stream stream;
    EXPECT_CUDA_OK(form(stream, &count, &calls));
    stream.synchronize();
    EXPECT_EQ(calls, 1);
  }
}

TEST_F(cuLaunchHostFunc, DataMayBeNull) {
  static std::atomic<int> calls{0};
  calls = 0;
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(
      stream, [](void* data) { calls += data == nullptr ? 1 : 100; }, nullptr));
  stream.synchronize();
  EXPECT_EQ(calls, 1);
}

TEST_F(cuLaunchHostFunc, RunsAfterTheWorkBeforeIt) {
  std::atomic<int> calls{0};
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(stream, &count, &calls));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(calls, 0);
  blocker.finish();
  EXPECT_EQ(calls, 1);
}

TEST_F(cuLaunchHostFunc, TheWorkBehindItWaits) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 1));
  std::atomic<bool> go{false};
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Kernel spin = module.kernel("spin");  // loading it later would wait for the stream
  const Stream stream;
  const Stream side(CU_STREAM_NON_BLOCKING);
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(stream, &wait_for, &go));
  fill.over(buffer, stream, 2U);
  // Something that takes a while elsewhere, so that the fill would have run.
  spin.launch({}, {}, 0, side, 20'000'000ULL);
  side.synchronize();
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(10, 1));
  go = true;
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(10, 2));
}

TEST_F(cuLaunchHostFunc, SeesWhatTheStreamWroteAndIsSeenByIt) {
  const PinnedMemory in(4);
  const PinnedMemory out(4);
  const DeviceBuffer<unsigned> buffer(1);
  const Module module;
  const auto value = random_value<unsigned>();
  struct Words {
    unsigned* in;
    unsigned* out;
  } words{in.host<unsigned>(), out.host<unsigned>()};
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  ASSERT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(words.in, buffer, 4, stream));
  ASSERT_CUDA_OK(driver().cuLaunchHostFunc(
      stream,
      [](void* data) {
        const auto* both = static_cast<Words*>(data);
        *both->out = *both->in + 1;
      },
      &words));
  ASSERT_CUDA_OK(driver().cuMemcpyHtoDAsync_v2(buffer, words.out, 4, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read()[0], value + 1);
}

TEST_F(cuLaunchHostFunc, KeepsTheOrderOfItsStream) {
  constexpr int many = 100;
  std::vector<int> order;
  std::vector<Step> steps;
  for (int i = 0; i < many; ++i) steps.push_back({&order, i});
  const Stream stream;
  for (Step& step : steps) EXPECT_CUDA_OK(driver().cuLaunchHostFunc(stream, &note_step, &step));
  stream.synchronize();
  ASSERT_EQ(order.size(), std::size_t{many});
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(cuLaunchHostFunc, AnotherStreamsEventWaitsForIt) {
  std::atomic<bool> go{false};
  const Event event;
  const Stream first;
  const Stream second;
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(first, &wait_for, &go));
  event.record(first);
  EXPECT_CUDA_OK(driver().cuStreamWaitEvent(second, event, 0));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(second));
  go = true;
  second.synchronize();
}

TEST_F(cuLaunchHostFunc, RunsOnAThreadOfTheDriver) {
  std::atomic<pthread_t> ran_on{};
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(
      stream, [](void* data) { *static_cast<std::atomic<pthread_t>*>(data) = ::pthread_self(); },
      &ran_on));
  stream.synchronize();
  EXPECT_NE(ran_on.load(), ::pthread_self());
  EXPECT_NE(ran_on.load(), pthread_t{});
}

// It must not call CUDA; what it would wait for might be itself.
TEST_F(cuLaunchHostFunc, MayNotCallTheDriver) {
  std::atomic<int> result{-1};
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(
      stream,
      [](void* data) {
        CUdeviceptr address = 0;
        const CUresult got = driver().cuMemAlloc_v2(&address, 16);
        *static_cast<std::atomic<int>*>(data) = got;
      },
      &result));
  stream.synchronize();
  EXPECT_CUDA(CUDA_ERROR_NOT_PERMITTED, static_cast<CUresult>(result.load()));
}

TEST_F(cuLaunchHostFunc, DefaultStreams) {
  static std::atomic<int> calls{0};
  calls = 0;
  expect_legacy_default_stream([] { return driver().cuLaunchHostFunc(nullptr, &count, &calls); },
                               [] { return calls == 1; });
  expect_per_thread_default_stream(
      [] { return driver().cuLaunchHostFunc_ptsz(nullptr, &count, &calls); },
      [] { return calls == 2; });
}

TEST_F(cuLaunchHostFunc, RefusesANullFunction) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, nullptr, nullptr));
  }
}

TEST_F(cuLaunchHostFunc, NeedsACurrentContextForTheDefaultStream) {
  std::atomic<int> calls{0};
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(nullptr, &count, &calls));
  }
  EXPECT_EQ(calls, 0);
}

TEST_F(cuLaunchHostFunc, IsRecordedDuringCapture) {
  std::atomic<int> calls{0};
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_HOST, [&](CUstream stream) {
    return driver().cuLaunchHostFunc(stream, &count, &calls);
  });
  EXPECT_EQ(calls, 0);
  graph.run();
  EXPECT_EQ(calls, 1);
}

// Undocumented.
TEST_F(cuLaunchHostFunc, NeedsNoCurrentContextForAStream) {
  int calls = 0;
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuLaunchHostFunc(
        stream, [](void* data) { ++*static_cast<int*>(data); }, &calls));
  });
  stream.synchronize();
  EXPECT_EQ(calls, 1);
}

TEST_F(cuLaunchHostFunc_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, &count, nullptr));
  }
}

TEST_F(cuLaunchHostFunc_fresh, IsNotCalledAfterAnError) {
  static std::atomic<int> calls{0};
  const Doomed doomed;
  EXPECT_CUDA_OK(driver().cuLaunchHostFunc(doomed.stream, &count, &calls));
  doomed.go();
  EXPECT_CUDA(Doomed::error, driver().cuStreamSynchronize(doomed.stream));
  EXPECT_EQ(calls, 0);
}

}  // namespace vgpu::conformance::test_cuLaunchHostFunc
