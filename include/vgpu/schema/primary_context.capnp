@0xc2f4a1d7e95b3220;
# Each device's primary context, which the runtime and most programs share.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::primary_context");

struct DevicePrimaryCtxRetain $Vgpu.call(operation = 384, symbol = "cuDevicePrimaryCtxRetain",
    parameters = "CUcontext *pctx, CUdevice dev",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuDevicePrimaryCtxRetain", since = 7000)],
    checks = [(fails = "pctx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The handle of one primary context is the same for ever: the guest sends the id it once chose.
  struct Request {
    pctx @0 :UInt64 $Vgpu.creates(context);
    dev @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}

struct DevicePrimaryCtxRelease $Vgpu.call(operation = 385, symbol = "cuDevicePrimaryCtxRelease",
    parameters = "CUdevice dev",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuDevicePrimaryCtxRelease", since = 7000, parameters = "CUdevice dev", guest = written),
               (symbol = "cuDevicePrimaryCtxRelease_v2", since = 11000)]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}

struct DevicePrimaryCtxSetFlags $Vgpu.call(operation = 386, symbol = "cuDevicePrimaryCtxSetFlags",
    parameters = "CUdevice dev, unsigned int flags",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuDevicePrimaryCtxSetFlags", since = 7000, parameters = "CUdevice dev, unsigned int flags",
                guest = written),
               (symbol = "cuDevicePrimaryCtxSetFlags_v2", since = 11000)]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
    flags @1 :UInt32;
  }
  struct Reply {}
}

struct DevicePrimaryCtxGetState $Vgpu.call(operation = 387, symbol = "cuDevicePrimaryCtxGetState",
    parameters = "CUdevice dev, unsigned int *flags, int *active",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDevicePrimaryCtxGetState", since = 7000)],
    checks = [(fails = "flags == nullptr || active == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    flags @0 :UInt32;
    active @1 :Int32;
  }
}

struct DevicePrimaryCtxReset $Vgpu.call(operation = 388, symbol = "cuDevicePrimaryCtxReset",
    parameters = "CUdevice dev",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuDevicePrimaryCtxReset", since = 7000),
               (symbol = "cuDevicePrimaryCtxReset_v2", since = 11000)]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}
