@0xc2f4a1d7e95b3280;
# Managed memory: allocation, advice, prefetch, and where its pages are.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::managed");

struct MemAllocManaged $Vgpu.call(operation = 768, symbol = "cuMemAllocManaged",
    parameters = "CUdeviceptr *dptr, size_t bytesize, unsigned int flags",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemAllocManaged", since = 6000)],
    checks = [(fails = "dptr == nullptr || bytesize == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Backed by memory that both sides map at one address.
  struct Request {
    bytesize @0 :UInt64;
    flags @1 :UInt32;
    address @2 :UInt64;  # where the guest mapped the memory that travels as a descriptor; 0 = host's choice
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.allocates("bytesize");
  }
}

struct MemPrefetchAsync $Vgpu.call(operation = 769, symbol = "cuMemPrefetchAsync",
    parameters = "CUdeviceptr devPtr, size_t count, CUmemLocation location, unsigned int flags, CUstream hStream",
    callClass = stream, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemPrefetchAsync", since = 8000, parameters = "CUdeviceptr devPtr, size_t count, "
                "CUdevice dstDevice, CUstream hStream", guest = written),
               (symbol = "cuMemPrefetchAsync_ptsz", since = 8000, parameters = "CUdeviceptr devPtr, size_t count, "
                "CUdevice dstDevice, CUstream hStream", perThread = true, guest = written),
               (symbol = "cuMemPrefetchAsync_v2", since = 12020),
               (symbol = "cuMemPrefetchAsync_v2_ptsz", since = 12020, perThread = true)]) {
  struct Request {
    devPtr @0 :UInt64 $Vgpu.address((length = "count", write = true));
    count @1 :UInt64;
    location @2 :Data $Vgpu.layout("CUmemLocation");
    flags @3 :UInt32;
    hStream @4 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemAdvise $Vgpu.call(operation = 770, symbol = "cuMemAdvise",
    parameters = "CUdeviceptr devPtr, size_t count, CUmem_advise advice, CUmemLocation location",
    callClass = sync, guest = generated, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemAdvise", since = 8000, parameters = "CUdeviceptr devPtr, size_t count, "
                "CUmem_advise advice, CUdevice device", guest = written),
               (symbol = "cuMemAdvise_v2", since = 12020)]) {
  struct Request {
    devPtr @0 :UInt64 $Vgpu.address((length = "count"));
    count @1 :UInt64;
    advice @2 :UInt32 $Vgpu.cType("CUmem_advise");
    location @3 :Data $Vgpu.layout("CUmemLocation");
  }
  struct Reply {}
}

struct MemPrefetchBatchAsync $Vgpu.call(operation = 771, symbol = "cuMemPrefetchBatchAsync",
    parameters = "CUdeviceptr *dptrs, size_t *sizes, size_t count, CUmemLocation *prefetchLocs, "
                 "size_t *prefetchLocIdxs, size_t numPrefetchLocs, unsigned long long flags, CUstream hStream",
    callClass = stream, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuMemPrefetchBatchAsync", since = 13000),
               (symbol = "cuMemPrefetchBatchAsync_ptsz", since = 13000, perThread = true)],
    checks = [(fails = "(count != 0 && dptrs == nullptr) || (count != 0 && sizes == nullptr) || "
               "(numPrefetchLocs != 0 && prefetchLocs == nullptr) || (numPrefetchLocs != 0 && "
               "prefetchLocIdxs == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dptrs @0 :List(UInt64) $Vgpu.length("count");
    sizes @1 :List(UInt64) $Vgpu.length("count");
    count @2 :UInt64;
    prefetchLocs @3 :Data $Vgpu.layout("CUmemLocation") $Vgpu.length("numPrefetchLocs");
    prefetchLocIdxs @4 :List(UInt64) $Vgpu.length("numPrefetchLocs");
    numPrefetchLocs @5 :UInt64;
    flags @6 :UInt64;
    hStream @7 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemDiscardBatchAsync $Vgpu.call(operation = 772, symbol = "cuMemDiscardBatchAsync",
    parameters = "CUdeviceptr *dptrs, size_t *sizes, size_t count, unsigned long long flags, CUstream hStream",
    callClass = stream, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuMemDiscardBatchAsync", since = 13000),
               (symbol = "cuMemDiscardBatchAsync_ptsz", since = 13000, perThread = true)],
    checks = [(fails = "(count != 0 && dptrs == nullptr) || (count != 0 && sizes == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dptrs @0 :List(UInt64) $Vgpu.length("count");
    sizes @1 :List(UInt64) $Vgpu.length("count");
    count @2 :UInt64;
    flags @3 :UInt64;
    hStream @4 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemDiscardAndPrefetchBatchAsync $Vgpu.call(operation = 773, symbol = "cuMemDiscardAndPrefetchBatchAsync",
    parameters = "CUdeviceptr *dptrs, size_t *sizes, size_t count, CUmemLocation *prefetchLocs, "
                 "size_t *prefetchLocIdxs, size_t numPrefetchLocs, unsigned long long flags, CUstream hStream",
    callClass = stream, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuMemDiscardAndPrefetchBatchAsync", since = 13000),
               (symbol = "cuMemDiscardAndPrefetchBatchAsync_ptsz", since = 13000, perThread = true)],
    checks = [(fails = "(count != 0 && dptrs == nullptr) || (count != 0 && sizes == nullptr) || "
               "(numPrefetchLocs != 0 && prefetchLocs == nullptr) || (numPrefetchLocs != 0 && "
               "prefetchLocIdxs == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dptrs @0 :List(UInt64) $Vgpu.length("count");
    sizes @1 :List(UInt64) $Vgpu.length("count");
    count @2 :UInt64;
    prefetchLocs @3 :Data $Vgpu.layout("CUmemLocation") $Vgpu.length("numPrefetchLocs");
    prefetchLocIdxs @4 :List(UInt64) $Vgpu.length("numPrefetchLocs");
    numPrefetchLocs @5 :UInt64;
    flags @6 :UInt64;
    hStream @7 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemRangeGetAttribute $Vgpu.call(operation = 774, symbol = "cuMemRangeGetAttribute",
    parameters = "void *data, size_t dataSize, CUmem_range_attribute attribute, CUdeviceptr devPtr, size_t count",
    callClass = sync, guest = generated, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemRangeGetAttribute", since = 8000)],
    checks = [(fails = "(dataSize != 0 && data == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dataSize @0 :UInt64;
    attribute @1 :UInt32 $Vgpu.cType("CUmem_range_attribute");
    devPtr @2 :UInt64 $Vgpu.address((length = "count"));
    count @3 :UInt64;
  }
  struct Reply {
    data @0 :Data $Vgpu.length("dataSize");
  }
}

struct MemRangeGetAttributes $Vgpu.call(operation = 775, symbol = "cuMemRangeGetAttributes",
    parameters = "void **data, size_t *dataSizes, CUmem_range_attribute *attributes, size_t numAttributes, "
                 "CUdeviceptr devPtr, size_t count",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuMemRangeGetAttributes", since = 8000)],
    checks = [(fails = "data == nullptr || (numAttributes != 0 && dataSizes == nullptr) || (numAttributes != 0 && "
               "attributes == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dataSizes @0 :List(UInt64) $Vgpu.length("numAttributes");
    attributes @1 :List(UInt32) $Vgpu.cType("CUmem_range_attribute") $Vgpu.length("numAttributes");
    numAttributes @2 :UInt64;
    devPtr @3 :UInt64 $Vgpu.address((length = "count"));
    count @4 :UInt64;
  }
  struct Reply {
    data @0 :Data;  # one value after the other, unpadded
  }
}

struct StreamAttachMemAsync $Vgpu.call(operation = 776, symbol = "cuStreamAttachMemAsync",
    parameters = "CUstream hStream, CUdeviceptr dptr, size_t length, unsigned int flags",
    callClass = stream, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuStreamAttachMemAsync", since = 6000),
               (symbol = "cuStreamAttachMemAsync_ptsz", since = 7000, perThread = true)]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    dptr @1 :UInt64 $Vgpu.address((length = "length"));
    length @2 :UInt64;
    flags @3 :UInt32;
  }
  struct Reply {}
}
