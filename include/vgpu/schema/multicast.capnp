@0xc2f4a1d7e95b32d0;
# Multicast objects: one address that reaches several devices.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::multicast");

struct MulticastCreate $Vgpu.call(operation = 1088, symbol = "cuMulticastCreate",
    parameters = "CUmemGenericAllocationHandle *mcHandle, const CUmulticastObjectProp *prop",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuMulticastCreate", since = 12010)],
    checks = [(fails = "mcHandle == nullptr || prop == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The handle is mapped and released as an allocation is.
  struct Request {
    mcHandle @0 :UInt64 $Vgpu.creates(allocation);
    prop @1 :Data $Vgpu.layout("CUmulticastObjectProp");
  }
  struct Reply {}
}

struct MulticastAddDevice $Vgpu.call(operation = 1089, symbol = "cuMulticastAddDevice",
    parameters = "CUmemGenericAllocationHandle mcHandle, CUdevice dev",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuMulticastAddDevice", since = 12010)],
    checks = [(fails = "mcHandle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    mcHandle @0 :UInt64 $Vgpu.handle(allocation);
    dev @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}

struct MulticastBindMem $Vgpu.call(operation = 1090, symbol = "cuMulticastBindMem",
    parameters = "CUmemGenericAllocationHandle mcHandle, size_t mcOffset, CUmemGenericAllocationHandle memHandle, "
                 "size_t memOffset, size_t size, unsigned long long flags",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuMulticastBindMem", since = 12010)],
    checks = [(fails = "mcHandle == 0 || memHandle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    mcHandle @0 :UInt64 $Vgpu.handle(allocation);
    mcOffset @1 :UInt64;
    memHandle @2 :UInt64 $Vgpu.handle(allocation);
    memOffset @3 :UInt64;
    size @4 :UInt64;
    flags @5 :UInt64;
  }
  struct Reply {}
}

struct MulticastBindAddr $Vgpu.call(operation = 1091, symbol = "cuMulticastBindAddr",
    parameters = "CUmemGenericAllocationHandle mcHandle, size_t mcOffset, CUdeviceptr memptr, size_t size, "
                 "unsigned long long flags",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuMulticastBindAddr", since = 12010)],
    checks = [(fails = "mcHandle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    mcHandle @0 :UInt64 $Vgpu.handle(allocation);
    mcOffset @1 :UInt64;
    memptr @2 :UInt64 $Vgpu.address((length = "size"));
    size @3 :UInt64;
    flags @4 :UInt64;
  }
  struct Reply {}
}

struct MulticastUnbind $Vgpu.call(operation = 1092, symbol = "cuMulticastUnbind",
    parameters = "CUmemGenericAllocationHandle mcHandle, CUdevice dev, size_t mcOffset, size_t size",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuMulticastUnbind", since = 12010)],
    checks = [(fails = "mcHandle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    mcHandle @0 :UInt64 $Vgpu.handle(allocation);
    dev @1 :Int32 $Vgpu.cType("CUdevice");
    mcOffset @2 :UInt64;
    size @3 :UInt64;
  }
  struct Reply {}
}

struct MulticastGetGranularity $Vgpu.call(operation = 1093, symbol = "cuMulticastGetGranularity",
    parameters = "size_t *granularity, const CUmulticastObjectProp *prop, CUmulticastGranularity_flags option",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuMulticastGetGranularity", since = 12010)],
    checks = [(fails = "granularity == nullptr || prop == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    prop @0 :Data $Vgpu.layout("CUmulticastObjectProp");
    option @1 :UInt32 $Vgpu.cType("CUmulticastGranularity_flags");
  }
  struct Reply {
    granularity @0 :UInt64;
  }
}
