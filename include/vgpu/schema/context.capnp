@0xc2f4a1d7e95b3230;
# Contexts: creation, the calling thread's stack of them, limits and configuration.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::context");

struct CtxCreate $Vgpu.call(operation = 448, symbol = "cuCtxCreate",
    parameters = "CUcontext *pctx, CUctxCreateParams *ctxCreateParams, unsigned int flags, CUdevice dev",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuCtxCreate", since = 2000, parameters = "CUcontext *pctx, unsigned int flags, "
                "CUdevice dev", guest = written),
               (symbol = "cuCtxCreate_v2", since = 3020, parameters = "CUcontext *pctx, unsigned int flags, "
                "CUdevice dev", guest = written),
               (symbol = "cuCtxCreate_v3", since = 11040, parameters = "CUcontext *pctx, "
                "CUexecAffinityParam *paramsArray, int numParams, unsigned int flags, CUdevice dev", guest = written),
               (symbol = "cuCtxCreate_v4", since = 12050)],
    checks = [(fails = "pctx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pctx @0 :UInt64 $Vgpu.creates(context);
    ctxCreateParams @1 :Data $Vgpu.layout("CUctxCreateParams") $Vgpu.optional;
    flags @2 :UInt32;
    dev @3 :Int32 $Vgpu.cType("CUdevice");
    execAffinityParams @4 :Data $Vgpu.layout("CUexecAffinityParam");  # what ctxCreateParams points to
  }
  struct Reply {}
}

struct CtxDestroy $Vgpu.call(operation = 449, symbol = "cuCtxDestroy",
    parameters = "CUcontext ctx",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuCtxDestroy", since = 2000),
               (symbol = "cuCtxDestroy_v2", since = 4000)],
    checks = [(fails = "ctx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context) $Vgpu.releases;
  }
  struct Reply {}
}

struct CtxPushCurrent $Vgpu.call(operation = 450, symbol = "cuCtxPushCurrent",
    parameters = "CUcontext ctx",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxPushCurrent", since = 2000),
               (symbol = "cuCtxPushCurrent_v2", since = 4000)],
    checks = [(fails = "ctx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context);
  }
  struct Reply {}
}

struct CtxPopCurrent $Vgpu.call(operation = 451, symbol = "cuCtxPopCurrent",
    parameters = "CUcontext *pctx",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxPopCurrent", since = 2000),
               (symbol = "cuCtxPopCurrent_v2", since = 4000)]) {
  struct Request {}
  struct Reply {
    pctx @0 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
}

struct CtxSetCurrent $Vgpu.call(operation = 452, symbol = "cuCtxSetCurrent",
    parameters = "CUcontext ctx",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxSetCurrent", since = 4000)]) {
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {}
}

struct CtxGetCurrent $Vgpu.call(operation = 453, symbol = "cuCtxGetCurrent",
    parameters = "CUcontext *pctx",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxGetCurrent", since = 4000)],
    checks = [(fails = "pctx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {}
  struct Reply {
    pctx @0 :UInt64 $Vgpu.handle(context);
  }
}

struct CtxGetDevice $Vgpu.call(operation = 454, symbol = "cuCtxGetDevice",
    parameters = "CUdevice *device, CUcontext ctx",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxGetDevice", since = 2000, parameters = "CUdevice *device", guest = written),
               (symbol = "cuCtxGetDevice_v2", since = 13000)],
    checks = [(fails = "device == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {
    device @0 :Int32 $Vgpu.cType("CUdevice");
  }
}

struct CtxGetFlags $Vgpu.call(operation = 455, symbol = "cuCtxGetFlags",
    parameters = "unsigned int *flags",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxGetFlags", since = 7000)],
    checks = [(fails = "flags == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {}
  struct Reply {
    flags @0 :UInt32;
  }
}

struct CtxSetFlags $Vgpu.call(operation = 456, symbol = "cuCtxSetFlags",
    parameters = "unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = safe,
    exports = [(symbol = "cuCtxSetFlags", since = 12010)]) {
  struct Request {
    flags @0 :UInt32;
  }
  struct Reply {}
}

struct CtxGetId $Vgpu.call(operation = 457, symbol = "cuCtxGetId",
    parameters = "CUcontext ctx, unsigned long long *ctxId",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxGetId", since = 12000)],
    checks = [(fails = "ctxId == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {
    ctxId @0 :UInt64;
  }
}

struct CtxSynchronize $Vgpu.call(operation = 458, symbol = "cuCtxSynchronize",
    parameters = "CUcontext ctx",
    callClass = sync, guest = written, host = written, context = none, capture = unsafe,
    exports = [(symbol = "cuCtxSynchronize", since = 2000, parameters = "void", guest = written),
               (symbol = "cuCtxSynchronize_v2", since = 13000)]) {
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {}
}

struct CtxSetLimit $Vgpu.call(operation = 459, symbol = "cuCtxSetLimit",
    parameters = "CUlimit limit, size_t value",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuCtxSetLimit", since = 3010)]) {
  struct Request {
    limit @0 :UInt32 $Vgpu.cType("CUlimit");
    value @1 :UInt64;
  }
  struct Reply {}
}

struct CtxGetLimit $Vgpu.call(operation = 460, symbol = "cuCtxGetLimit",
    parameters = "size_t *pvalue, CUlimit limit",
    callClass = sync, guest = generated, host = generated, context = current, capture = safe,
    exports = [(symbol = "cuCtxGetLimit", since = 3010)],
    checks = [(fails = "pvalue == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    limit @0 :UInt32 $Vgpu.cType("CUlimit");
  }
  struct Reply {
    pvalue @0 :UInt64;
  }
}

struct CtxGetCacheConfig $Vgpu.call(operation = 461, symbol = "cuCtxGetCacheConfig",
    parameters = "CUfunc_cache *pconfig",
    callClass = sync, guest = generated, host = generated, context = current, capture = safe,
    exports = [(symbol = "cuCtxGetCacheConfig", since = 3020)],
    checks = [(fails = "pconfig == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {}
  struct Reply {
    pconfig @0 :UInt32 $Vgpu.cType("CUfunc_cache");
  }
}

struct CtxSetCacheConfig $Vgpu.call(operation = 462, symbol = "cuCtxSetCacheConfig",
    parameters = "CUfunc_cache config",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuCtxSetCacheConfig", since = 3020)]) {
  struct Request {
    config @0 :UInt32 $Vgpu.cType("CUfunc_cache");
  }
  struct Reply {}
}

struct CtxGetApiVersion $Vgpu.call(operation = 463, symbol = "cuCtxGetApiVersion",
    parameters = "CUcontext ctx, unsigned int *version",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxGetApiVersion", since = 3020)],
    checks = [(fails = "version == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context);
  }
  struct Reply {
    version @0 :UInt32;
  }
}

struct CtxGetStreamPriorityRange $Vgpu.call(operation = 464, symbol = "cuCtxGetStreamPriorityRange",
    parameters = "int *leastPriority, int *greatestPriority",
    callClass = sync, guest = generated, host = generated, context = current, capture = safe,
    exports = [(symbol = "cuCtxGetStreamPriorityRange", since = 5050)]) {
  struct Request {}
  struct Reply {
    leastPriority @0 :Int32 $Vgpu.optional;
    greatestPriority @1 :Int32 $Vgpu.optional;
  }
}

struct CtxResetPersistingL2Cache $Vgpu.call(operation = 465, symbol = "cuCtxResetPersistingL2Cache",
    parameters = "void",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuCtxResetPersistingL2Cache", since = 11000)]) {
  struct Request {}
  struct Reply {}
}

struct CtxGetExecAffinity $Vgpu.call(operation = 466, symbol = "cuCtxGetExecAffinity",
    parameters = "CUexecAffinityParam *pExecAffinity, CUexecAffinityType type",
    callClass = sync, guest = none, host = none, context = current, capture = safe,
    exports = [(symbol = "cuCtxGetExecAffinity", since = 11040)],
    checks = [(fails = "pExecAffinity == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    type @0 :UInt32 $Vgpu.cType("CUexecAffinityType");
  }
  struct Reply {
    pExecAffinity @0 :Data $Vgpu.layout("CUexecAffinityParam");
  }
}

struct CtxRecordEvent $Vgpu.call(operation = 467, symbol = "cuCtxRecordEvent",
    parameters = "CUcontext hCtx, CUevent hEvent",
    callClass = stream, guest = none, host = none, context = none, capture = recorded,
    exports = [(symbol = "cuCtxRecordEvent", since = 12050)],
    checks = [(fails = "hCtx == nullptr", error = "CUDA_ERROR_INVALID_CONTEXT"),
              (fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(context);
    hEvent @1 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct CtxWaitEvent $Vgpu.call(operation = 468, symbol = "cuCtxWaitEvent",
    parameters = "CUcontext hCtx, CUevent hEvent",
    callClass = stream, guest = none, host = none, context = none, capture = recorded,
    exports = [(symbol = "cuCtxWaitEvent", since = 12050)],
    checks = [(fails = "hCtx == nullptr", error = "CUDA_ERROR_INVALID_CONTEXT"),
              (fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(context);
    hEvent @1 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct CtxAttach $Vgpu.call(operation = 469, symbol = "cuCtxAttach",
    parameters = "CUcontext *pctx, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuCtxAttach", since = 2000)],
    checks = [(fails = "pctx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Deprecated reference count of the current context.
  struct Request {
    flags @0 :UInt32;
  }
  struct Reply {
    pctx @0 :UInt64 $Vgpu.handle(context);
  }
}

struct CtxDetach $Vgpu.call(operation = 470, symbol = "cuCtxDetach",
    parameters = "CUcontext ctx",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuCtxDetach", since = 2000)],
    checks = [(fails = "ctx == nullptr", error = "CUDA_ERROR_INVALID_CONTEXT")]) {
  # Deprecated counterpart of cuCtxAttach.
  struct Request {
    ctx @0 :UInt64 $Vgpu.handle(context) $Vgpu.releases;
  }
  struct Reply {}
}

struct CtxGetSharedMemConfig $Vgpu.call(operation = 471, symbol = "cuCtxGetSharedMemConfig",
    parameters = "CUsharedconfig *pConfig",
    callClass = sync, guest = generated, host = generated, context = current, capture = safe,
    exports = [(symbol = "cuCtxGetSharedMemConfig", since = 4020)],
    checks = [(fails = "pConfig == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {}
  struct Reply {
    pConfig @0 :UInt32 $Vgpu.cType("CUsharedconfig");
  }
}

struct CtxSetSharedMemConfig $Vgpu.call(operation = 472, symbol = "cuCtxSetSharedMemConfig",
    parameters = "CUsharedconfig config",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuCtxSetSharedMemConfig", since = 4020)]) {
  struct Request {
    config @0 :UInt32 $Vgpu.cType("CUsharedconfig");
  }
  struct Reply {}
}
