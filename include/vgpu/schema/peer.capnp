@0xc2f4a1d7e95b3300;
# Access of one device to the memory of another.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::peer");

struct DeviceCanAccessPeer $Vgpu.call(operation = 1280, symbol = "cuDeviceCanAccessPeer",
    parameters = "int *canAccessPeer, CUdevice dev, CUdevice peerDev",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceCanAccessPeer", since = 4000)],
    checks = [(fails = "canAccessPeer == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
    peerDev @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    canAccessPeer @0 :Int32;
  }
}

struct CtxEnablePeerAccess $Vgpu.call(operation = 1281, symbol = "cuCtxEnablePeerAccess",
    parameters = "CUcontext peerContext, unsigned int Flags",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuCtxEnablePeerAccess", since = 4000)],
    checks = [(fails = "peerContext == nullptr", error = "CUDA_ERROR_INVALID_CONTEXT"),
              (fails = "context_ended(peerContext)", error = "CUDA_ERROR_CONTEXT_IS_DESTROYED")]) {
  struct Request {
    peerContext @0 :UInt64 $Vgpu.handle(context);
    flags @1 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct CtxDisablePeerAccess $Vgpu.call(operation = 1282, symbol = "cuCtxDisablePeerAccess",
    parameters = "CUcontext peerContext",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuCtxDisablePeerAccess", since = 4000)],
    checks = [(fails = "peerContext == nullptr", error = "CUDA_ERROR_INVALID_CONTEXT"),
              (fails = "context_ended(peerContext)", error = "CUDA_ERROR_CONTEXT_IS_DESTROYED")]) {
  struct Request {
    peerContext @0 :UInt64 $Vgpu.handle(context);
  }
  struct Reply {}
}

struct DeviceGetP2PAttribute $Vgpu.call(operation = 1283, symbol = "cuDeviceGetP2PAttribute",
    parameters = "int *value, CUdevice_P2PAttribute attrib, CUdevice srcDevice, CUdevice dstDevice",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetP2PAttribute", since = 8000)],
    checks = [(fails = "value == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUdevice_P2PAttribute");
    srcDevice @1 :Int32 $Vgpu.cType("CUdevice");
    dstDevice @2 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    value @0 :Int32;
  }
}

struct DeviceGetP2PAtomicCapabilities $Vgpu.call(operation = 1284, symbol = "cuDeviceGetP2PAtomicCapabilities",
    parameters = "unsigned int *capabilities, const CUatomicOperation *operations, unsigned int count, "
                 "CUdevice srcDevice, CUdevice dstDevice",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetP2PAtomicCapabilities", since = 13000)],
    checks = [(fails = "(count != 0 && capabilities == nullptr) || (count != 0 && operations == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    operations @0 :List(UInt32) $Vgpu.cType("CUatomicOperation") $Vgpu.length("count");
    count @1 :UInt32;
    srcDevice @2 :Int32 $Vgpu.cType("CUdevice");
    dstDevice @3 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    capabilities @0 :List(UInt32) $Vgpu.length("count");
  }
}
