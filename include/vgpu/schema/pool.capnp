@0xc2f4a1d7e95b32e0;
# Memory pools and stream-ordered allocation.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::pool");

struct DeviceSetMemPool $Vgpu.call(operation = 1152, symbol = "cuDeviceSetMemPool",
    parameters = "CUdevice dev, CUmemoryPool pool",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceSetMemPool", since = 11020)],
    checks = [(fails = "pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
    pool @1 :UInt64 $Vgpu.handle(memoryPool);
  }
  struct Reply {}
}

struct DeviceGetMemPool $Vgpu.call(operation = 1153, symbol = "cuDeviceGetMemPool",
    parameters = "CUmemoryPool *pool, CUdevice dev",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetMemPool", since = 11020)],
    checks = [(fails = "pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
  }
}

struct DeviceGetDefaultMemPool $Vgpu.call(operation = 1154, symbol = "cuDeviceGetDefaultMemPool",
    parameters = "CUmemoryPool *pool_out, CUdevice dev",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetDefaultMemPool", since = 11020)],
    checks = [(fails = "pool_out == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dev @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    poolOut @0 :UInt64 $Vgpu.cName("pool_out") $Vgpu.handle(memoryPool);
  }
}

struct MemFreeAsync $Vgpu.call(operation = 1155, symbol = "cuMemFreeAsync",
    parameters = "CUdeviceptr dptr, CUstream hStream",
    callClass = stream, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuMemFreeAsync", since = 11020),
               (symbol = "cuMemFreeAsync_ptsz", since = 11020, perThread = true)]) {
  struct Request {
    dptr @0 :UInt64 $Vgpu.frees;
    hStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemAllocAsync $Vgpu.call(operation = 1156, symbol = "cuMemAllocAsync",
    parameters = "CUdeviceptr *dptr, size_t bytesize, CUstream hStream",
    callClass = sync, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuMemAllocAsync", since = 11020),
               (symbol = "cuMemAllocAsync_ptsz", since = 11020, perThread = true)],
    checks = [(fails = "dptr == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    bytesize @0 :UInt64;
    hStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.allocates("bytesize");
  }
}

struct MemPoolTrimTo $Vgpu.call(operation = 1157, symbol = "cuMemPoolTrimTo",
    parameters = "CUmemoryPool pool, size_t minBytesToKeep",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuMemPoolTrimTo", since = 11020)],
    checks = [(fails = "pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
    minBytesToKeep @1 :UInt64;
  }
  struct Reply {}
}

struct MemPoolSetAttribute $Vgpu.call(operation = 1158, symbol = "cuMemPoolSetAttribute",
    parameters = "CUmemoryPool pool, CUmemPool_attribute attr, void *value",
    callClass = sync, guest = generated, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolSetAttribute", since = 11020)],
    checks = [(fails = "value == nullptr || pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
    attr @1 :UInt32 $Vgpu.cType("CUmemPool_attribute");
    value @2 :Data
        $Vgpu.length("attr <= CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES ? sizeof(int) : sizeof(cuuint64_t)");
  }
  struct Reply {}
}

struct MemPoolGetAttribute $Vgpu.call(operation = 1159, symbol = "cuMemPoolGetAttribute",
    parameters = "CUmemoryPool pool, CUmemPool_attribute attr, void *value",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolGetAttribute", since = 11020)],
    checks = [(fails = "value == nullptr || pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
    attr @1 :UInt32 $Vgpu.cType("CUmemPool_attribute");
  }
  struct Reply {
    value @0 :Data
        $Vgpu.length("attr <= CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES ? sizeof(int) : sizeof(cuuint64_t)");
  }
}

struct MemPoolSetAccess $Vgpu.call(operation = 1160, symbol = "cuMemPoolSetAccess",
    parameters = "CUmemoryPool pool, const CUmemAccessDesc *map, size_t count",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolSetAccess", since = 11020)],
    checks = [(fails = "(count != 0 && map == nullptr) || pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
    map @1 :Data $Vgpu.layout("CUmemAccessDesc") $Vgpu.length("count");
    count @2 :UInt64;
  }
  struct Reply {}
}

struct MemPoolGetAccess $Vgpu.call(operation = 1161, symbol = "cuMemPoolGetAccess",
    parameters = "CUmemAccess_flags *flags, CUmemoryPool memPool, CUmemLocation *location",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolGetAccess", since = 11020)],
    checks = [(fails = "flags == nullptr || location == nullptr || memPool == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    memPool @0 :UInt64 $Vgpu.handle(memoryPool);
    location @1 :Data $Vgpu.layout("CUmemLocation");
  }
  struct Reply {
    flags @0 :UInt32 $Vgpu.cType("CUmemAccess_flags");
  }
}

struct MemPoolCreate $Vgpu.call(operation = 1162, symbol = "cuMemPoolCreate",
    parameters = "CUmemoryPool *pool, const CUmemPoolProps *poolProps",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolCreate", since = 11020)],
    checks = [(fails = "pool == nullptr || poolProps == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.creates(memoryPool);
    poolProps @1 :Data $Vgpu.layout("CUmemPoolProps");
  }
  struct Reply {}
}

struct MemPoolDestroy $Vgpu.call(operation = 1163, symbol = "cuMemPoolDestroy",
    parameters = "CUmemoryPool pool",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolDestroy", since = 11020)],
    checks = [(fails = "pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.handle(memoryPool) $Vgpu.releases;
  }
  struct Reply {}
}

struct MemGetDefaultMemPool $Vgpu.call(operation = 1164, symbol = "cuMemGetDefaultMemPool",
    parameters = "CUmemoryPool *pool_out, CUmemLocation *location, CUmemAllocationType type",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemGetDefaultMemPool", since = 13000)],
    checks = [(fails = "pool_out == nullptr || location == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    location @0 :Data $Vgpu.layout("CUmemLocation");
    type @1 :UInt32 $Vgpu.cType("CUmemAllocationType");
  }
  struct Reply {
    poolOut @0 :UInt64 $Vgpu.cName("pool_out") $Vgpu.handle(memoryPool);
  }
}

struct MemGetMemPool $Vgpu.call(operation = 1165, symbol = "cuMemGetMemPool",
    parameters = "CUmemoryPool *pool, CUmemLocation *location, CUmemAllocationType type",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemGetMemPool", since = 13000)],
    checks = [(fails = "pool == nullptr || location == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    location @0 :Data $Vgpu.layout("CUmemLocation");
    type @1 :UInt32 $Vgpu.cType("CUmemAllocationType");
  }
  struct Reply {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
  }
}

struct MemSetMemPool $Vgpu.call(operation = 1166, symbol = "cuMemSetMemPool",
    parameters = "CUmemLocation *location, CUmemAllocationType type, CUmemoryPool pool",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemSetMemPool", since = 13000)],
    checks = [(fails = "location == nullptr || pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    location @0 :Data $Vgpu.layout("CUmemLocation");
    type @1 :UInt32 $Vgpu.cType("CUmemAllocationType");
    pool @2 :UInt64 $Vgpu.handle(memoryPool);
  }
  struct Reply {}
}

struct MemAllocFromPoolAsync $Vgpu.call(operation = 1167, symbol = "cuMemAllocFromPoolAsync",
    parameters = "CUdeviceptr *dptr, size_t bytesize, CUmemoryPool pool, CUstream hStream",
    callClass = sync, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuMemAllocFromPoolAsync", since = 11020),
               (symbol = "cuMemAllocFromPoolAsync_ptsz", since = 11020, perThread = true)],
    checks = [(fails = "dptr == nullptr || pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    bytesize @0 :UInt64;
    pool @1 :UInt64 $Vgpu.handle(memoryPool);
    hStream @2 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.allocates("bytesize");
  }
}

struct MemPoolExportToShareableHandle $Vgpu.call(operation = 1168, symbol = "cuMemPoolExportToShareableHandle",
    parameters = "void *handle_out, CUmemoryPool pool, CUmemAllocationHandleType handleType, unsigned long long flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolExportToShareableHandle", since = 11020)],
    checks = [(fails = "handle_out == nullptr || pool == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
    handleType @1 :UInt32 $Vgpu.cType("CUmemAllocationHandleType");
    flags @2 :UInt64;
  }
  struct Reply {
    handleOut @0 :Data $Vgpu.cName("handle_out");
  }
}

struct MemPoolImportFromShareableHandle $Vgpu.call(operation = 1169, symbol = "cuMemPoolImportFromShareableHandle",
    parameters = "CUmemoryPool *pool_out, void *handle, CUmemAllocationHandleType handleType, unsigned long long flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolImportFromShareableHandle", since = 11020)],
    checks = [(fails = "pool_out == nullptr || handle == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    poolOut @0 :UInt64 $Vgpu.cName("pool_out") $Vgpu.creates(memoryPool);
    handle @1 :Data;
    handleType @2 :UInt32 $Vgpu.cType("CUmemAllocationHandleType");
    flags @3 :UInt64;
  }
  struct Reply {}
}

struct MemPoolExportPointer $Vgpu.call(operation = 1170, symbol = "cuMemPoolExportPointer",
    parameters = "CUmemPoolPtrExportData *shareData_out, CUdeviceptr ptr",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolExportPointer", since = 11020)],
    checks = [(fails = "shareData_out == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ptr @0 :UInt64 $Vgpu.address(());
  }
  struct Reply {
    shareDataOut @0 :Data $Vgpu.cName("shareData_out") $Vgpu.layout("CUmemPoolPtrExportData");
  }
}

struct MemPoolImportPointer $Vgpu.call(operation = 1171, symbol = "cuMemPoolImportPointer",
    parameters = "CUdeviceptr *ptr_out, CUmemoryPool pool, CUmemPoolPtrExportData *shareData",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuMemPoolImportPointer", since = 11020)],
    checks = [(fails = "ptr_out == nullptr || shareData == nullptr || pool == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pool @0 :UInt64 $Vgpu.handle(memoryPool);
    shareData @1 :Data $Vgpu.layout("CUmemPoolPtrExportData");
  }
  struct Reply {
    ptrOut @0 :UInt64 $Vgpu.cName("ptr_out");
  }
}

struct DeviceGraphMemTrim $Vgpu.call(operation = 1172, symbol = "cuDeviceGraphMemTrim",
    parameters = "CUdevice device",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuDeviceGraphMemTrim", since = 11040)]) {
  struct Request {
    device @0 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}

struct DeviceGetGraphMemAttribute $Vgpu.call(operation = 1173, symbol = "cuDeviceGetGraphMemAttribute",
    parameters = "CUdevice device, CUgraphMem_attribute attr, void *value",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuDeviceGetGraphMemAttribute", since = 11040)],
    checks = [(fails = "value == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    device @0 :Int32 $Vgpu.cType("CUdevice");
    attr @1 :UInt32 $Vgpu.cType("CUgraphMem_attribute");
  }
  struct Reply {
    value @0 :Data $Vgpu.length("sizeof(cuuint64_t)");
  }
}

struct DeviceSetGraphMemAttribute $Vgpu.call(operation = 1174, symbol = "cuDeviceSetGraphMemAttribute",
    parameters = "CUdevice device, CUgraphMem_attribute attr, void *value",
    callClass = sync, guest = generated, host = written, context = none, capture = safe,
    exports = [(symbol = "cuDeviceSetGraphMemAttribute", since = 11040)],
    checks = [(fails = "value == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    device @0 :Int32 $Vgpu.cType("CUdevice");
    attr @1 :UInt32 $Vgpu.cType("CUgraphMem_attribute");
    value @2 :Data $Vgpu.length("sizeof(cuuint64_t)");
  }
  struct Reply {}
}
