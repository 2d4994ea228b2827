#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuInit {

CONFORMANCE_SUITE(cuInit_fresh, Uninitialised);

CUresult count_devices() {
  int count = 0;
  return driver().cuDeviceGetCount(&count);
}

/// Calls `f` in a forked process and returns its result there.
template <class F>
CUresult in_forked_process(F&& f) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(static_cast<int>(f()) & 0xff);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status)) throw SetUpFailure("the forked process did not exit");
  return static_cast<CUresult>(WEXITSTATUS(status));
}

// Undocumented.
TEST_F(cuInit_fresh, IsSafeDuringCapture) {
  ASSERT_CUDA_OK(driver().cuInit(0));
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] { return driver().cuInit(0); });
}

TEST_F(cuInit_fresh, MakesTheDriverUsable) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, count_devices());
  EXPECT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA_OK(count_devices());
}

TEST_F(cuInit_fresh, MayBeCalledAgain) {
  EXPECT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA_OK(count_devices());
}

TEST_F(cuInit_fresh, RefusesFlags) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuInit(1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuInit(0x80000000U));
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, count_devices());
}

TEST_F(cuInit_fresh, RefusesFlagsWhenInitialisedToo) {
  ASSERT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuInit(1));
  EXPECT_CUDA_OK(count_devices());
}

TEST_F(cuInit_fresh, WorksAfterARefusal) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuInit(1));
  EXPECT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA_OK(count_devices());
}

TEST_F(cuInit_fresh, HoldsForAllThreads) {
  ASSERT_CUDA_OK(on_other_thread([] { return driver().cuInit(0); }));
  EXPECT_CUDA_OK(count_devices());
}

TEST_F(cuInit_fresh, MayBeCalledByManyThreadsAtOnce) {
  std::atomic<int> ready{0};
  std::atomic<int> succeeded{0};
  constexpr int many = 8;
  std::vector<std::thread> threads;
  for (int i = 0; i < many; ++i) {
    threads.emplace_back([&] {
      ++ready;
      while (ready < many) std::this_thread::yield();
      if (driver().cuInit(0) == CUDA_SUCCESS && count_devices() == CUDA_SUCCESS) ++succeeded;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(succeeded, many);
}

TEST_F(cuInit_fresh, MakesNoContextCurrent) {
  ASSERT_CUDA_OK(driver().cuInit(0));
  EXPECT_EQ(current_context(), nullptr);
  unsigned flags = 0;
  int active = 1;
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(0, &flags, &active));
  EXPECT_EQ(active, 0);
}

// Calls that answer before it.
TEST_F(cuInit_fresh, IsNotNeededForVersionAndErrorNames) {
  const auto [first, second] =
      expect_writes<int>([](int* version) { return driver().cuDriverGetVersion(version); });
  EXPECT_EQ(first, second);
  EXPECT_GE(first, 11000);
  const char* name = nullptr;
  EXPECT_CUDA_OK(driver().cuGetErrorName(CUDA_ERROR_NOT_INITIALIZED, &name));
  EXPECT_STREQ(name, "CUDA_ERROR_NOT_INITIALIZED");
}

// A child of fork() has none of its parent's driver; CUDA gives it this answer to everything.
TEST_F(cuInit_fresh, FailsInAForkedChildOfAnInitialisedProcess) {
  ASSERT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, in_forked_process([] { return driver().cuInit(0); }));
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, in_forked_process(count_devices));
  EXPECT_CUDA_OK(count_devices());
}

TEST_F(cuInit_fresh, WorksInAForkedChildOfAnUninitialisedProcess) {
  EXPECT_CUDA_OK(in_forked_process([] {
    const CUresult started = driver().cuInit(0);
    return started != CUDA_SUCCESS ? started : count_devices();
  }));
  EXPECT_CUDA_OK(driver().cuInit(0));
}

}  // namespace vgpu::conformance::test_cuInit
