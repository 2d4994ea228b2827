/// Each device's primary context. Its state lives in the guest; the host hears of the first retain
/// and the last release.

#include <vgpu/guest_written.hpp>

#include "vgpu/guest/core.hpp"

namespace vgpu::guest::written {

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return contexts()->retain(device, context);
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return contexts()->release(this_thread().contexts, device);
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned int flags) {
  return contexts()->set_flags(device, flags);
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int* flags, int* active) {
  return contexts()->get_state(device, flags, active);
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return contexts()->reset(this_thread().contexts, device);
}

}  // namespace vgpu::guest::written
