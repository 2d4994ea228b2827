/// Contexts that a program creates. Which one is current is the guest's business: it says so with
/// ContextBind, and nothing here leaves another one current.

#include "context.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vgpu/call/convert.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

namespace vgpu::host {
namespace {

/// Calls the newest form of cuCtxCreate that the backend has and that says all of the request.
CUresult create(const DriverTable& driver, CUcontext& out, CUctxCreateParams* parameters,
                unsigned int flags, CUdevice device) {
  if (driver.cuCtxCreate_v4 != nullptr) {
    return driver.cuCtxCreate_v4(&out, parameters, flags, device);
  }
  if (parameters != nullptr && parameters->numExecAffinityParams > 0) {
    if (driver.cuCtxCreate_v3 == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
    return driver.cuCtxCreate_v3(&out, parameters->execAffinityParams,
                                 parameters->numExecAffinityParams, flags, device);
  }
  if (driver.cuCtxCreate_v2 == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return driver.cuCtxCreate_v2(&out, flags, device);
}

}  // namespace

CUresult execute(CallContext& context, const calls::CtxCreate::Request& request,
                 calls::CtxCreate::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuCtxPopCurrent_v2 == nullptr || driver.cuCtxDestroy_v2 == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (!context.can_bind(call::HandleKind::context, request.pctx)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUctxCreateParams parameters{};
  const bool has_parameters = !request.ctxCreateParams.empty();
  if (has_parameters && !call::copy_layout(request.ctxCreateParams, parameters)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  // Sharing with a graphics API needs that API's objects in this process.
  if (parameters.cigParams != nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  std::span<CUexecAffinityParam> affinity;
  if (!call::copy_layouts(context, request.execAffinityParams, affinity)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  parameters.execAffinityParams = affinity.data();
  parameters.numExecAffinityParams = static_cast<int>(affinity.size());

  CUcontext created = nullptr;
  const bool plain = !has_parameters && affinity.empty();
  const CUresult result =
      create(driver, created, plain ? nullptr : &parameters, request.flags, request.dev);
  if (result != CUDA_SUCCESS) return result;
  CUcontext popped = nullptr;
  driver.cuCtxPopCurrent_v2(&popped);
  if (!context.bind_new(call::HandleKind::context, request.pctx, created)) {
    driver.cuCtxDestroy_v2(created);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::CtxDestroy::Request& request,
                 calls::CtxDestroy::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuCtxDestroy_v2 == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUcontext doomed = nullptr;
  if (request.ctx == 0 || !context.resolve(call::HandleKind::context, request.ctx, doomed)) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  const CUresult result = driver.cuCtxDestroy_v2(doomed);
  if (result != CUDA_SUCCESS) return result;
  forget_contents(context.session(), request.ctx);
  context.release(call::HandleKind::context, request.ctx);
  ChannelState& state = context.channel_state();
  if (state.context == request.ctx) {
    driver.cuCtxSetCurrent(nullptr);
    state.context = 0;
  }
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::CtxSynchronize::Request& request,
                 calls::CtxSynchronize::Reply&) {
  const DriverTable& driver = context.driver();
  CUcontext wanted = nullptr;
  if (!context.resolve(call::HandleKind::context, request.ctx, wanted)) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (driver.cuCtxSynchronize_v2 != nullptr && wanted != nullptr) {
    return driver.cuCtxSynchronize_v2(wanted);
  }
  if (driver.cuCtxSynchronize == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (wanted == nullptr || request.ctx == context.current_context()) {
    return driver.cuCtxSynchronize();
  }
  if (driver.cuCtxPushCurrent_v2 == nullptr || driver.cuCtxPopCurrent_v2 == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (const CUresult pushed = driver.cuCtxPushCurrent_v2(wanted); pushed != CUDA_SUCCESS) {
    return pushed;
  }
  const CUresult result = driver.cuCtxSynchronize();
  CUcontext popped = nullptr;
  driver.cuCtxPopCurrent_v2(&popped);
  return result;
}

CUresult execute(CallContext& context, const calls::CtxResetPersistingL2Cache::Request&,
                 calls::CtxResetPersistingL2Cache::Reply&) {
  const auto function = context.driver().cuCtxResetPersistingL2Cache;
  return function == nullptr ? CUDA_ERROR_NOT_SUPPORTED : function();
}

}  // namespace vgpu::host
