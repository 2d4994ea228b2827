#include "context.hpp"

#include <algorithm>

#include "capture.hpp"
#include "driver.hpp"
#include "event.hpp"

using namespace vgpu::softdevice;

namespace {

constexpr int greatest_priority = -5;

/// Devices of capability 9.0 know no such limit any more.
bool has_sync_depth(Context& context) {
  int major = 0;
  context.device().attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, major);
  return major < 9;
}

bool valid_flags(unsigned flags) {
  const unsigned schedule = flags & CU_CTX_SCHED_MASK;
  return (flags & ~static_cast<unsigned>(CU_CTX_FLAGS_MASK)) == 0 && schedule != 3 && schedule <= 4;
}

CUresult create_context(CUcontext* pctx, unsigned flags, CUdevice dev, unsigned version) {
  return entry([&]() -> CUresult {
    if (pctx == nullptr || !valid_flags(flags)) return CUDA_ERROR_INVALID_VALUE;
    Device* device = find_device(dev);
    if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    if (const CUresult error = driver().lasting_error; error != CUDA_SUCCESS) return error;
    auto context = std::make_shared<Context>(*device, false, flags, version);
    context->activate();
    context->handle = driver().contexts.add(context);
    thread_state().stack.push_back(context);
    *pctx = context->handle;
    return CUDA_SUCCESS;
  });
}

CUresult destroy_context(CUcontext ctx) {
  return entry([&]() -> CUresult {
    if (ctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const auto context = driver().contexts.find(ctx);
    if (context == nullptr || context->is_primary()) return CUDA_ERROR_INVALID_CONTEXT;
    if (driver().contexts.remove(ctx) == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    context->deactivate();
    auto& stack = thread_state().stack;
    if (!stack.empty() && stack.back() == context) stack.pop_back();
    return CUDA_SUCCESS;
  });
}

CUresult push_context(CUcontext ctx) {
  return entry([&]() -> CUresult {
    if (ctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
    auto context = driver().contexts.find(ctx);
    if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    thread_state().stack.push_back(std::move(context));
    return CUDA_SUCCESS;
  });
}

CUresult pop_context(CUcontext* pctx) {
  return entry([&]() -> CUresult {
    auto& stack = thread_state().stack;
    if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
    if (pctx != nullptr) *pctx = stack.back()->handle;
    stack.pop_back();
    return CUDA_SUCCESS;
  });
}

/// The context of an explicit handle, or the current one for null.
CUresult context_of(CUcontext ctx, std::shared_ptr<Context>& context) {
  if (ctx == nullptr) {
    context = current_context();
    return context == nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
  }
  context = driver().contexts.find(ctx);
  return context == nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
}

CUresult usable_context_of(CUcontext ctx, std::shared_ptr<Context>& context) {
  if (ctx == nullptr) return require_context(context);
  if (thread_state().in_callback) return CUDA_ERROR_NOT_PERMITTED;
  if (context_of(ctx, context) != CUDA_SUCCESS) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return context->is_active() ? context->report() : CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

CUresult synchronise(CUcontext ctx) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = usable_context_of(ctx, context); result != CUDA_SUCCESS) {
      return result;
    }
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    if (const CUresult result = refuse_if_context_captures(*context); result != CUDA_SUCCESS) {
      return result;
    }
    context->synchronise();
    return context->sticky();
  });
}

/// Whether the context of a peer can be asked about.
CUresult check_peer(CUcontext peer) {
  if (peer == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  const auto other = driver().contexts.find(peer);
  return other == nullptr || !other->is_active() ? CUDA_ERROR_CONTEXT_IS_DESTROYED : CUDA_SUCCESS;
}

template <class Body>
CUresult with_context(Body&& body) noexcept {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    return body(*context);
  });
}

/// For settings of a context, which may not change during a capture.
template <class Body>
CUresult with_context_to_change(Body&& body) noexcept {
  return with_context([&](Context& context) -> CUresult {
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    return body(context);
  });
}

}  // namespace

extern "C" {

CUresult cuCtxCreate(CUcontext* pctx, unsigned int flags, CUdevice dev) {
  return create_context(pctx, flags, dev, 3010);
}
CUresult cuCtxCreate_v2(CUcontext* pctx, unsigned int flags, CUdevice dev) {
  return create_context(pctx, flags, dev, 3020);
}
CUresult cuCtxCreate_v3(CUcontext* pctx, CUexecAffinityParam* affinity, int count,
                        unsigned int flags, CUdevice dev) {
  if (is_initialised() && (count < 0 || (count > 0 && affinity == nullptr))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (is_initialised() && count > 0) return CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
  return create_context(pctx, flags, dev, 3020);
}
CUresult cuCtxCreate_v4(CUcontext* pctx, CUctxCreateParams* params, unsigned int flags,
                        CUdevice dev) {
  if (is_initialised() && params != nullptr) {
    if (params->numExecAffinityParams > 0) return CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
    if (params->cigParams != nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  }
  return create_context(pctx, flags, dev, 3020);
}

CUresult cuCtxDestroy(CUcontext ctx) {
  return destroy_context(ctx);
}
CUresult cuCtxDestroy_v2(CUcontext ctx) {
  return destroy_context(ctx);
}
CUresult cuCtxPushCurrent(CUcontext ctx) {
  return push_context(ctx);
}
CUresult cuCtxPushCurrent_v2(CUcontext ctx) {
  return push_context(ctx);
}
CUresult cuCtxPopCurrent(CUcontext* pctx) {
  return pop_context(pctx);
}
CUresult cuCtxPopCurrent_v2(CUcontext* pctx) {
  return pop_context(pctx);
}

CUresult cuCtxSetCurrent(CUcontext ctx) {
  return entry([&]() -> CUresult {
    auto& stack = thread_state().stack;
    if (ctx == nullptr) {
      if (!stack.empty()) stack.pop_back();
      return CUDA_SUCCESS;
    }
    auto context = driver().contexts.find(ctx);
    if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    if (!stack.empty()) stack.pop_back();
    stack.push_back(std::move(context));
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetCurrent(CUcontext* pctx) {
  return entry([&]() -> CUresult {
    if (pctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const auto context = current_context();
    *pctx = context == nullptr ? nullptr : context->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetDevice_v2(CUdevice* device, CUcontext ctx) {
  return entry([&]() -> CUresult {
    if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = context_of(ctx, context); result != CUDA_SUCCESS) return result;
    *device = context->device().ordinal();
    return CUDA_SUCCESS;
  });
}
CUresult cuCtxGetDevice(CUdevice* device) {
  return cuCtxGetDevice_v2(device, nullptr);
}

CUresult cuCtxGetFlags(unsigned int* flags) {
  return entry([&]() -> CUresult {
    if (flags == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const auto context = current_context();
    if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    const bool maps_host = context->is_primary() && context->is_active();
    *flags = context->flags | (maps_host ? unsigned{CU_CTX_MAP_HOST} : 0U);
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSetFlags(unsigned int flags) {
  return with_context([&](Context& context) {
    if (!valid_flags(flags)) return CUDA_ERROR_INVALID_VALUE;
    context.flags = flags;
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetId(CUcontext ctx, unsigned long long* id) {
  return entry([&]() -> CUresult {
    if (id == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = context_of(ctx, context); result != CUDA_SUCCESS) {
      return ctx == nullptr ? result : CUDA_ERROR_CONTEXT_IS_DESTROYED;
    }
    if (!context->is_active()) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    *id = context->id();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSynchronize(void) {
  return synchronise(nullptr);
}
CUresult cuCtxSynchronize_v2(CUcontext ctx) {
  return synchronise(ctx);
}

CUresult cuCtxSetLimit(CUlimit limit, size_t value) {
  return with_context_to_change([&](Context& context) {
    if (limit < 0 || limit >= CU_LIMIT_MAX) return CUDA_ERROR_INVALID_VALUE;
    switch (limit) {
      case CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH:
        if (!has_sync_depth(context)) return CUDA_ERROR_UNSUPPORTED_LIMIT;
        [[fallthrough]];
      case CU_LIMIT_STACK_SIZE:
      case CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT:
      case CU_LIMIT_MAX_L2_FETCH_GRANULARITY:
        context.limits[limit] = value;
        return CUDA_SUCCESS;
      // Both are fixed once a kernel has printed or allocated.
      case CU_LIMIT_PRINTF_FIFO_SIZE:
        if (!context.output.set_capacity(value)) return CUDA_ERROR_INVALID_VALUE;
        context.limits[limit] = value;
        return CUDA_SUCCESS;
      case CU_LIMIT_MALLOC_HEAP_SIZE:
        if (!context.heap.set_limit(value)) return CUDA_ERROR_INVALID_VALUE;
        context.limits[limit] = value;
        return CUDA_SUCCESS;
      case CU_LIMIT_PERSISTING_L2_CACHE_SIZE:
        context.limits[limit] = 0;  // there is no such cache: the request is lowered to the maximum
        return CUDA_SUCCESS;
      default:
        return CUDA_ERROR_UNSUPPORTED_LIMIT;
    }
  });
}

CUresult cuCtxGetLimit(size_t* value, CUlimit limit) {
  return with_context([&](Context& context) {
    if (value == nullptr || limit < 0 || limit >= CU_LIMIT_MAX) return CUDA_ERROR_INVALID_VALUE;
    if ((limit == CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH && !has_sync_depth(context)) ||
        limit == CU_LIMIT_CIG_SHMEM_FALLBACK_ENABLED) {
      return CUDA_ERROR_UNSUPPORTED_LIMIT;
    }
    *value = limit == CU_LIMIT_SHMEM_SIZE
                 ? static_cast<size_t>(
                       multiprocessor_limits(context.device().compute_capability()).shared_optin)
                 : context.limits[limit].load();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetCacheConfig(CUfunc_cache* config) {
  return with_context([&](Context& context) {
    if (config == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *config = static_cast<CUfunc_cache>(context.cache_config.load());
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSetCacheConfig(CUfunc_cache config) {
  return with_context_to_change([&](Context& context) {
    if (config < CU_FUNC_CACHE_PREFER_NONE || config > CU_FUNC_CACHE_PREFER_EQUAL) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    context.cache_config = config;
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetSharedMemConfig(CUsharedconfig* config) {
  return with_context([&](Context& context) {
    if (config == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *config = static_cast<CUsharedconfig>(context.shared_config.load());
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSetSharedMemConfig(CUsharedconfig config) {
  return with_context_to_change([&](Context&) {
    // Banks are fixed at four bytes since capability 5.0: accepted and without effect.
    return config < 0 || config > CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE
               ? CUDA_ERROR_INVALID_VALUE
               : CUDA_SUCCESS;
  });
}

CUresult cuCtxGetApiVersion(CUcontext ctx, unsigned int* version) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = context_of(ctx, context); result != CUDA_SUCCESS) return result;
    if (!context->is_active()) return CUDA_ERROR_INVALID_CONTEXT;
    if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *version = context->api_version();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return with_context([&](Context&) {
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = greatest_priority;
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxResetPersistingL2Cache(void) {
  return with_context([](Context&) {
    log_line("cuCtxResetPersistingL2Cache: there is no such cache (attribute 108 is 0)");
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}

CUresult cuCtxGetExecAffinity(CUexecAffinityParam* affinity, CUexecAffinityType type) {
  return with_context([&](Context& context) {
    if (affinity == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (type != CU_EXEC_AFFINITY_TYPE_SM_COUNT) return CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
    int count = 0;
    context.device().attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, count);
    affinity->type = type;
    affinity->param.smCount.val = static_cast<unsigned>(count);
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxRecordEvent(CUcontext ctx, CUevent hEvent) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = usable_context_of(ctx, context); result != CUDA_SUCCESS) {
      return result;
    }
    const auto event = driver().events.find(hEvent);
    if (event == nullptr || event->context() != context) return CUDA_ERROR_INVALID_HANDLE;
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    // One operation of a stream of its own, after everything that every stream has queued.
    Operation operation;
    operation.always = true;
    operation.run = [](Context&) { return CUDA_SUCCESS; };
    operation.after = context->pending();
    const auto stream = context->create_stream(CU_STREAM_NON_BLOCKING, 0);
    event->set_last(context->enqueue(*stream, std::move(operation)));
    stream->close();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxWaitEvent(CUcontext ctx, CUevent hEvent) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = usable_context_of(ctx, context); result != CUDA_SUCCESS) {
      return result;
    }
    const auto event = driver().events.find(hEvent);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    const CompletionPtr last = event->last();
    if (last == nullptr) return CUDA_SUCCESS;
    for (const auto& stream : context->streams()) {
      Operation operation;
      operation.run = [](Context&) { return CUDA_SUCCESS; };
      operation.after.push_back(last);
      context->enqueue(*stream, std::move(operation));
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxAttach(CUcontext* pctx, unsigned int flags) {
  return entry([&]() -> CUresult {
    if (pctx == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    *pctx = context->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxDetach(CUcontext ctx) {
  return destroy_context(ctx);
}

CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned int flags) {
  return with_context([&](Context&) {
    if (const CUresult result = check_peer(peer); result != CUDA_SUCCESS) return result;
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return CUDA_ERROR_PEER_ACCESS_UNSUPPORTED;
  });
}

CUresult cuCtxDisablePeerAccess(CUcontext peer) {
  return with_context([&](Context&) {
    if (const CUresult result = check_peer(peer); result != CUDA_SUCCESS) return result;
    return CUDA_ERROR_PEER_ACCESS_NOT_ENABLED;
  });
}

}  // extern "C"
