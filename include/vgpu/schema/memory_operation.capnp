@0xc2f4a1d7e95b3340;
# Streams that wait for a word in memory, or write one.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::memory_operation");

struct FlushGPUDirectRDMAWrites $Vgpu.call(operation = 1536, symbol = "cuFlushGPUDirectRDMAWrites",
    parameters = "CUflushGPUDirectRDMAWritesTarget target, CUflushGPUDirectRDMAWritesScope scope",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuFlushGPUDirectRDMAWrites", since = 11030)]) {
  # Blocks until remote writes into device memory are visible.
  struct Request {
    target @0 :UInt32 $Vgpu.cType("CUflushGPUDirectRDMAWritesTarget");
    scope @1 :UInt32 $Vgpu.cType("CUflushGPUDirectRDMAWritesScope");
  }
  struct Reply {}
}

struct StreamWaitValue32 $Vgpu.call(operation = 1537, symbol = "cuStreamWaitValue32",
    parameters = "CUstream stream, CUdeviceptr addr, cuuint32_t value, unsigned int flags",
    callClass = stream, guest = written, host = generated, context = current, capture = recorded,
    exports = [(symbol = "cuStreamWaitValue32", since = 8000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint32_t value, unsigned int flags", guest = written),
               (symbol = "cuStreamWaitValue32_ptsz", since = 8000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint32_t value, unsigned int flags", perThread = true, guest = written),
               (symbol = "cuStreamWaitValue32_v2", since = 11070),
               (symbol = "cuStreamWaitValue32_v2_ptsz", since = 11070, perThread = true)]) {
  struct Request {
    stream @0 :UInt64 $Vgpu.handle(stream);
    addr @1 :UInt64 $Vgpu.address((length = "4"));
    value @2 :UInt32;
    flags @3 :UInt32;
  }
  struct Reply {}
}

struct StreamWaitValue64 $Vgpu.call(operation = 1538, symbol = "cuStreamWaitValue64",
    parameters = "CUstream stream, CUdeviceptr addr, cuuint64_t value, unsigned int flags",
    callClass = stream, guest = written, host = generated, context = current, capture = recorded,
    exports = [(symbol = "cuStreamWaitValue64", since = 9000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint64_t value, unsigned int flags", guest = written),
               (symbol = "cuStreamWaitValue64_ptsz", since = 9000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint64_t value, unsigned int flags", perThread = true, guest = written),
               (symbol = "cuStreamWaitValue64_v2", since = 11070),
               (symbol = "cuStreamWaitValue64_v2_ptsz", since = 11070, perThread = true)]) {
  struct Request {
    stream @0 :UInt64 $Vgpu.handle(stream);
    addr @1 :UInt64 $Vgpu.address((length = "8"));
    value @2 :UInt64;
    flags @3 :UInt32;
  }
  struct Reply {}
}

struct StreamWriteValue32 $Vgpu.call(operation = 1539, symbol = "cuStreamWriteValue32",
    parameters = "CUstream stream, CUdeviceptr addr, cuuint32_t value, unsigned int flags",
    callClass = stream, guest = written, host = generated, context = current, capture = recorded,
    exports = [(symbol = "cuStreamWriteValue32", since = 8000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint32_t value, unsigned int flags", guest = written),
               (symbol = "cuStreamWriteValue32_ptsz", since = 8000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint32_t value, unsigned int flags", perThread = true,
                guest = written),
               (symbol = "cuStreamWriteValue32_v2", since = 11070),
               (symbol = "cuStreamWriteValue32_v2_ptsz", since = 11070, perThread = true)]) {
  struct Request {
    stream @0 :UInt64 $Vgpu.handle(stream);
    addr @1 :UInt64 $Vgpu.address((length = "4", write = true));
    value @2 :UInt32;
    flags @3 :UInt32;
  }
  struct Reply {}
}

struct StreamWriteValue64 $Vgpu.call(operation = 1540, symbol = "cuStreamWriteValue64",
    parameters = "CUstream stream, CUdeviceptr addr, cuuint64_t value, unsigned int flags",
    callClass = stream, guest = written, host = generated, context = current, capture = recorded,
    exports = [(symbol = "cuStreamWriteValue64", since = 9000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint64_t value, unsigned int flags", guest = written),
               (symbol = "cuStreamWriteValue64_ptsz", since = 9000, parameters = "CUstream stream, CUdeviceptr addr, "
                "cuuint64_t value, unsigned int flags", perThread = true,
                guest = written),
               (symbol = "cuStreamWriteValue64_v2", since = 11070),
               (symbol = "cuStreamWriteValue64_v2_ptsz", since = 11070, perThread = true)]) {
  struct Request {
    stream @0 :UInt64 $Vgpu.handle(stream);
    addr @1 :UInt64 $Vgpu.address((length = "8", write = true));
    value @2 :UInt64;
    flags @3 :UInt32;
  }
  struct Reply {}
}

struct StreamBatchMemOp $Vgpu.call(operation = 1541, symbol = "cuStreamBatchMemOp",
    parameters = "CUstream stream, unsigned int count, CUstreamBatchMemOpParams *paramArray, unsigned int flags",
    callClass = stream, guest = none, host = none, context = current, capture = recorded,
    exports = [(symbol = "cuStreamBatchMemOp", since = 8000),
               (symbol = "cuStreamBatchMemOp_ptsz", since = 8000, perThread = true),
               (symbol = "cuStreamBatchMemOp_v2", since = 11070),
               (symbol = "cuStreamBatchMemOp_v2_ptsz", since = 11070, perThread = true)],
    checks = [(fails = "(count != 0 && paramArray == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    stream @0 :UInt64 $Vgpu.handle(stream);
    count @1 :UInt32;
    paramArray @2 :Data $Vgpu.layout("CUstreamBatchMemOpParams") $Vgpu.length("count");
    flags @3 :UInt32;
  }
  struct Reply {}
}
