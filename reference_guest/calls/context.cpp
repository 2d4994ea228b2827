/// Contexts: creation, and the calling thread's stack of them.

#include <cstddef>
#include <span>
#include <vgpu/call/convert.hpp>
#include <vgpu/calls/context.hpp>
#include <vgpu/guest/memory_registry.hpp>
#include <vgpu/guest_written.hpp>

#include "host_memory.hpp"
#include "mirrored_memory.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest::written {
namespace {

template <class T>
std::span<const std::byte> bytes_of(const T* values, std::size_t count) noexcept {
  return {reinterpret_cast<const std::byte*>(values), count * sizeof(T)};
}

CUresult create(CUcontext* out, const CUctxCreateParams* parameters,
                const CUexecAffinityParam* affinity, int affinity_count, unsigned int flags,
                CUdevice device) {
  if (find_device(device) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  if (!ContextTable::flags_valid(flags)) return CUDA_ERROR_INVALID_VALUE;
  if (affinity_count < 0 || (affinity_count > 0 && affinity == nullptr)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  detail::ThreadState& thread = this_thread();
  calls::CtxCreate::Request request;
  request.pctx = mint_handle(call::HandleKind::context);
  if (request.pctx == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  request.flags = flags;
  request.dev = device;
  if (parameters != nullptr) request.ctxCreateParams = bytes_of(parameters, 1);
  if (affinity_count > 0) {
    request.execAffinityParams = bytes_of(affinity, static_cast<std::size_t>(affinity_count));
  }
  ReplyOf<calls::CtxCreate> reply;
  const CUresult result = call<calls::CtxCreate>(request, reply);
  if (result != CUDA_SUCCESS) {
    retire_handle(request.pctx);
    return result;
  }
  thread.bound_context = 0;  // creating one has made it current on the host
  *out = contexts()->adopt_created(thread.contexts, request.pctx, device, flags)->handle();
  return CUDA_SUCCESS;
}

/// The context that an optional parameter means; nullptr with the error why there is none.
Context* context_or_current(CUcontext handle, CUresult& result) noexcept {
  Context* context = handle != nullptr ? contexts()->find(handle) : current_context();
  result = context != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
  return context;
}

CUresult entered_with(const void* output) noexcept {
  const CUresult entered = enter(call::ContextNeed::none);
  if (entered != CUDA_SUCCESS) return entered;
  return output != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

bool active(const Context& context) noexcept {
  return context.state.load(std::memory_order_acquire) == ContextState::active;
}

}  // namespace

CUresult cuCtxCreate_v4(CUcontext* out, CUctxCreateParams* parameters, unsigned int flags,
                        CUdevice device) {
  const CUexecAffinityParam* affinity = nullptr;
  int affinity_count = 0;
  if (parameters != nullptr) {
    affinity = parameters->execAffinityParams;
    affinity_count = parameters->numExecAffinityParams;
  }
  return create(out, parameters, affinity, affinity_count, flags, device);
}

CUresult cuCtxCreate_v3(CUcontext* out, CUexecAffinityParam* affinity, int affinity_count,
                        unsigned int flags, CUdevice device) {
  const CUresult entered = entered_with(out);
  if (entered != CUDA_SUCCESS) return entered;
  if (affinity_count == 0) return create(out, nullptr, nullptr, 0, flags, device);
  CUctxCreateParams parameters{};
  parameters.execAffinityParams = affinity;
  parameters.numExecAffinityParams = affinity_count;
  return create(out, &parameters, affinity, affinity_count, flags, device);
}

CUresult cuCtxCreate_v2(CUcontext* out, unsigned int flags, CUdevice device) {
  const CUresult entered = entered_with(out);
  return entered == CUDA_SUCCESS ? create(out, nullptr, nullptr, 0, flags, device) : entered;
}

CUresult cuCtxCreate(CUcontext* out, unsigned int flags, CUdevice device) {
  constexpr unsigned first_version = 3010;
  const CUresult result = written::cuCtxCreate_v2(out, flags, device);
  if (result == CUDA_SUCCESS) current_context()->api_version.store(first_version);
  return result;
}

CUresult cuCtxDestroy_v2(CUcontext context) {
  detail::ThreadState& thread = this_thread();
  thread.bound_context = 0;
  const CUresult result = contexts()->destroy(thread.contexts, context);
  if (result == CUDA_SUCCESS) {
    end_host_memory(call::to_wire<std::uint64_t>(context));
    forget_context_memory(call::to_wire<std::uint64_t>(context));
  }
  return result == CUDA_ERROR_CONTEXT_IS_DESTROYED ? CUDA_ERROR_INVALID_CONTEXT : result;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return contexts()->push_current(this_thread().contexts, context);
}

CUresult cuCtxPopCurrent_v2(CUcontext* out) {
  return contexts()->pop_current(this_thread().contexts, out);
}

CUresult cuCtxSetCurrent(CUcontext context) {
  return contexts()->set_current(this_thread().contexts, context);
}

CUresult cuCtxGetCurrent(CUcontext* out) {
  const Context* context = current_context();
  *out = context != nullptr ? context->handle() : nullptr;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice_v2(CUdevice* device, CUcontext handle) {
  CUresult result = CUDA_SUCCESS;
  const Context* context = context_or_current(handle, result);
  if (context != nullptr) *device = context->device;
  return result;
}

CUresult cuCtxGetDevice(CUdevice* device) {
  const CUresult entered = entered_with(device);
  return entered == CUDA_SUCCESS ? cuCtxGetDevice_v2(device, nullptr) : entered;
}

CUresult cuCtxGetFlags(unsigned int* flags) {
  const Context* context = current_context();
  if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  *flags = ContextTable::reported_flags(*context);
  return CUDA_SUCCESS;
}

CUresult cuCtxGetId(CUcontext handle, unsigned long long* id) {
  CUresult result = CUDA_SUCCESS;
  const Context* context = context_or_current(handle, result);
  if (context == nullptr) return result;
  if (!active(*context)) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  *id = context->unique_id.load(std::memory_order_relaxed);
  return CUDA_SUCCESS;
}

CUresult cuCtxGetApiVersion(CUcontext handle, unsigned int* version) {
  CUresult result = CUDA_SUCCESS;
  const Context* context = context_or_current(handle, result);
  if (context == nullptr) return result;
  if (!active(*context)) {
    return handle != nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_ERROR_CONTEXT_IS_DESTROYED;
  }
  *version = context->api_version.load(std::memory_order_relaxed);
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize_v2(CUcontext handle) {
  CUresult result = CUDA_SUCCESS;
  const Context* context = context_or_current(handle, result);
  if (context == nullptr) return result;
  if (!active(*context)) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  result = mirror_out();
  if (result != CUDA_SUCCESS) return result;
  ReplyOf<calls::CtxSynchronize> reply;
  result = call<calls::CtxSynchronize>({.ctx = context->id}, reply);
  return result == CUDA_SUCCESS ? mirror_in() : result;
}

CUresult cuCtxSynchronize() {
  const CUresult entered = enter(call::ContextNeed::none);
  return entered == CUDA_SUCCESS ? cuCtxSynchronize_v2(nullptr) : entered;
}

CUresult cuCtxResetPersistingL2Cache() {
  ReplyOf<calls::CtxResetPersistingL2Cache> reply;
  return call<calls::CtxResetPersistingL2Cache>({}, reply);
}

}  // namespace vgpu::guest::written
