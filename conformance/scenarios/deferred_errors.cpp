#include <functional>

#include "fixture/doomed.hpp"
#include "fixture/fixture.hpp"

// An error that happens while a kernel runs is reported by calls that come after it happened, not
// by the launch, and by none before.

namespace vgpu::conformance::test_deferred_errors {

CONFORMANCE_SUITE(DeferredErrors_fresh, Uninitialised);

constexpr CUresult the_error = Doomed::error;

TEST_F(DeferredErrors_fresh, TheLaunchItselfSucceeds) {
  const Doomed doomed;
  EXPECT_CUDA_OK(doomed.launched);
  doomed.fail();
}

TEST_F(DeferredErrors_fresh, NoCallReportsItBeforeItHappened) {
  const Doomed doomed;
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(doomed.stream));
  EXPECT_CUDA_OK(driver().cuEventRecord(doomed.event, doomed.stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(doomed.event));
  EXPECT_CUDA_OK(doomed.empty.try_launch({}, {}, 0, doomed.stream));
  EXPECT_CUDA_OK(driver().cuMemsetD8Async(doomed.memory, 1, 16, doomed.stream));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(doomed.other));
  unsigned char byte = 0;
  EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(&byte, doomed.memory, 1, doomed.other));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(doomed.other));
  doomed.go();
  EXPECT_CUDA(the_error, driver().cuCtxSynchronize());
}

TEST_F(DeferredErrors_fresh, SynchronisingTheContextReportsIt) {
  const Doomed doomed;
  doomed.go();
  EXPECT_CUDA(the_error, driver().cuCtxSynchronize());
}

TEST_F(DeferredErrors_fresh, SynchronisingTheStreamReportsIt) {
  const Doomed doomed;
  doomed.go();
  EXPECT_CUDA(the_error, driver().cuStreamSynchronize(doomed.stream));
}

TEST_F(DeferredErrors_fresh, QueryingTheStreamReportsIt) {
  const Doomed doomed;
  doomed.go();
  CUresult result = CUDA_ERROR_NOT_READY;
  while (result == CUDA_ERROR_NOT_READY) result = driver().cuStreamQuery(doomed.stream);
  EXPECT_CUDA(the_error, result);
}

TEST_F(DeferredErrors_fresh, SynchronisingAnEventBehindItReportsIt) {
  const Doomed doomed;
  ASSERT_CUDA_OK(driver().cuEventRecord(doomed.event, doomed.stream));
  doomed.go();
  EXPECT_CUDA(the_error, driver().cuEventSynchronize(doomed.event));
}

TEST_F(DeferredErrors_fresh, QueryingAnEventBehindItReportsIt) {
  const Doomed doomed;
  ASSERT_CUDA_OK(driver().cuEventRecord(doomed.event, doomed.stream));
  doomed.go();
  CUresult result = CUDA_ERROR_NOT_READY;
  while (result == CUDA_ERROR_NOT_READY) result = driver().cuEventQuery(doomed.event);
  EXPECT_CUDA(the_error, result);
}

TEST_F(DeferredErrors_fresh, AStreamThatWaitsForItReportsIt) {
  const Doomed doomed;
  ASSERT_CUDA_OK(driver().cuEventRecord(doomed.event, doomed.stream));
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(doomed.other, doomed.event, 0));
  doomed.go();
  EXPECT_CUDA(the_error, driver().cuStreamSynchronize(doomed.other));
}

TEST_F(DeferredErrors_fresh, ACopyBehindItReportsIt) {
  const Doomed doomed;
  std::vector<unsigned char> bytes(4096, 7);
  ASSERT_CUDA_OK(driver().cuEventRecord(doomed.event, doomed.stream));
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(CU_STREAM_LEGACY, doomed.event, 0));
  doomed.go();
  EXPECT_CUDA(the_error, driver().cuMemcpyDtoH_v2(bytes.data(), doomed.memory, bytes.size()));
}

// Every call that has to do with the context's work reports it, whatever stream it is about.
TEST_F(DeferredErrors_fresh, AllWorkAfterwardsReportsIt) {
  const Doomed doomed;
  doomed.fail();
  const PinnedMemory* const flag = &doomed.flag;
  std::vector<unsigned char> bytes(64);
  const std::string image(ptx("basic"));
  const struct {
    const char* name;
    std::function<CUresult()> call;
  } calls[] = {
      {"cuCtxSynchronize", [] { return driver().cuCtxSynchronize(); }},
      {"cuStreamSynchronize", [&] { return driver().cuStreamSynchronize(doomed.other); }},
      {"cuStreamQuery", [&] { return driver().cuStreamQuery(doomed.other); }},
      {"cuLaunchKernel", [&] { return doomed.empty.try_launch({}, {}, 0, doomed.other); }},
      {"cuEventRecord", [&] { return driver().cuEventRecord(doomed.event, doomed.other); }},
      {"cuMemAlloc",
       [] {
         CUdeviceptr address = 0;
         return driver().cuMemAlloc_v2(&address, 64);
       }},
      {"cuMemcpyHtoD",
       [&] { return driver().cuMemcpyHtoD_v2(doomed.memory, bytes.data(), bytes.size()); }},
      {"cuMemcpyDtoH",
       [&] { return driver().cuMemcpyDtoH_v2(bytes.data(), doomed.memory, bytes.size()); }},
      {"cuMemcpyHtoDAsync",
       [&] { return driver().cuMemcpyHtoDAsync_v2(doomed.memory, flag->host(), 8, doomed.other); }},
      {"cuMemcpyDtoDAsync",
       [&] {
         return driver().cuMemcpyDtoDAsync_v2(doomed.memory, doomed.memory + 64, 64, doomed.other);
       }},
      {"cuMemsetD8", [&] { return driver().cuMemsetD8_v2(doomed.memory, 1, 64); }},
      {"cuMemsetD32Async",
       [&] { return driver().cuMemsetD32Async(doomed.memory, 1, 16, doomed.other); }},
      {"cuModuleLoadData",
       [&] {
         CUmodule module = nullptr;
         return driver().cuModuleLoadData(&module, image.c_str());
       }},
      {"cuStreamCreate",
       [] {
         CUstream stream = nullptr;
         return driver().cuStreamCreate(&stream, CU_STREAM_DEFAULT);
       }},
      {"cuMemHostAlloc",
       [] {
         void* memory = nullptr;
         return driver().cuMemHostAlloc(&memory, 64, 0);
       }},
      {"cuLaunchHostFunc",
       [&] {
         return driver().cuLaunchHostFunc(
             doomed.other, [](void*) {}, nullptr);
       }},
  };
  for (const auto& [name, call] : calls) EXPECT_CUDA(the_error, call()) << name;
}

// Calls that have nothing to do with the context's work.
TEST_F(DeferredErrors_fresh, QueriesAfterwardsDoNotReportIt) {
  const Doomed doomed;
  doomed.fail();
  int number = 0;
  char name[64];
  std::size_t bytes = 0;
  CUdevice device = 77;
  const char* text = nullptr;
  unsigned flags = 0;
  EXPECT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA_OK(driver().cuDriverGetVersion(&number));
  EXPECT_CUDA_OK(driver().cuDeviceGetCount(&number));
  EXPECT_CUDA_OK(driver().cuDeviceGet(&device, 0));
  EXPECT_CUDA_OK(driver().cuDeviceGetName(name, sizeof name, 0));
  EXPECT_CUDA_OK(driver().cuDeviceGetAttribute(&number, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 0));
  EXPECT_CUDA_OK(driver().cuDeviceTotalMem_v2(&bytes, 0));
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(0, &flags, &number));
  EXPECT_CUDA_OK(driver().cuGetErrorName(the_error, &text));
  EXPECT_EQ(current_context(), doomed.context.get());
  EXPECT_CUDA_OK(driver().cuCtxGetDevice(&device));
  EXPECT_EQ(device, 0);
  EXPECT_CUDA_OK(driver().cuCtxPushCurrent_v2(doomed.context));
  CUcontext popped = nullptr;
  EXPECT_CUDA_OK(driver().cuCtxPopCurrent_v2(&popped));
  EXPECT_EQ(popped, doomed.context.get());
}

// What was done before the kernel that failed is done; what comes behind it never runs.
TEST_F(DeferredErrors_fresh, WorkBehindItDoesNotRun) {
  const Doomed doomed;
  const PinnedMemory& flag = doomed.flag;
  auto* const words = flag.host<volatile unsigned>();
  const Kernel fill = doomed.module.kernel("fill");
  fill.launch({}, {}, 0, doomed.stream, flag.device() + sizeof(unsigned), 1U, 99U);
  doomed.go();
  EXPECT_CUDA(the_error, driver().cuStreamSynchronize(doomed.stream));
  EXPECT_EQ(words[1], 0U);
}

// Arguments are judged when they are passed: such an error is the call's own and nobody else's.
TEST_F(DeferredErrors_fresh, AnErrorOfACallItselfIsNotDeferred) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  const DeviceMemory memory(64);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD8Async(garbage_address, 1, 1, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD32Async(memory + 1, 1, 1, nullptr));
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAlloc_v2(&address, 0));
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_CUDA_OK(driver().cuMemsetD8Async(memory, 1, 64, nullptr));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(nullptr));
}

}  // namespace vgpu::conformance::test_deferred_errors
