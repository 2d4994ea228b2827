/// A CUDA-driver-shaped library with one device and next to nothing behind it, for tests of the
/// host. VGPU_MOCK_INIT is what cuInit returns.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vgpu/call/cuda_types.hpp>

#define VGPU_EXPORT extern "C" __attribute__((visibility("default")))

namespace {
std::atomic<int> primary_retains{0};
std::atomic<std::uintptr_t> next_context{0x1000};
thread_local CUcontext current = nullptr;
thread_local CUcontext before = nullptr;
const CUcontext primary = reinterpret_cast<CUcontext>(std::uintptr_t{0x500});
}  // namespace

VGPU_EXPORT CUresult cuInit(unsigned int) {
  const char* wanted = std::getenv("VGPU_MOCK_INIT");
  return wanted == nullptr ? CUDA_SUCCESS : static_cast<CUresult>(std::atoi(wanted));
}
VGPU_EXPORT CUresult cuDriverGetVersion(int* version) {
  *version = 13000;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuGetErrorName(CUresult error, const char** name) {
  *name = error == CUDA_ERROR_NO_DEVICE ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR_OTHER";
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuDeviceGetCount(int* count) {
  *count = 1;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
VGPU_EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  std::strncpy(name, "Mock device", static_cast<std::size_t>(length));
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  *bytes = std::size_t{1} << 30;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  *value = static_cast<int>(attribute) * 10;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
  current = context;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuCtxCreate_v2(CUcontext* context, unsigned int, CUdevice) {
  *context = reinterpret_cast<CUcontext>(next_context.fetch_add(16));
  before = current;
  current = *context;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  *context = current;
  current = before;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuCtxDestroy_v2(CUcontext context) {
  return context == primary ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuCtxSynchronize() {
  return current == nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
}
/// What a driver says that comes upon a bug of its own.
VGPU_EXPORT CUresult cuProfilerStop() {
  std::fputs("the mock driver gives up\n", stderr);
  std::abort();
}
VGPU_EXPORT CUresult cuProfilerStart() {
  std::fputs("text of a kernel\n", stdout);
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
  ++primary_retains;
  *context = primary;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) {
  return primary_retains.fetch_sub(1) > 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}
VGPU_EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice, unsigned int* flags, int* active) {
  *flags = 0;
  *active = primary_retains > 0 ? 1 : 0;
  return CUDA_SUCCESS;
}
VGPU_EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice) {
  primary_retains = 0;
  return CUDA_SUCCESS;
}
