@0xc2f4a1d7e95b3210;
# Devices and what they can do.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::device");

struct DeviceGet $Vgpu.call(operation = 320, symbol = "cuDeviceGet",
    parameters = "CUdevice *device, int ordinal",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGet", since = 2000)],
    checks = [(fails = "device == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ordinal @0 :Int32;
  }
  struct Reply {
    device @0 :Int32 $Vgpu.cType("CUdevice");
  }
}

struct DeviceGetCount $Vgpu.call(operation = 321, symbol = "cuDeviceGetCount",
    parameters = "int *count",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetCount", since = 2000)],
    checks = [(fails = "count == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {}
  struct Reply {
    count @0 :Int32;
  }
}

struct DeviceGetName $Vgpu.call(operation = 322, symbol = "cuDeviceGetName",
    parameters = "char *name, int len, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetName", since = 2000)],
    checks = [(fails = "(len != 0 && name == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    len @0 :Int32;
    dev @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    name @0 :Text $Vgpu.length("len");
  }
}

struct DeviceGetUuid $Vgpu.call(operation = 323, symbol = "cuDeviceGetUuid",
    parameters = "CUuuid *uuid, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetUuid", since = 9020),
               (symbol = "cuDeviceGetUuid_v2", since = 11040)],
    checks = [(fails = "uuid == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    uuid @0 :Data $Vgpu.layout("CUuuid");
  }
}

struct DeviceGetLuid $Vgpu.call(operation = 324, symbol = "cuDeviceGetLuid",
    parameters = "char *luid, unsigned int *deviceNodeMask, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetLuid", since = 10000)],
    checks = [(fails = "luid == nullptr || deviceNodeMask == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    luid @0 :Data $Vgpu.length("8");
    deviceNodeMask @1 :UInt32;
  }
}

struct DeviceTotalMem $Vgpu.call(operation = 325, symbol = "cuDeviceTotalMem",
    parameters = "size_t *bytes, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceTotalMem", since = 2000, parameters = "unsigned int *bytes, CUdevice dev",
                guest = written),
               (symbol = "cuDeviceTotalMem_v2", since = 3020)],
    checks = [(fails = "bytes == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    bytes @0 :UInt64;
  }
}

struct DeviceGetTexture1DLinearMaxWidth $Vgpu.call(operation = 326, symbol = "cuDeviceGetTexture1DLinearMaxWidth",
    parameters = "size_t *maxWidthInElements, CUarray_format format, unsigned int numChannels, CUdevice dev",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetTexture1DLinearMaxWidth", since = 11010)],
    checks = [(fails = "maxWidthInElements == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    format @0 :UInt32 $Vgpu.cType("CUarray_format");
    numChannels @1 :UInt32;
    dev @2 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    maxWidthInElements @0 :UInt64;
  }
}

struct DeviceGetAttribute $Vgpu.call(operation = 327, symbol = "cuDeviceGetAttribute",
    parameters = "int *pi, CUdevice_attribute attrib, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetAttribute", since = 2000)],
    checks = [(fails = "pi == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUdevice_attribute");
    dev @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    pi @0 :Int32;
  }
}

struct DeviceGetHostAtomicCapabilities $Vgpu.call(operation = 328, symbol = "cuDeviceGetHostAtomicCapabilities",
    parameters = "unsigned int *capabilities, const CUatomicOperation *operations, unsigned int count, CUdevice dev",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetHostAtomicCapabilities", since = 13000)],
    checks = [(fails = "(count != 0 && capabilities == nullptr) || (count != 0 && operations == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    operations @0 :List(UInt32) $Vgpu.cType("CUatomicOperation") $Vgpu.length("count");
    count @1 :UInt32;
    dev @2 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    capabilities @0 :List(UInt32) $Vgpu.length("count");
  }
}

struct DeviceGetNvSciSyncAttributes $Vgpu.call(operation = 329, symbol = "cuDeviceGetNvSciSyncAttributes",
    parameters = "void *nvSciSyncAttrList, CUdevice dev, int flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetNvSciSyncAttributes", since = 10020)],
    waiver = "NvSciSync attribute lists are objects of a library in the calling process") {
  struct Request {
    nvSciSyncAttrList @0 :UInt64;
    dev @1 :Int32 $Vgpu.cType("CUdevice");
    flags @2 :Int32;
  }
  struct Reply {}
}

struct DeviceGetExecAffinitySupport $Vgpu.call(operation = 330, symbol = "cuDeviceGetExecAffinitySupport",
    parameters = "int *pi, CUexecAffinityType type, CUdevice dev",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetExecAffinitySupport", since = 11040)],
    checks = [(fails = "pi == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    type @0 :UInt32 $Vgpu.cType("CUexecAffinityType");
    dev @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    pi @0 :Int32;
  }
}

struct DeviceGetProperties $Vgpu.call(operation = 331, symbol = "cuDeviceGetProperties",
    parameters = "CUdevprop *prop, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetProperties", since = 2000)],
    checks = [(fails = "prop == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Deprecated; the attributes say the same.
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    prop @0 :Data $Vgpu.layout("CUdevprop");
  }
}

struct DeviceComputeCapability $Vgpu.call(operation = 332, symbol = "cuDeviceComputeCapability",
    parameters = "int *major, int *minor, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceComputeCapability", since = 2000)],
    checks = [(fails = "major == nullptr || minor == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    major @0 :Int32;
    minor @1 :Int32;
  }
}

struct DeviceRegisterAsyncNotification $Vgpu.call(operation = 333, symbol = "cuDeviceRegisterAsyncNotification",
    parameters = "CUdevice device, CUasyncCallback callbackFunc, void *userData, CUasyncCallbackHandle *callback",
    callClass = callback, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceRegisterAsyncNotification", since = 12040)],
    checks = [(fails = "callback == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    device @0 :Int32 $Vgpu.cType("CUdevice");
    callbackFunc @1 :UInt64 $Vgpu.cType("CUasyncCallback");
    userData @2 :UInt64;
    callback @3 :UInt64 $Vgpu.creates(asyncCallback);
  }
  struct Reply {}
}

struct DeviceUnregisterAsyncNotification $Vgpu.call(operation = 334, symbol = "cuDeviceUnregisterAsyncNotification",
    parameters = "CUdevice device, CUasyncCallbackHandle callback",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceUnregisterAsyncNotification", since = 12040)],
    checks = [(fails = "callback == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    device @0 :Int32 $Vgpu.cType("CUdevice");
    callback @1 :UInt64 $Vgpu.handle(asyncCallback) $Vgpu.releases;
  }
  struct Reply {}
}

struct DeviceGetByPCIBusId $Vgpu.call(operation = 335, symbol = "cuDeviceGetByPCIBusId",
    parameters = "CUdevice *dev, const char *pciBusId",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetByPCIBusId", since = 4010)],
    checks = [(fails = "dev == nullptr || pciBusId == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pciBusId @0 :Text;
  }
  struct Reply {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
}

struct DeviceGetPCIBusId $Vgpu.call(operation = 336, symbol = "cuDeviceGetPCIBusId",
    parameters = "char *pciBusId, int len, CUdevice dev",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetPCIBusId", since = 4010)],
    checks = [(fails = "(len != 0 && pciBusId == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    len @0 :Int32;
    dev @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    pciBusId @0 :Text $Vgpu.length("len");
  }
}
