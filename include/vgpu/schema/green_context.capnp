@0xc2f4a1d7e95b3440;
# Green contexts: parts of a device, and contexts on them.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::green_context");

struct GreenCtxCreate $Vgpu.call(operation = 2624, symbol = "cuGreenCtxCreate",
    parameters = "CUgreenCtx *phCtx, CUdevResourceDesc desc, CUdevice dev, unsigned int flags",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuGreenCtxCreate", since = 12040)],
    checks = [(fails = "phCtx == nullptr || desc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phCtx @0 :UInt64 $Vgpu.creates(greenContext);
    desc @1 :UInt64 $Vgpu.handle(resourceDescriptor);
    dev @2 :Int32 $Vgpu.cType("CUdevice");
    flags @3 :UInt32;
  }
  struct Reply {}
}

struct GreenCtxDestroy $Vgpu.call(operation = 2625, symbol = "cuGreenCtxDestroy",
    parameters = "CUgreenCtx hCtx",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuGreenCtxDestroy", since = 12040)],
    checks = [(fails = "hCtx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(greenContext) $Vgpu.releases;
  }
  struct Reply {}
}

struct CtxFromGreenCtx $Vgpu.call(operation = 2626, symbol = "cuCtxFromGreenCtx",
    parameters = "CUcontext *pContext, CUgreenCtx hCtx",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCtxFromGreenCtx", since = 12040)],
    checks = [(fails = "pContext == nullptr || hCtx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(greenContext);
  }
  struct Reply {
    pContext @0 :UInt64 $Vgpu.handle(context);
  }
}

struct DeviceGetDevResource $Vgpu.call(operation = 2627, symbol = "cuDeviceGetDevResource",
    parameters = "CUdevice device, CUdevResource *resource, CUdevResourceType type",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetDevResource", since = 12040)],
    checks = [(fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    device @0 :Int32 $Vgpu.cType("CUdevice");
    type @1 :UInt32 $Vgpu.cType("CUdevResourceType");
  }
  struct Reply {
    resource @0 :Data $Vgpu.layout("CUdevResource");
  }
}

struct CtxGetDevResource $Vgpu.call(operation = 2628, symbol = "cuCtxGetDevResource",
    parameters = "CUcontext hCtx, CUdevResource *resource, CUdevResourceType type",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCtxGetDevResource", since = 12040)],
    checks = [(fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hCtx == nullptr", error = "CUDA_ERROR_INVALID_CONTEXT")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(context);
    type @1 :UInt32 $Vgpu.cType("CUdevResourceType");
  }
  struct Reply {
    resource @0 :Data $Vgpu.layout("CUdevResource");
  }
}

struct GreenCtxGetDevResource $Vgpu.call(operation = 2629, symbol = "cuGreenCtxGetDevResource",
    parameters = "CUgreenCtx hCtx, CUdevResource *resource, CUdevResourceType type",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGreenCtxGetDevResource", since = 12040)],
    checks = [(fails = "resource == nullptr || hCtx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(greenContext);
    type @1 :UInt32 $Vgpu.cType("CUdevResourceType");
  }
  struct Reply {
    resource @0 :Data $Vgpu.layout("CUdevResource");
  }
}

struct DevSmResourceSplitByCount $Vgpu.call(operation = 2630, symbol = "cuDevSmResourceSplitByCount",
    parameters = "CUdevResource *result, unsigned int *nbGroups, const CUdevResource *input, "
                 "CUdevResource *remaining, unsigned int useFlags, unsigned int minCount",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDevSmResourceSplitByCount", since = 12040)],
    checks = [(fails = "nbGroups == nullptr || input == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # nbGroups is the room, then the count; without `result` the count alone.
  struct Request {
    nbGroups @0 :UInt32;
    input @1 :Data $Vgpu.layout("CUdevResource");
    useFlags @2 :UInt32;
    minCount @3 :UInt32;
  }
  struct Reply {
    result @0 :Data $Vgpu.layout("CUdevResource") $Vgpu.length("*nbGroups") $Vgpu.optional;
    nbGroups @1 :UInt32;
    remaining @2 :Data $Vgpu.layout("CUdevResource") $Vgpu.optional;
  }
}

struct DevResourceGenerateDesc $Vgpu.call(operation = 2631, symbol = "cuDevResourceGenerateDesc",
    parameters = "CUdevResourceDesc *phDesc, CUdevResource *resources, unsigned int nbResources",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDevResourceGenerateDesc", since = 12040)],
    checks = [(fails = "phDesc == nullptr || (nbResources != 0 && resources == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phDesc @0 :UInt64 $Vgpu.creates(resourceDescriptor);
    resources @1 :Data $Vgpu.layout("CUdevResource") $Vgpu.length("nbResources");
    nbResources @2 :UInt32;
  }
  struct Reply {}
}

struct GreenCtxRecordEvent $Vgpu.call(operation = 2632, symbol = "cuGreenCtxRecordEvent",
    parameters = "CUgreenCtx hCtx, CUevent hEvent",
    callClass = stream, guest = none, host = none, context = none, capture = recorded,
    exports = [(symbol = "cuGreenCtxRecordEvent", since = 12040)],
    checks = [(fails = "hCtx == nullptr || hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(greenContext);
    hEvent @1 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct GreenCtxWaitEvent $Vgpu.call(operation = 2633, symbol = "cuGreenCtxWaitEvent",
    parameters = "CUgreenCtx hCtx, CUevent hEvent",
    callClass = stream, guest = none, host = none, context = none, capture = recorded,
    exports = [(symbol = "cuGreenCtxWaitEvent", since = 12040)],
    checks = [(fails = "hCtx == nullptr || hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hCtx @0 :UInt64 $Vgpu.handle(greenContext);
    hEvent @1 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct StreamGetGreenCtx $Vgpu.call(operation = 2634, symbol = "cuStreamGetGreenCtx",
    parameters = "CUstream hStream, CUgreenCtx *phCtx",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuStreamGetGreenCtx", since = 12040)],
    checks = [(fails = "phCtx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    phCtx @0 :UInt64 $Vgpu.handle(greenContext);
  }
}

struct GreenCtxStreamCreate $Vgpu.call(operation = 2635, symbol = "cuGreenCtxStreamCreate",
    parameters = "CUstream *phStream, CUgreenCtx greenCtx, unsigned int flags, int priority",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuGreenCtxStreamCreate", since = 12050)],
    checks = [(fails = "phStream == nullptr || greenCtx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phStream @0 :UInt64 $Vgpu.creates(stream);
    greenCtx @1 :UInt64 $Vgpu.handle(greenContext);
    flags @2 :UInt32;
    priority @3 :Int32;
  }
  struct Reply {}
}

struct GreenCtxGetId $Vgpu.call(operation = 2636, symbol = "cuGreenCtxGetId",
    parameters = "CUgreenCtx greenCtx, unsigned long long *greenCtxId",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGreenCtxGetId", since = 12090)],
    checks = [(fails = "greenCtxId == nullptr || greenCtx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    greenCtx @0 :UInt64 $Vgpu.handle(greenContext);
  }
  struct Reply {
    greenCtxId @0 :UInt64;
  }
}
