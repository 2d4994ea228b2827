@0xc2f4a1d7e95b32c0;
# Virtual memory management: address ranges, physical allocations, and mappings of one to the other.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::virtual_memory");

struct MemGetHandleForAddressRange $Vgpu.call(operation = 1024, symbol = "cuMemGetHandleForAddressRange",
    parameters = "void *handle, CUdeviceptr dptr, size_t size, CUmemRangeHandleType handleType, "
                 "unsigned long long flags",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuMemGetHandleForAddressRange", since = 11070)],
    checks = [(fails = "handle == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # A dma-buf descriptor of device memory.
  struct Request {
    dptr @0 :UInt64 $Vgpu.address((length = "size"));
    size @1 :UInt64;
    handleType @2 :UInt32 $Vgpu.cType("CUmemRangeHandleType");
    flags @3 :UInt64;
  }
  struct Reply {
    handle @0 :Data;
  }
}

struct MemAddressReserve $Vgpu.call(operation = 1025, symbol = "cuMemAddressReserve",
    parameters = "CUdeviceptr *ptr, size_t size, size_t alignment, CUdeviceptr addr, unsigned long long flags",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemAddressReserve", since = 10020)],
    checks = [(fails = "ptr == nullptr || size == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    size @0 :UInt64;
    alignment @1 :UInt64;
    addr @2 :UInt64;
    flags @3 :UInt64;
  }
  struct Reply {
    ptr @0 :UInt64 $Vgpu.allocates("size");
  }
}

struct MemAddressFree $Vgpu.call(operation = 1026, symbol = "cuMemAddressFree",
    parameters = "CUdeviceptr ptr, size_t size",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemAddressFree", since = 10020)],
    checks = [(fails = "size == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ptr @0 :UInt64 $Vgpu.frees;
    size @1 :UInt64;
  }
  struct Reply {}
}

struct MemCreate $Vgpu.call(operation = 1027, symbol = "cuMemCreate",
    parameters = "CUmemGenericAllocationHandle *handle, size_t size, const CUmemAllocationProp *prop, "
                 "unsigned long long flags",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemCreate", since = 10020)],
    checks = [(fails = "handle == nullptr || prop == nullptr || size == 0 || flags != 0",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    handle @0 :UInt64 $Vgpu.creates(allocation);
    size @1 :UInt64;
    prop @2 :Data $Vgpu.layout("CUmemAllocationProp");
    flags @3 :UInt64;
  }
  struct Reply {}
}

struct MemRelease $Vgpu.call(operation = 1028, symbol = "cuMemRelease",
    parameters = "CUmemGenericAllocationHandle handle",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemRelease", since = 10020)],
    checks = [(fails = "handle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The memory itself lives on while a mapping uses it.
  struct Request {
    handle @0 :UInt64 $Vgpu.handle(allocation) $Vgpu.releases;
  }
  struct Reply {}
}

struct MemMap $Vgpu.call(operation = 1029, symbol = "cuMemMap",
    parameters = "CUdeviceptr ptr, size_t size, size_t offset, CUmemGenericAllocationHandle handle, "
                 "unsigned long long flags",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemMap", since = 10020)],
    checks = [(fails = "size == 0 || flags != 0 || handle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ptr @0 :UInt64 $Vgpu.address((length = "size", write = true));
    size @1 :UInt64;
    offset @2 :UInt64;
    handle @3 :UInt64 $Vgpu.handle(allocation);
    flags @4 :UInt64;
  }
  struct Reply {}
}

struct MemMapArrayAsync $Vgpu.call(operation = 1030, symbol = "cuMemMapArrayAsync",
    parameters = "CUarrayMapInfo *mapInfoList, unsigned int count, CUstream hStream",
    callClass = stream, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuMemMapArrayAsync", since = 11010),
               (symbol = "cuMemMapArrayAsync_ptsz", since = 11010, perThread = true)],
    checks = [(fails = "(count != 0 && mapInfoList == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    mapInfoList @0 :Data $Vgpu.layout("CUarrayMapInfo") $Vgpu.length("count");
    count @1 :UInt32;
    hStream @2 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemUnmap $Vgpu.call(operation = 1031, symbol = "cuMemUnmap",
    parameters = "CUdeviceptr ptr, size_t size",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemUnmap", since = 10020)],
    checks = [(fails = "size == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ptr @0 :UInt64 $Vgpu.address((length = "size", write = true));
    size @1 :UInt64;
  }
  struct Reply {}
}

struct MemSetAccess $Vgpu.call(operation = 1032, symbol = "cuMemSetAccess",
    parameters = "CUdeviceptr ptr, size_t size, const CUmemAccessDesc *desc, size_t count",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMemSetAccess", since = 10020)],
    checks = [(fails = "(count != 0 && desc == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    ptr @0 :UInt64 $Vgpu.address((length = "size", write = true));
    size @1 :UInt64;
    desc @2 :Data $Vgpu.layout("CUmemAccessDesc") $Vgpu.length("count");
    count @3 :UInt64;
  }
  struct Reply {}
}

struct MemGetAccess $Vgpu.call(operation = 1033, symbol = "cuMemGetAccess",
    parameters = "unsigned long long *flags, const CUmemLocation *location, CUdeviceptr ptr",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemGetAccess", since = 10020)],
    checks = [(fails = "flags == nullptr || location == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    location @0 :Data $Vgpu.layout("CUmemLocation");
    ptr @1 :UInt64 $Vgpu.address(());
  }
  struct Reply {
    flags @0 :UInt64;
  }
}

struct MemExportToShareableHandle $Vgpu.call(operation = 1034, symbol = "cuMemExportToShareableHandle",
    parameters = "void *shareableHandle, CUmemGenericAllocationHandle handle, CUmemAllocationHandleType handleType, "
                 "unsigned long long flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuMemExportToShareableHandle", since = 10020)],
    checks = [(fails = "shareableHandle == nullptr || handle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    handle @0 :UInt64 $Vgpu.handle(allocation);
    handleType @1 :UInt32 $Vgpu.cType("CUmemAllocationHandleType");
    flags @2 :UInt64;
  }
  struct Reply {
    shareableHandle @0 :Data;
  }
}

struct MemImportFromShareableHandle $Vgpu.call(operation = 1035, symbol = "cuMemImportFromShareableHandle",
    parameters = "CUmemGenericAllocationHandle *handle, void *osHandle, CUmemAllocationHandleType shHandleType",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuMemImportFromShareableHandle", since = 10020)],
    checks = [(fails = "handle == nullptr || osHandle == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    handle @0 :UInt64 $Vgpu.creates(allocation);
    osHandle @1 :Data;
    shHandleType @2 :UInt32 $Vgpu.cType("CUmemAllocationHandleType");
  }
  struct Reply {}
}

struct MemGetAllocationGranularity $Vgpu.call(operation = 1036, symbol = "cuMemGetAllocationGranularity",
    parameters = "size_t *granularity, const CUmemAllocationProp *prop, CUmemAllocationGranularity_flags option",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemGetAllocationGranularity", since = 10020)],
    checks = [(fails = "granularity == nullptr || prop == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    prop @0 :Data $Vgpu.layout("CUmemAllocationProp");
    option @1 :UInt32 $Vgpu.cType("CUmemAllocationGranularity_flags");
  }
  struct Reply {
    granularity @0 :UInt64;
  }
}

struct MemGetAllocationPropertiesFromHandle $Vgpu.call(operation = 1037,
symbol = "cuMemGetAllocationPropertiesFromHandle",
    parameters = "CUmemAllocationProp *prop, CUmemGenericAllocationHandle handle",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMemGetAllocationPropertiesFromHandle", since = 10020)],
    checks = [(fails = "prop == nullptr || handle == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    handle @0 :UInt64 $Vgpu.handle(allocation);
  }
  struct Reply {
    prop @0 :Data $Vgpu.layout("CUmemAllocationProp");
  }
}

struct MemRetainAllocationHandle $Vgpu.call(operation = 1038, symbol = "cuMemRetainAllocationHandle",
    parameters = "CUmemGenericAllocationHandle *handle, void *addr",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuMemRetainAllocationHandle", since = 11000)],
    checks = [(fails = "handle == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    addr @0 :UInt64 $Vgpu.address(());
  }
  struct Reply {
    handle @0 :UInt64 $Vgpu.handle(allocation);
  }
}
