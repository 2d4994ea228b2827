/// Calls of several threads that follow each other in the program, by hand-over of a token, follow
/// each other on the device. Each thread has a channel of its own, and nothing but the order that
/// the guest gives its calls keeps them from overtaking each other.
///
/// `WithoutTheOrder` is for a host that was started with VGPU_TEST_HOOKS=1 and
/// VGPU_TEST_NO_TICKET_ORDER=1: there, the same calls must be seen to overtake each other.

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "driver_program.hpp"

namespace {

using namespace vgpu::driver_test;

constexpr int threads = 4;
constexpr int steps = 3000;
/// So often, the thread that has the token looks at what the device has done.
constexpr int steps_between_looks = 60;

constexpr char code[] = R"(
.version 7.0
.target sm_75
.address_size 64
// *to = *to * 3 + *from + number: no two of them commute.
.visible .entry step(.param .u64 to, .param .u64 from, .param .u32 number) {
  .reg .u64 %rd<5>;
  .reg .u32 %r<6>;
  ld.param.u64 %rd1, [to];
  ld.param.u64 %rd2, [from];
  ld.param.u32 %r1, [number];
  cvta.to.global.u64 %rd3, %rd1;
  cvta.to.global.u64 %rd4, %rd2;
  ld.global.u32 %r2, [%rd3];
  ld.global.u32 %r3, [%rd4];
  mad.lo.u32 %r4, %r2, 3, %r3;
  add.u32 %r5, %r4, %r1;
  st.global.u32 [%rd3], %r5;
  ret;
}
)";

/// What was not as the program's order says. Only the holder of the token writes to it.
struct Outcome {
  int wrong = 0;
  std::string first;

  void note(const std::string& what) {
    if (wrong++ == 0) first = what;
  }
  /// \param step -1 before and after the steps.
  void expect(CUresult result, const char* call, int step = -1) {
    if (result == CUDA_SUCCESS) return;
    note(std::string(call) + " of step " + std::to_string(step) + " gave " + name_of(result));
  }
};

/// `step(i)` for every i, each on the next thread, one after the other.
template <class Step>
void relay(CUcontext context, Step step) {
  std::atomic<int> turn{0};
  std::vector<std::jthread> running;
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      EXPECT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
      for (int mine = thread; mine < steps; mine += threads) {
        for (int seen = turn.load(); seen != mine; seen = turn.load()) turn.wait(seen);
        step(mine);
        turn.store(mine + 1);
        turn.notify_all();
      }
    });
  }
}

/// Two words on the device, and what they should be.
class Words {
 public:
  explicit Words(Outcome& outcome) : outcome_(outcome) {
    outcome_.expect(cuModuleLoadData(&module_, code), "cuModuleLoadData");
    outcome_.expect(cuModuleGetFunction(&function_, module_, "step"), "cuModuleGetFunction");
    outcome_.expect(cuMemAlloc(&memory_, sizeof expected_), "cuMemAlloc");
    outcome_.expect(cuMemsetD32(memory_, 0, expected_.size()), "cuMemsetD32");
    outcome_.expect(cuCtxSynchronize(), "cuCtxSynchronize");
  }
  ~Words() {
    outcome_.expect(cuMemFree(memory_), "cuMemFree");
    outcome_.expect(cuModuleUnload(module_), "cuModuleUnload");
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  /// The asynchronous operation of a step.
  void change(int step, CUstream stream) {
    auto number = static_cast<std::uint32_t>(step);
    CUdeviceptr first = memory_;
    CUdeviceptr second = memory_ + sizeof(std::uint32_t);
    switch (number * 2654435761U >> 30) {
      case 0:
        outcome_.expect(cuMemcpyDtoDAsync(second, first, sizeof(std::uint32_t), stream),
                        "cuMemcpyDtoDAsync", step);
        expected_[1] = expected_[0];
        break;
      case 1:
        outcome_.expect(cuMemsetD32Async(second, number, 1, stream), "cuMemsetD32Async", step);
        expected_[1] = number;
        break;
      default:
        void* parameters[] = {&first, &second, &number};
        outcome_.expect(cuLaunchKernel(function_, 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr),
                        "cuLaunchKernel", step);
        expected_[0] = expected_[0] * 3 + expected_[1] + number;
        break;
    }
  }

  /// Waits for the stream, to which another thread gave its last work, and compares.
  void look(int step, CUstream stream) {
    outcome_.expect(cuStreamSynchronize(stream), "cuStreamSynchronize", step);
    std::array<std::uint32_t, 2> found{};
    outcome_.expect(cuMemcpyDtoH(found.data(), memory_, sizeof found), "cuMemcpyDtoH", step);
    if (found != expected_) {
      outcome_.note("before step " + std::to_string(step) + " the words are " +
                    std::to_string(found[0]) + " and " + std::to_string(found[1]) + ", not " +
                    std::to_string(expected_[0]) + " and " + std::to_string(expected_[1]));
    }
    expected_ = found;
  }

 private:
  Outcome& outcome_;
  CUmodule module_ = nullptr;
  CUfunction function_ = nullptr;
  CUdeviceptr memory_ = 0;
  std::array<std::uint32_t, 2> expected_{};
};

class Stream {
 public:
  explicit Stream(Outcome& outcome) : outcome_(outcome) {
    outcome_.expect(cuStreamCreate(&stream_, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  }
  ~Stream() { outcome_.expect(cuStreamDestroy(stream_), "cuStreamDestroy"); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  CUstream get() const { return stream_; }

 private:
  Outcome& outcome_;
  CUstream stream_ = nullptr;
};

/// All threads give work to one stream.
void share_a_stream(CUcontext context, Outcome& outcome) {
  const Stream stream(outcome);
  Words words(outcome);
  relay(context, [&](int step) {
    if (step % steps_between_looks == 0) words.look(step, stream.get());
    words.change(step, stream.get());
  });
  words.look(steps, stream.get());
}

/// The work of each step waits for the event that another thread recorded after the one before.
void follow_events(CUcontext context, Outcome& outcome) {
  const Stream even(outcome);
  const Stream odd(outcome);
  const CUstream streams[] = {even.get(), odd.get()};
  std::array<CUevent, 8> events{};
  for (CUevent& event : events) {
    outcome.expect(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), "cuEventCreate");
  }
  {
    Words words(outcome);
    relay(context, [&](int step) {
      CUstream stream = streams[step % 2];
      const auto at = static_cast<std::size_t>(step);
      if (step > 0) {
        outcome.expect(cuStreamWaitEvent(stream, events[(at - 1) % events.size()], 0),
                       "cuStreamWaitEvent", step);
      }
      if (step % steps_between_looks == 0) words.look(step, stream);
      words.change(step, stream);
      outcome.expect(cuEventRecord(events[at % events.size()], stream), "cuEventRecord", step);
    });
    words.look(steps, streams[(steps - 1) % 2]);
    outcome.expect(cuCtxSynchronize(), "cuCtxSynchronize");
  }
  for (CUevent event : events) outcome.expect(cuEventDestroy(event), "cuEventDestroy");
}

/// One thread makes a stream, an event and memory, the next uses them, a third destroys them.
void pass_objects_on(CUcontext context, Outcome& outcome) {
  static_assert(steps % 3 == 0 && threads > 3);
  constexpr std::size_t lives = steps / 3;
  const Stream main(outcome);
  CUdeviceptr history = 0;
  outcome.expect(cuMemAlloc(&history, lives * sizeof(std::uint32_t)), "cuMemAlloc");
  outcome.expect(cuMemsetD32(history, ~0U, lives), "cuMemsetD32");
  outcome.expect(cuCtxSynchronize(), "cuCtxSynchronize");

  CUstream stream = nullptr;
  CUevent event = nullptr;
  CUdeviceptr memory = 0;
  const auto make = [&](int step) {
    outcome.expect(cuMemAllocAsync(&memory, 64, main.get()), "cuMemAllocAsync", step);
    outcome.expect(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate", step);
    outcome.expect(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), "cuEventCreate", step);
  };
  const auto use = [&](int step) {
    const auto life = static_cast<std::uint32_t>(step / 3);
    outcome.expect(cuMemsetD32Async(memory, life, 16, main.get()), "cuMemsetD32Async", step);
    outcome.expect(cuEventRecord(event, stream), "cuEventRecord", step);
    outcome.expect(cuStreamWaitEvent(main.get(), event, 0), "cuStreamWaitEvent", step);
    outcome.expect(
        cuMemcpyDtoDAsync(history + life * sizeof life, memory + 60, sizeof life, main.get()),
        "cuMemcpyDtoDAsync", step);
  };
  const auto destroy = [&](int step) {
    outcome.expect(cuEventDestroy(event), "cuEventDestroy", step);
    outcome.expect(cuStreamDestroy(stream), "cuStreamDestroy", step);
    outcome.expect(cuMemFreeAsync(memory, main.get()), "cuMemFreeAsync", step);
  };
  relay(context, [&](int step) {
    // Also returns what went wrong with a call that nobody waited for.
    if (step % steps_between_looks == 0) {
      outcome.expect(cuStreamSynchronize(main.get()), "cuStreamSynchronize", step);
    }
    if (step % 3 == 0) make(step);
    if (step % 3 == 1) use(step);
    if (step % 3 == 2) destroy(step);
  });
  outcome.expect(cuStreamSynchronize(main.get()), "cuStreamSynchronize", steps);

  std::vector<std::uint32_t> found(lives);
  outcome.expect(cuMemcpyDtoH(found.data(), history, lives * sizeof(std::uint32_t)), "cuMemcpyDtoH",
                 steps);
  for (std::size_t life = 0; life < lives; ++life) {
    if (found[life] != life)
      outcome.note("the memory of life " + std::to_string(life) + " holds " +
                   std::to_string(found[life]));
  }
  outcome.expect(cuMemFree(history), "cuMemFree");
}

using Scenario = void (*)(CUcontext, Outcome&);

std::string name_of_scenario(const ::testing::TestParamInfo<Scenario>& info) {
  if (info.param == share_a_stream) return "OnOneStream";
  if (info.param == follow_events) return "BetweenRecordAndWait";
  return "FromAnObjectsBeginningToItsEnd";
}

class ThreadOrder : public ::testing::TestWithParam<Scenario> {};
class WithoutTheOrder : public ::testing::TestWithParam<Scenario> {};

TEST_P(ThreadOrder, Holds) {
  const PrimaryContext context;
  Outcome outcome;
  GetParam()(context.get(), outcome);
  EXPECT_EQ(outcome.wrong, 0) << outcome.first;
}

TEST_P(WithoutTheOrder, SomethingGoesWrong) {
  constexpr int rounds = 20;
  const PrimaryContext context;
  for (int round = 1; round <= rounds; ++round) {
    Outcome outcome;
    GetParam()(context.get(), outcome);
    if (outcome.wrong == 0) continue;
    std::printf("seen %d times in round %d, first: %s\n", outcome.wrong, round,
                outcome.first.c_str());
    return;
  }
  FAIL() << "nothing went wrong in " << rounds << " rounds: the test cannot see a swap";
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadOrder,
                         ::testing::Values(share_a_stream, follow_events, pass_objects_on),
                         name_of_scenario);
INSTANTIATE_TEST_SUITE_P(Threads, WithoutTheOrder,
                         ::testing::Values(share_a_stream, follow_events, pass_objects_on),
                         name_of_scenario);

}  // namespace
