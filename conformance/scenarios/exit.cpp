#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "fixture/fixture.hpp"
#include "fixture/processes.hpp"

// A process that ends while its work runs ends soon, gives everything back, and leaves the next
// process a working device.

namespace vgpu::conformance::test_exit {

CONFORMANCE_SUITE(Exit_fresh, Uninitialised);

/// Longer than any of these processes may take to end.
constexpr unsigned long long long_time = 8'000'000'000;

void begin() {
  CUcontext context = nullptr;
  check(driver().cuInit(0), "cuInit");
  check(driver().cuDevicePrimaryCtxRetain(&context, 0), "cuDevicePrimaryCtxRetain");
  check(driver().cuCtxSetCurrent(context), "cuCtxSetCurrent");
}

/// A kernel runs in `stream` for a while; nothing of it is ever given back.
CUstream begin_work(unsigned long long nanoseconds = long_time) {
  begin();
  auto* module = new Module;
  auto* stream = new Stream(CU_STREAM_NON_BLOCKING);
  module->kernel("spin").launch({}, {}, 0, *stream, nanoseconds);
  return *stream;
}

/// The device does what it should for this process.
void expect_working_device() {
  begin();
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, value));
}

TEST_F(Exit_fresh, ByExitWhileAKernelRuns) {
  Process child = Process::forked([]() -> int {
    begin_work();
    std::exit(3);
  });
  EXPECT_EQ(child.wait(), 3);
  expect_working_device();
}

TEST_F(Exit_fresh, WithoutExitHandlersWhileAKernelRuns) {
  Process child = Process::forked([] {
    begin_work();
    return 4;
  });
  EXPECT_EQ(child.wait(), 4);
  expect_working_device();
}

TEST_F(Exit_fresh, KilledWhileAKernelRuns) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Process child = Process::forked([&] {
    begin_work();
    const char byte = 1;
    if (::write(ends[1], &byte, 1) != 1) return 1;
    for (;;) ::pause();
  });
  char byte = 0;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  child.kill(SIGKILL);
  EXPECT_EQ(child.wait(), 1000 + SIGKILL);
  expect_working_device();
}

TEST_F(Exit_fresh, AbortedWhileAKernelRuns) {
  Process child = Process::forked([]() -> int {
    begin_work();
    ::signal(SIGABRT, SIG_DFL);
    std::abort();
  });
  EXPECT_EQ(child.wait(), 1000 + SIGABRT);
  expect_working_device();
}

TEST_F(Exit_fresh, WhileAnotherThreadWaits) {
  Process child = Process::forked([]() -> int {
    const CUstream stream = begin_work();
    std::atomic<bool> waiting{false};
    std::thread([&] {
      waiting = true;
      driver().cuStreamSynchronize(stream);
    }).detach();
    while (!waiting) std::this_thread::yield();
    std::exit(5);
  });
  EXPECT_EQ(child.wait(), 5);
  expect_working_device();
}

TEST_F(Exit_fresh, WhileHostFunctionsArePending) {
  Process child = Process::forked([]() -> int {
    const CUstream stream = begin_work();
    for (int i = 0; i < 10; ++i) {
      check(driver().cuLaunchHostFunc(
                stream, [](void*) {}, nullptr),
            "cuLaunchHostFunc");
    }
    std::exit(6);
  });
  EXPECT_EQ(child.wait(), 6);
  expect_working_device();
}

// Programs call the driver from exit handlers and destructors; that may fail, and must come back.
TEST_F(Exit_fresh, CallsOfAnExitHandlerReturn) {
  Process child = Process::forked([]() -> int {
    begin();
    static CUdeviceptr memory = 0;
    check(driver().cuMemAlloc_v2(&memory, 1024), "cuMemAlloc_v2");
    std::atexit([] {
      const CUresult result = driver().cuMemFree_v2(memory);
      if (result != CUDA_SUCCESS && result != CUDA_ERROR_DEINITIALIZED) ::_exit(99);
      driver().cuCtxSynchronize();
      driver().cuDevicePrimaryCtxRelease_v2(0);
    });
    std::exit(8);
  });
  EXPECT_EQ(child.wait(), 8);
  expect_working_device();
}

TEST_F(Exit_fresh, AFaultEndsNothingButItsProcess) {
  Process child = Process::forked([] {
    begin();
    const Module module;
    module.kernel("bad_address").launch({}, {}, 0, nullptr);
    return driver().cuCtxSynchronize() == CUDA_ERROR_ILLEGAL_ADDRESS ? 9 : 1;
  });
  EXPECT_EQ(child.wait(), 9);
  expect_working_device();
}

TEST_F(Exit_fresh, ItsMemoryIsGivenBack) {
  const MemoryTurn turn;
  // Most of the free memory, which two processes cannot have at a time.
  const auto take_most = [] {
    begin();
    CUdeviceptr memory = 0;
    return driver().cuMemAlloc_v2(&memory, memory_info().free / 8 * 5);
  };
  for (int i = 0; i < 3; ++i) {
    Process child = Process::forked([&] {
      if (take_most() != CUDA_SUCCESS) return 1;
      ::kill(::getpid(), SIGKILL);
      return 2;
    });
    EXPECT_EQ(child.wait(), 1000 + SIGKILL);
  }
  begin();
  // The driver may clean up behind the dead process for a moment.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  CUresult result = take_most();
  while (result == CUDA_ERROR_OUT_OF_MEMORY && std::chrono::steady_clock::now() < end) {
    result = take_most();
  }
  EXPECT_CUDA_OK(result);
}

}  // namespace vgpu::conformance::test_exit
