#include <sys/wait.h>
#include <unistd.h>

#include "driver_library.hpp"

using namespace vgpu::softdevice_test;

// Named so that it runs first: the process has not called cuInit yet.
TEST(ABeforeInit, CallsAreRefusedAndOutputsStay) {
  CUcontext context = reinterpret_cast<CUcontext>(5);
  int count = 5;
  EXPECT_EQ(call("cuCtxGetCurrent", &context), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(context, reinterpret_cast<CUcontext>(5));
  EXPECT_EQ(call("cuDeviceGetCount", &count), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(count, 5);
  EXPECT_EQ(call("cuDriverGetVersion", &count), CUDA_SUCCESS);
  EXPECT_EQ(count, 13000);
  const void* table = &count;
  const CUuuid unknown{};
  EXPECT_EQ(call("cuGetExportTable", &table, &unknown), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(table, nullptr);
  const char* text = nullptr;
  EXPECT_EQ(call("cuGetErrorName", CUDA_ERROR_ILLEGAL_ADDRESS, &text), CUDA_SUCCESS);
  EXPECT_STREQ(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_EQ(call("cuGetErrorString", static_cast<CUresult>(12345), &text),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(text, nullptr);
}

TEST(BPrimaryContext, KeepsItsHandleThroughReleaseAndReset) {
  ASSERT_EQ(call("cuInit", 0U), CUDA_SUCCESS);
  unsigned flags = 5;
  int active = 5;
  EXPECT_EQ(call("cuDevicePrimaryCtxGetState", 0, &flags, &active), CUDA_SUCCESS);
  EXPECT_EQ(flags, 0U);
  EXPECT_EQ(active, 0);
  CUcontext popped = reinterpret_cast<CUcontext>(5);
  EXPECT_EQ(call("cuCtxPopCurrent_v2", &popped), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(popped, reinterpret_cast<CUcontext>(5));
  CUdeviceptr address = 0;
  EXPECT_EQ(call("cuMemAlloc_v2", &address, std::size_t{16}), CUDA_ERROR_INVALID_CONTEXT);

  CUcontext primary = nullptr;
  ASSERT_EQ(call("cuDevicePrimaryCtxRetain", &primary, 0), CUDA_SUCCESS);
  unsigned version = 0;
  EXPECT_EQ(call("cuCtxGetApiVersion", primary, &version), CUDA_SUCCESS);
  EXPECT_EQ(version, 3020U);
  EXPECT_EQ(call("cuCtxDestroy_v2", primary), CUDA_ERROR_INVALID_CONTEXT);
  ASSERT_EQ(call("cuCtxSetCurrent", primary), CUDA_SUCCESS);
  EXPECT_EQ(call("cuDevicePrimaryCtxRelease_v2", 0), CUDA_SUCCESS);
  CUcontext current = nullptr;
  EXPECT_EQ(call("cuCtxGetCurrent", &current), CUDA_SUCCESS);
  EXPECT_EQ(current, primary);
  EXPECT_EQ(call("cuMemAlloc_v2", &address, std::size_t{16}), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  EXPECT_EQ(call("cuCtxSynchronize"), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  CUdevice device = 5;
  EXPECT_EQ(call("cuCtxGetDevice", &device), CUDA_SUCCESS);
  EXPECT_EQ(device, 0);
  EXPECT_EQ(call("cuDevicePrimaryCtxRelease_v2", 0), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(call("cuDevicePrimaryCtxReset_v2", 0), CUDA_SUCCESS);
  CUcontext again = nullptr;
  EXPECT_EQ(call("cuDevicePrimaryCtxRetain", &again, 0), CUDA_SUCCESS);
  EXPECT_EQ(again, primary);
  EXPECT_EQ(call("cuDevicePrimaryCtxRelease_v2", 0), CUDA_SUCCESS);
  EXPECT_EQ(call("cuCtxSetCurrent", CUcontext{nullptr}), CUDA_SUCCESS);
}

class Context : public WithContext {};

TEST_F(Context, CreatedContextGivesWayToThePreviousOne) {
  CUcontext created = nullptr;
  ASSERT_EQ(call("cuCtxCreate_v2", &created, 0U, 0), CUDA_SUCCESS);
  CUcontext current = nullptr;
  EXPECT_EQ(call("cuCtxGetCurrent", &current), CUDA_SUCCESS);
  EXPECT_EQ(current, created);
  EXPECT_EQ(call("cuCtxDestroy_v2", created), CUDA_SUCCESS);
  EXPECT_EQ(call("cuCtxGetCurrent", &current), CUDA_SUCCESS);
  EXPECT_EQ(current, context_);
  EXPECT_EQ(call("cuCtxDestroy_v2", created), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(call("cuCtxPushCurrent_v2", created), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(Context, UnknownNumbersAndAttributesAreRefused) {
  CUdevice device = 0;
  int value = 0;
  EXPECT_EQ(call("cuDeviceGet", &device, 9), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(call("cuDeviceGetAttribute", &value, static_cast<CUdevice_attribute>(149), 0),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(call("cuDeviceGetAttribute", &value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 7),
            CUDA_ERROR_INVALID_DEVICE);
  ASSERT_EQ(call("cuDeviceGetAttribute", &value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 0), CUDA_SUCCESS);
  EXPECT_EQ(value, 32);
}

TEST_F(Context, AForkedChildHasNoDriver) {
  const pid_t child = fork();
  if (child == 0) {
    CUcontext current = nullptr;
    const bool refused = call("cuInit", 0U) == CUDA_ERROR_NOT_INITIALIZED &&
                         call("cuCtxGetCurrent", &current) == CUDA_ERROR_NOT_INITIALIZED;
    _exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(Context, ProcAddressFollowsTheVersion) {
  void* pointer = nullptr;
  CUdriverProcAddressQueryResult status{};
  const cuuint64_t none = 0;
  const cuuint64_t thread = 2;
  ASSERT_EQ(call("cuGetProcAddress_v2", "cuMemAlloc", &pointer, 3020, none, &status), CUDA_SUCCESS);
  EXPECT_EQ(pointer, dlsym(library(), "cuMemAlloc_v2"));
  ASSERT_EQ(call("cuGetProcAddress_v2", "cuMemAlloc", &pointer, 2000, none, &status), CUDA_SUCCESS);
  EXPECT_EQ(pointer, dlsym(library(), "cuMemAlloc"));
  ASSERT_EQ(call("cuGetProcAddress_v2", "cuLaunchKernel", &pointer, 13000, thread, &status),
            CUDA_SUCCESS);
  EXPECT_EQ(pointer, dlsym(library(), "cuLaunchKernel_ptsz"));
  ASSERT_EQ(call("cuGetProcAddress_v2", "cuNothing", &pointer, 13000, none, &status), CUDA_SUCCESS);
  EXPECT_EQ(pointer, nullptr);
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  ASSERT_EQ(call("cuGetProcAddress_v2", "cuMemAllocAsync", &pointer, 11000, none, &status),
            CUDA_SUCCESS);
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  pointer = &status;
  EXPECT_EQ(call("cuGetProcAddress_v2", "cuInit", &pointer, 13001, none, &status),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(call("cuGetProcAddress", "cuNothing", &pointer, 13000, none), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(pointer, static_cast<void*>(&status));
}

TEST_F(Context, WhatIsNotServedSaysSo) {
  CUgreenCtx green = nullptr;
  EXPECT_EQ(call("cuGreenCtxCreate", &green, CUdevResourceDesc{nullptr}, 0, 0U),
            CUDA_ERROR_NOT_SUPPORTED);
}
