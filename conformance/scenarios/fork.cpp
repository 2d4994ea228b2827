#include <unistd.h>

#include <functional>
#include <utility>

#include "fixture/fixture.hpp"
#include "fixture/processes.hpp"

// CUDA does not work in a child of a process that initialised it: every call there returns
// CUDA_ERROR_NOT_INITIALIZED, none hangs, and the parent notices nothing.

namespace vgpu::conformance::test_fork {

CONFORMANCE_SUITE(Fork_fresh, Uninitialised);

/// The whole of a small program; what the kernel made of `value`, or 0 when a step failed.
unsigned compute(unsigned value) {
  CUcontext context = nullptr;
  check(driver().cuInit(0), "cuInit");
  check(driver().cuDevicePrimaryCtxRetain(&context, 0), "cuDevicePrimaryCtxRetain");
  check(driver().cuCtxSetCurrent(context), "cuCtxSetCurrent");
  const DeviceBuffer<unsigned> buffer(10);
  const Module module;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  module.kernel("scale_add").over(buffer, stream, 3U, 1U);
  stream.synchronize();
  return buffer.read()[9];
}

TEST_F(Fork_fresh, EveryCallOfTheChildIsRefused) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  const DeviceBuffer<unsigned> buffer(10);
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Stream stream;
  const std::pair<const char*, std::function<CUresult()>> calls[] = {
      {"cuInit", [] { return driver().cuInit(0); }},
      {"cuDeviceGetCount",
       [] {
         int count = 0;
         return driver().cuDeviceGetCount(&count);
       }},
      {"cuCtxGetCurrent",
       [] {
         CUcontext context = nullptr;
         return driver().cuCtxGetCurrent(&context);
       }},
      {"cuCtxSetCurrent", [&] { return driver().cuCtxSetCurrent(own); }},
      {"cuDevicePrimaryCtxRetain",
       [] {
         CUcontext context = nullptr;
         return driver().cuDevicePrimaryCtxRetain(&context, 0);
       }},
      {"cuCtxCreate_v4",
       [] {
         CUcontext context = nullptr;
         return driver().cuCtxCreate_v4(&context, nullptr, 0, 0);
       }},
      {"cuMemAlloc_v2",
       [] {
         CUdeviceptr address = 0;
         return driver().cuMemAlloc_v2(&address, 16);
       }},
      {"cuMemsetD8_v2", [&] { return driver().cuMemsetD8_v2(buffer, 1, 4); }},
      {"cuMemcpyDtoH_v2",
       [&] {
         unsigned word = 0;
         return driver().cuMemcpyDtoH_v2(&word, buffer, 4);
       }},
      {"cuLaunchKernel", [&] { return empty.try_launch({}, {}, 0, stream); }},
      {"cuCtxSynchronize", [] { return driver().cuCtxSynchronize(); }},
  };
  // The driver does not notice it in every call: cuStreamSynchronize, cuEventRecord and
  // cuEventQuery succeed. A child each: one that crashes must not hide the others.
  for (const auto& [name, call] : calls) {
    Process child = Process::forked([&call = call] { return static_cast<int>(call()); });
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, static_cast<CUresult>(child.wait())) << name;
  }
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
}

TEST_F(Fork_fresh, TheChildOfAThreadIsRefusedToo) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  on_other_thread(own, [] {
    Process child = Process::forked([] { return static_cast<int>(driver().cuCtxSynchronize()); });
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, static_cast<CUresult>(child.wait()));
  });
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
}

TEST_F(Fork_fresh, TheParentGoesOn) {
  EXPECT_EQ(compute(5), 16U);
  for (int i = 0; i < 5; ++i) {
    Process child = Process::forked([] { return driver().cuInit(0) == CUDA_SUCCESS ? 1 : 0; });
    EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(compute(7), 22U);
  }
}

TEST_F(Fork_fresh, TheParentsPendingWorkIsDoneOnce) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  const Stream stream;
  static std::atomic<int> called{0};
  Blocker blocker(stream);
  count.launch({}, {32}, 0, stream, counter.address());
  check(driver().cuLaunchHostFunc(
            stream, [](void*) { ++called; }, nullptr),
        "cuLaunchHostFunc");
  Process child = Process::forked([] { return 0; });
  count.launch({}, {32}, 0, stream, counter.address());
  EXPECT_EQ(child.wait(), 0);
  blocker.finish();
  EXPECT_EQ(counter.read()[0], 64U);
  EXPECT_EQ(called, 1);
}

// exit(), unlike _exit(), runs what libraries have registered for it.
TEST_F(Fork_fresh, AChildsExitHandlersDoNotDisturbTheParent) {
  EXPECT_EQ(compute(1), 4U);
  for (int i = 0; i < 3; ++i) {
    Process child = Process::forked([]() -> int { std::exit(7); });
    EXPECT_EQ(child.wait(), 7);
    EXPECT_EQ(compute(2), 7U);
  }
}

TEST_F(Fork_fresh, AChildMayRunAnotherProgram) {
  EXPECT_EQ(compute(1), 4U);
  Process child = Process::program({"/bin/true"});
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(compute(2), 7U);
}

TEST_F(Fork_fresh, AChildOfAnUninitialisedProcessHasTheDeviceToo) {
  std::vector<Process> children;
  for (unsigned i = 0; i < 3; ++i) {
    children.push_back(Process::forked([i] { return compute(10 + i) == 31 + 3 * i ? 0 : 1; }));
  }
  EXPECT_EQ(compute(5), 16U);
  for (Process& child : children) EXPECT_EQ(child.wait(), 0);
}

TEST_F(Fork_fresh, WhileThreadsUseTheDriver) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      driver().cuCtxSetCurrent(own);
      while (!stop) {
        CUdeviceptr address = 0;
        if (driver().cuMemAlloc_v2(&address, 256) != CUDA_SUCCESS ||
            driver().cuMemsetD8_v2(address, 1, 256) != CUDA_SUCCESS ||
            driver().cuMemFree_v2(address) != CUDA_SUCCESS) {
          ++failed;
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    Process child = Process::forked([] {
      CUdeviceptr address = 0;
      return static_cast<int>(driver().cuMemAlloc_v2(&address, 16));
    });
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, static_cast<CUresult>(child.wait()));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace vgpu::conformance::test_fork
