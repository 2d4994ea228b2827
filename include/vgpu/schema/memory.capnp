@0xc2f4a1d7e95b3270;
# Device memory and pinned host memory.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::memory");

struct MemGetInfo $Vgpu.call(operation = 704, symbol = "cuMemGetInfo",
    parameters = "size_t *free, size_t *total",
    callClass = sync, guest = generated, host = written, context = current, capture = safe,
    exports = [(symbol = "cuMemGetInfo", since = 2000, parameters = "unsigned int *free, unsigned int *total",
                guest = written),
               (symbol = "cuMemGetInfo_v2", since = 3020)]) {
  struct Request {}
  struct Reply {
    free @0 :UInt64 $Vgpu.optional;
    total @1 :UInt64 $Vgpu.optional;
  }
}

struct MemAlloc $Vgpu.call(operation = 705, symbol = "cuMemAlloc",
    parameters = "CUdeviceptr *dptr, size_t bytesize",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemAlloc", since = 2000, parameters = "CUdeviceptr_v1 *dptr, unsigned int bytesize",
                guest = written),
               (symbol = "cuMemAlloc_v2", since = 3020)],
    checks = [(fails = "dptr == nullptr || bytesize == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    bytesize @0 :UInt64;
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.allocates("bytesize");
  }
}

struct MemAllocPitch $Vgpu.call(operation = 706, symbol = "cuMemAllocPitch",
    parameters = "CUdeviceptr *dptr, size_t *pPitch, size_t WidthInBytes, size_t Height, unsigned int ElementSizeBytes",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemAllocPitch", since = 2000, parameters = "CUdeviceptr_v1 *dptr, unsigned int *pPitch, "
                "unsigned int WidthInBytes, unsigned int Height, unsigned int ElementSizeBytes", guest = written),
               (symbol = "cuMemAllocPitch_v2", since = 3020)],
    checks = [(fails = "dptr == nullptr || pPitch == nullptr || WidthInBytes == 0 || Height == 0 || "
               "(ElementSizeBytes != 4 && ElementSizeBytes != 8 && ElementSizeBytes != 16)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    widthInBytes @0 :UInt64 $Vgpu.cName("WidthInBytes");
    height @1 :UInt64 $Vgpu.cName("Height");
    elementSizeBytes @2 :UInt32 $Vgpu.cName("ElementSizeBytes");
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.allocates("*pPitch * Height");
    pPitch @1 :UInt64;
  }
}

struct MemFree $Vgpu.call(operation = 707, symbol = "cuMemFree",
    parameters = "CUdeviceptr dptr",
    callClass = sync, guest = written, host = written, context = none, capture = unsafe,
    exports = [(symbol = "cuMemFree", since = 2000, parameters = "CUdeviceptr_v1 dptr", guest = written),
               (symbol = "cuMemFree_v2", since = 3020)]) {
  # CUDA frees NULL without complaint.
  struct Request {
    dptr @0 :UInt64 $Vgpu.frees;
  }
  struct Reply {}
}

struct MemGetAddressRange $Vgpu.call(operation = 708, symbol = "cuMemGetAddressRange",
    parameters = "CUdeviceptr *pbase, size_t *psize, CUdeviceptr dptr",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuMemGetAddressRange", since = 2000, parameters = "CUdeviceptr_v1 *pbase, "
                "unsigned int *psize, CUdeviceptr_v1 dptr", guest = written),
               (symbol = "cuMemGetAddressRange_v2", since = 3020)]) {
  struct Request {
    dptr @0 :UInt64 $Vgpu.address(());
  }
  struct Reply {
    pbase @0 :UInt64 $Vgpu.optional;
    psize @1 :UInt64 $Vgpu.optional;
  }
}

struct MemAllocHost $Vgpu.call(operation = 709, symbol = "cuMemAllocHost",
    parameters = "void **pp, size_t bytesize",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemAllocHost", since = 2000, parameters = "void **pp, unsigned int bytesize",
                guest = written),
               (symbol = "cuMemAllocHost_v2", since = 3020)],
    checks = [(fails = "pp == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Page-locked host memory that both sides map at one address. No bytes are NULL, which the guest answers.
  struct Request {
    bytesize @0 :UInt64;
    address @1 :UInt64;  # where the guest mapped the memory that travels as a descriptor; 0 = host's choice
  }
  struct Reply {
    pp @0 :UInt64 $Vgpu.allocates("bytesize");
  }
}

struct MemFreeHost $Vgpu.call(operation = 710, symbol = "cuMemFreeHost",
    parameters = "void *p",
    callClass = sync, guest = written, host = written, context = none, capture = unsafe,
    exports = [(symbol = "cuMemFreeHost", since = 2000)]) {
  # CUDA frees NULL without complaint.
  struct Request {
    p @0 :UInt64 $Vgpu.frees;
  }
  struct Reply {}
}

struct MemHostAlloc $Vgpu.call(operation = 711, symbol = "cuMemHostAlloc",
    parameters = "void **pp, size_t bytesize, unsigned int Flags",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemHostAlloc", since = 2020)],
    checks = [(fails = "pp == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Page-locked host memory that both sides map at one address. No bytes are NULL, which the guest answers.
  struct Request {
    bytesize @0 :UInt64;
    flags @1 :UInt32 $Vgpu.cName("Flags");
    address @2 :UInt64;  # where the guest mapped the memory that travels as a descriptor; 0 = host's choice
  }
  struct Reply {
    pp @0 :UInt64 $Vgpu.allocates("bytesize");
  }
}

struct MemHostGetDevicePointer $Vgpu.call(operation = 712, symbol = "cuMemHostGetDevicePointer",
    parameters = "CUdeviceptr *pdptr, void *p, unsigned int Flags",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuMemHostGetDevicePointer", since = 2020, parameters = "CUdeviceptr_v1 *pdptr, void *p, "
                "unsigned int Flags", guest = written),
               (symbol = "cuMemHostGetDevicePointer_v2", since = 3020)],
    checks = [(fails = "pdptr == nullptr || p == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    p @0 :UInt64;
    flags @1 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {
    pdptr @0 :UInt64;
  }
}

struct MemHostGetFlags $Vgpu.call(operation = 713, symbol = "cuMemHostGetFlags",
    parameters = "unsigned int *pFlags, void *p",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuMemHostGetFlags", since = 2030)],
    checks = [(fails = "pFlags == nullptr || p == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    p @0 :UInt64;
  }
  struct Reply {
    pFlags @0 :UInt32;
  }
}

struct MemHostRegister $Vgpu.call(operation = 714, symbol = "cuMemHostRegister",
    parameters = "void *p, size_t bytesize, unsigned int Flags",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemHostRegister", since = 4000, parameters = "void *p, size_t bytesize, "
                "unsigned int Flags", guest = written),
               (symbol = "cuMemHostRegister_v2", since = 6050)],
    checks = [(fails = "p == nullptr || bytesize == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Whole pages move onto shared memory in place where that is possible; their descriptor travels with the request.
  # What is not shared (partial pages, all of it where nothing can be shared) is kept alike by MirrorWrite and MirrorRead.
  struct Request {
    p @0 :UInt64;  # host memory of the guest, which both sides map from here on
    bytesize @1 :UInt64;
    flags @2 :UInt32 $Vgpu.cName("Flags");
    sharedOffset @3 :UInt64;  # whole pages in the descriptor: where they begin, counted from the page of `p`
    sharedBytes @4 :UInt64;   # and how many bytes; 0 = no descriptor
  }
  struct Reply {
    address @0 :UInt64;  # where the memory is on the host: `p`, unless that place was taken
  }
}

struct MemHostUnregister $Vgpu.call(operation = 715, symbol = "cuMemHostUnregister",
    parameters = "void *p",
    callClass = sync, guest = written, host = written, context = none, capture = unsafe,
    exports = [(symbol = "cuMemHostUnregister", since = 4000)],
    checks = [(fails = "p == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    p @0 :UInt64 $Vgpu.frees;  # where the memory is on the host
  }
  struct Reply {}
}

struct MemBatchDecompressAsync $Vgpu.call(operation = 716, symbol = "cuMemBatchDecompressAsync",
    parameters = "CUmemDecompressParams *paramsArray, size_t count, unsigned int flags, size_t *errorIndex, "
                 "CUstream stream",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuMemBatchDecompressAsync", since = 12060),
               (symbol = "cuMemBatchDecompressAsync_ptsz", since = 12060, perThread = true)],
    checks = [(fails = "(count != 0 && paramsArray == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    paramsArray @0 :Data $Vgpu.layout("CUmemDecompressParams") $Vgpu.length("count");
    count @1 :UInt64;
    flags @2 :UInt32;
    stream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    errorIndex @0 :UInt64 $Vgpu.optional;
  }
}

struct MirrorWrite $Vgpu.internal("bytes of host memory that the guest has changed, where nothing is shared")
    $Vgpu.call(operation = 8, symbol = "", callClass = stream, guest = written, host = written, context = none) {
  # `address` is memory of cuMemHostAlloc, cuMemAllocManaged or cuMemHostRegister, as the host knows it.
  struct Request $Vgpu.trailing("`byteCount` bytes, then one bit for each, lowest first: set where the byte counts") {
    address @0 :UInt64;
    byteCount @1 :UInt64;
  }
  struct Reply {}
}

struct MirrorRead $Vgpu.internal("what host memory holds on the host, where nothing is shared")
    $Vgpu.call(operation = 9, symbol = "", callClass = sync, guest = written, host = written, context = none) {
  struct Request {
    address @0 :UInt64;
    byteCount @1 :UInt64;
  }
  struct Reply $Vgpu.trailing("the bytes") {
    trailingBytes @0 :UInt64;  # how many bytes follow
  }
}
