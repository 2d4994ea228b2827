/// Each device's primary context. Its state lives in the guest; the host hears of the first retain
/// and the last release.

#include <vgpu/guest/memory_registry.hpp>
#include <vgpu/guest_written.hpp>

#include "host_memory.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest {
namespace {

/// The memory of a primary context ends with its life; the context's handle stays.
void forget_primary_memory(CUdevice device) {
  if (const Context* context = contexts()->primary(device)) {
    end_host_memory(context->id);
    forget_context_memory(context->id);
  }
}

}  // namespace

namespace written {

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return contexts()->retain(device, context);
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  const CUresult result = contexts()->release(device);
  unsigned flags = 0;
  int active = 0;
  if (result == CUDA_SUCCESS && contexts()->get_state(device, &flags, &active) == CUDA_SUCCESS &&
      active == 0) {
    forget_primary_memory(device);
  }
  return result;
}

// The old form does not tell that there was nothing to release.
CUresult cuDevicePrimaryCtxRelease(CUdevice device) {
  const CUresult result = written::cuDevicePrimaryCtxRelease_v2(device);
  return result == CUDA_ERROR_INVALID_CONTEXT ? CUDA_SUCCESS : result;
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned int flags) {
  return contexts()->set_flags(device, flags);
}

// The old form changes no context that is active.
CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned int flags) {
  const Context* primary = contexts()->primary(device);
  if (primary != nullptr &&
      primary->state.load(std::memory_order_acquire) == ContextState::active) {
    return CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE;
  }
  return written::cuDevicePrimaryCtxSetFlags_v2(device, flags);
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int* flags, int* active) {
  return contexts()->get_state(device, flags, active);
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  const CUresult result = contexts()->reset(device);
  if (result == CUDA_SUCCESS) forget_primary_memory(device);
  return result;
}

}  // namespace written
}  // namespace vgpu::guest
