@0xc2f4a1d7e95b3290;
# Copies, linear and shaped.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::copy");

# Copies between host and device memory travel in chunks, each a call of its own with the address and length of its
# part; `location` says where the chunk's host bytes are.
enum Location {
  trailing @0; # after the data section of the request (to the device) or of the reply (to the host)
  staging @1;  # in the session's staging area, from stagingOffset on
  shared @2;   # in memory that both sides map; stagingOffset is its address
}

# Which side of a copy is plain host memory of the guest, where the C parameters alone do not say.
enum Direction {
  deviceToDevice @0;  # both addresses mean the same on both sides
  hostToDevice @1;
  deviceToHost @2;
}

struct Memcpy $Vgpu.call(operation = 832, symbol = "cuMemcpy",
    parameters = "CUdeviceptr dst, CUdeviceptr src, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpy", since = 4000),
               (symbol = "cuMemcpy_ptds", since = 7000, perThread = true)]) {
  # Either address may be host or device memory: unified addressing decides.
  struct Request $Vgpu.trailing("the chunk's bytes from the host, where location is trailing") {
    dst @0 :UInt64;
    src @1 :UInt64;
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    stream @3 :UInt64 $Vgpu.handle(stream);
    direction @4 :UInt32;  # Direction; says which address the host checks
    location @5 :UInt32;  # Location
    stagingOffset @6 :UInt64;
  }
  struct Reply $Vgpu.trailing("the chunk's bytes to the host, where location is trailing") {
    trailingBytes @0 :UInt64;  # how many bytes follow
  }
}

struct MemcpyPeer $Vgpu.call(operation = 833, symbol = "cuMemcpyPeer",
    parameters = "CUdeviceptr dstDevice, CUcontext dstContext, CUdeviceptr srcDevice, CUcontext srcContext, "
                 "size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyPeer", since = 4000),
               (symbol = "cuMemcpyPeer_ptds", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "ByteCount", write = true));
    dstContext @1 :UInt64 $Vgpu.handle(context);
    srcDevice @2 :UInt64 $Vgpu.address((length = "ByteCount"));
    srcContext @3 :UInt64 $Vgpu.handle(context);
    byteCount @4 :UInt64 $Vgpu.cName("ByteCount");
    stream @5 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemcpyHtoD $Vgpu.call(operation = 834, symbol = "cuMemcpyHtoD",
    parameters = "CUdeviceptr dstDevice, const void *srcHost, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyHtoD", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, const void *srcHost, "
                "unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyHtoD_v2", since = 3020),
               (symbol = "cuMemcpyHtoD_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && srcHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    dstDevice @0 :UInt64 $Vgpu.address((length = "ByteCount", write = true));
    byteCount @1 :UInt64 $Vgpu.cName("ByteCount");
    stream @2 :UInt64 $Vgpu.handle(stream);
    location @3 :UInt32;  # Location
    stagingOffset @4 :UInt64;
  }
  struct Reply {}
}

struct MemcpyDtoH $Vgpu.call(operation = 835, symbol = "cuMemcpyDtoH",
    parameters = "void *dstHost, CUdeviceptr srcDevice, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyDtoH", since = 2000, parameters = "void *dstHost, CUdeviceptr_v1 srcDevice, "
                "unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyDtoH_v2", since = 3020),
               (symbol = "cuMemcpyDtoH_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && dstHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    srcDevice @0 :UInt64 $Vgpu.address((length = "ByteCount"));
    byteCount @1 :UInt64 $Vgpu.cName("ByteCount");
    stream @2 :UInt64 $Vgpu.handle(stream);
    location @3 :UInt32;  # Location
    stagingOffset @4 :UInt64;
  }
  struct Reply $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    trailingBytes @0 :UInt64;  # how many bytes follow
  }
}

struct MemcpyDtoD $Vgpu.call(operation = 836, symbol = "cuMemcpyDtoD",
    parameters = "CUdeviceptr dstDevice, CUdeviceptr srcDevice, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyDtoD", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, "
                "CUdeviceptr_v1 srcDevice, unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyDtoD_v2", since = 3020),
               (symbol = "cuMemcpyDtoD_v2_ptds", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "ByteCount", write = true));
    srcDevice @1 :UInt64 $Vgpu.address((length = "ByteCount"));
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    stream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemcpyDtoA $Vgpu.call(operation = 837, symbol = "cuMemcpyDtoA",
    parameters = "CUarray dstArray, size_t dstOffset, CUdeviceptr srcDevice, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyDtoA", since = 2000, parameters = "CUarray dstArray, unsigned int dstOffset, "
                "CUdeviceptr_v1 srcDevice, unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyDtoA_v2", since = 3020),
               (symbol = "cuMemcpyDtoA_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "dstArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstArray @0 :UInt64 $Vgpu.handle(array);
    dstOffset @1 :UInt64;
    srcDevice @2 :UInt64 $Vgpu.address((length = "ByteCount"));
    byteCount @3 :UInt64 $Vgpu.cName("ByteCount");
    stream @4 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemcpyAtoD $Vgpu.call(operation = 838, symbol = "cuMemcpyAtoD",
    parameters = "CUdeviceptr dstDevice, CUarray srcArray, size_t srcOffset, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyAtoD", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, CUarray srcArray, "
                "unsigned int srcOffset, unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyAtoD_v2", since = 3020),
               (symbol = "cuMemcpyAtoD_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "srcArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "ByteCount", write = true));
    srcArray @1 :UInt64 $Vgpu.handle(array);
    srcOffset @2 :UInt64;
    byteCount @3 :UInt64 $Vgpu.cName("ByteCount");
    stream @4 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemcpyHtoA $Vgpu.call(operation = 839, symbol = "cuMemcpyHtoA",
    parameters = "CUarray dstArray, size_t dstOffset, const void *srcHost, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyHtoA", since = 2000, parameters = "CUarray dstArray, unsigned int dstOffset, "
                "const void *srcHost, unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyHtoA_v2", since = 3020),
               (symbol = "cuMemcpyHtoA_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && srcHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "dstArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    dstArray @0 :UInt64 $Vgpu.handle(array);
    dstOffset @1 :UInt64;
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    stream @3 :UInt64 $Vgpu.handle(stream);
    location @4 :UInt32;  # Location
    stagingOffset @5 :UInt64;
  }
  struct Reply {}
}

struct MemcpyAtoH $Vgpu.call(operation = 840, symbol = "cuMemcpyAtoH",
    parameters = "void *dstHost, CUarray srcArray, size_t srcOffset, size_t ByteCount",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyAtoH", since = 2000, parameters = "void *dstHost, CUarray srcArray, "
                "unsigned int srcOffset, unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyAtoH_v2", since = 3020),
               (symbol = "cuMemcpyAtoH_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && dstHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "srcArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    srcArray @0 :UInt64 $Vgpu.handle(array);
    srcOffset @1 :UInt64;
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    stream @3 :UInt64 $Vgpu.handle(stream);
    location @4 :UInt32;  # Location
    stagingOffset @5 :UInt64;
  }
  struct Reply $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    trailingBytes @0 :UInt64;  # how many bytes follow
  }
}

struct MemcpyAtoA $Vgpu.call(operation = 841, symbol = "cuMemcpyAtoA",
    parameters = "CUarray dstArray, size_t dstOffset, CUarray srcArray, size_t srcOffset, size_t ByteCount",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpyAtoA", since = 2000, parameters = "CUarray dstArray, unsigned int dstOffset, "
                "CUarray srcArray, unsigned int srcOffset, unsigned int ByteCount", guest = written),
               (symbol = "cuMemcpyAtoA_v2", since = 3020),
               (symbol = "cuMemcpyAtoA_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "dstArray == nullptr || srcArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstArray @0 :UInt64 $Vgpu.handle(array);
    dstOffset @1 :UInt64;
    srcArray @2 :UInt64 $Vgpu.handle(array);
    srcOffset @3 :UInt64;
    byteCount @4 :UInt64 $Vgpu.cName("ByteCount");
    stream @5 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct Memcpy2D $Vgpu.call(operation = 842, symbol = "cuMemcpy2D",
    parameters = "const CUDA_MEMCPY2D *pCopy",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpy2D", since = 2000, parameters = "const CUDA_MEMCPY2D_v1 *pCopy", guest = written),
               (symbol = "cuMemcpy2D_v2", since = 3020),
               (symbol = "cuMemcpy2D_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "pCopy == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pCopy @0 :Data $Vgpu.layout("CUDA_MEMCPY2D");
    stream @1 :UInt64 $Vgpu.handle(stream);
    location @2 :UInt32;  # Location
    stagingOffset @3 :UInt64;
    bytes @4 :Data;  # host side of the source, rows packed, where location is trailing
  }
  struct Reply {
    bytes @0 :Data;  # host side of the destination, rows packed, where location is trailing
  }
}

struct Memcpy2DUnaligned $Vgpu.call(operation = 843, symbol = "cuMemcpy2DUnaligned",
    parameters = "const CUDA_MEMCPY2D *pCopy",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpy2DUnaligned", since = 2000, parameters = "const CUDA_MEMCPY2D_v1 *pCopy",
                guest = written),
               (symbol = "cuMemcpy2DUnaligned_v2", since = 3020),
               (symbol = "cuMemcpy2DUnaligned_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "pCopy == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pCopy @0 :Data $Vgpu.layout("CUDA_MEMCPY2D");
    stream @1 :UInt64 $Vgpu.handle(stream);
    location @2 :UInt32;  # Location
    stagingOffset @3 :UInt64;
    bytes @4 :Data;  # host side of the source, rows packed, where location is trailing
  }
  struct Reply {
    bytes @0 :Data;  # host side of the destination, rows packed, where location is trailing
  }
}

struct Memcpy3D $Vgpu.call(operation = 844, symbol = "cuMemcpy3D",
    parameters = "const CUDA_MEMCPY3D *pCopy",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpy3D", since = 2000, parameters = "const CUDA_MEMCPY3D_v1 *pCopy", guest = written),
               (symbol = "cuMemcpy3D_v2", since = 3020),
               (symbol = "cuMemcpy3D_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "pCopy == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pCopy @0 :Data $Vgpu.layout("CUDA_MEMCPY3D");
    stream @1 :UInt64 $Vgpu.handle(stream);
    location @2 :UInt32;  # Location
    stagingOffset @3 :UInt64;
    bytes @4 :Data;  # host side of the source, rows packed, where location is trailing
  }
  struct Reply {
    bytes @0 :Data;  # host side of the destination, rows packed, where location is trailing
  }
}

struct Memcpy3DPeer $Vgpu.call(operation = 845, symbol = "cuMemcpy3DPeer",
    parameters = "const CUDA_MEMCPY3D_PEER *pCopy",
    callClass = sync, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMemcpy3DPeer", since = 4000),
               (symbol = "cuMemcpy3DPeer_ptds", since = 7000, perThread = true)],
    checks = [(fails = "pCopy == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pCopy @0 :Data $Vgpu.layout("CUDA_MEMCPY3D_PEER");
    stream @1 :UInt64 $Vgpu.handle(stream);
    location @2 :UInt32;  # Location
    stagingOffset @3 :UInt64;
    bytes @4 :Data;  # host side of the source, rows packed, where location is trailing
  }
  struct Reply {
    bytes @0 :Data;  # host side of the destination, rows packed, where location is trailing
  }
}

struct MemcpyAsync $Vgpu.call(operation = 846, symbol = "cuMemcpyAsync",
    parameters = "CUdeviceptr dst, CUdeviceptr src, size_t ByteCount, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpyAsync", since = 4000),
               (symbol = "cuMemcpyAsync_ptsz", since = 7000, perThread = true)]) {
  # Either address may be host or device memory: unified addressing decides.
  struct Request $Vgpu.trailing("the chunk's bytes from the host, where location is trailing") {
    dst @0 :UInt64;
    src @1 :UInt64;
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    hStream @3 :UInt64 $Vgpu.handle(stream);
    direction @4 :UInt32;  # Direction; says which address the host checks
    location @5 :UInt32;  # Location
    stagingOffset @6 :UInt64;
  }
  struct Reply $Vgpu.trailing("the chunk's bytes to the host, where location is trailing") {
    trailingBytes @0 :UInt64;  # how many bytes follow
  }
}

struct MemcpyPeerAsync $Vgpu.call(operation = 847, symbol = "cuMemcpyPeerAsync",
    parameters = "CUdeviceptr dstDevice, CUcontext dstContext, CUdeviceptr srcDevice, CUcontext srcContext, "
                 "size_t ByteCount, CUstream hStream",
    callClass = stream, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuMemcpyPeerAsync", since = 4000),
               (symbol = "cuMemcpyPeerAsync_ptsz", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "ByteCount", write = true));
    dstContext @1 :UInt64 $Vgpu.handle(context);
    srcDevice @2 :UInt64 $Vgpu.address((length = "ByteCount"));
    srcContext @3 :UInt64 $Vgpu.handle(context);
    byteCount @4 :UInt64 $Vgpu.cName("ByteCount");
    hStream @5 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemcpyHtoDAsync $Vgpu.call(operation = 848, symbol = "cuMemcpyHtoDAsync",
    parameters = "CUdeviceptr dstDevice, const void *srcHost, size_t ByteCount, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpyHtoDAsync", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, "
                "const void *srcHost, unsigned int ByteCount, CUstream hStream", guest = written),
               (symbol = "cuMemcpyHtoDAsync_v2", since = 3020),
               (symbol = "cuMemcpyHtoDAsync_v2_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && srcHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    dstDevice @0 :UInt64 $Vgpu.address((length = "ByteCount", write = true));
    byteCount @1 :UInt64 $Vgpu.cName("ByteCount");
    hStream @2 :UInt64 $Vgpu.handle(stream);
    location @3 :UInt32;  # Location
    stagingOffset @4 :UInt64;
  }
  struct Reply {}
}

struct MemcpyDtoHAsync $Vgpu.call(operation = 849, symbol = "cuMemcpyDtoHAsync",
    parameters = "void *dstHost, CUdeviceptr srcDevice, size_t ByteCount, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpyDtoHAsync", since = 2000, parameters = "void *dstHost, CUdeviceptr_v1 srcDevice, "
                "unsigned int ByteCount, CUstream hStream", guest = written),
               (symbol = "cuMemcpyDtoHAsync_v2", since = 3020),
               (symbol = "cuMemcpyDtoHAsync_v2_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && dstHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    srcDevice @0 :UInt64 $Vgpu.address((length = "ByteCount"));
    byteCount @1 :UInt64 $Vgpu.cName("ByteCount");
    hStream @2 :UInt64 $Vgpu.handle(stream);
    location @3 :UInt32;  # Location
    stagingOffset @4 :UInt64;
  }
  struct Reply $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    trailingBytes @0 :UInt64;  # how many bytes follow
  }
}

struct MemcpyDtoDAsync $Vgpu.call(operation = 850, symbol = "cuMemcpyDtoDAsync",
    parameters = "CUdeviceptr dstDevice, CUdeviceptr srcDevice, size_t ByteCount, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpyDtoDAsync", since = 3000, parameters = "CUdeviceptr_v1 dstDevice, "
                "CUdeviceptr_v1 srcDevice, unsigned int ByteCount, CUstream hStream", guest = written),
               (symbol = "cuMemcpyDtoDAsync_v2", since = 3020),
               (symbol = "cuMemcpyDtoDAsync_v2_ptsz", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "ByteCount", write = true));
    srcDevice @1 :UInt64 $Vgpu.address((length = "ByteCount"));
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    hStream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemcpyHtoAAsync $Vgpu.call(operation = 851, symbol = "cuMemcpyHtoAAsync",
    parameters = "CUarray dstArray, size_t dstOffset, const void *srcHost, size_t ByteCount, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpyHtoAAsync", since = 2000, parameters = "CUarray dstArray, unsigned int dstOffset, "
                "const void *srcHost, unsigned int ByteCount, CUstream hStream", guest = written),
               (symbol = "cuMemcpyHtoAAsync_v2", since = 3020),
               (symbol = "cuMemcpyHtoAAsync_v2_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && srcHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "dstArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    dstArray @0 :UInt64 $Vgpu.handle(array);
    dstOffset @1 :UInt64;
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    hStream @3 :UInt64 $Vgpu.handle(stream);
    location @4 :UInt32;  # Location
    stagingOffset @5 :UInt64;
  }
  struct Reply {}
}

struct MemcpyAtoHAsync $Vgpu.call(operation = 852, symbol = "cuMemcpyAtoHAsync",
    parameters = "void *dstHost, CUarray srcArray, size_t srcOffset, size_t ByteCount, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpyAtoHAsync", since = 2000, parameters = "void *dstHost, CUarray srcArray, "
                "unsigned int srcOffset, unsigned int ByteCount, CUstream hStream", guest = written),
               (symbol = "cuMemcpyAtoHAsync_v2", since = 3020),
               (symbol = "cuMemcpyAtoHAsync_v2_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "(ByteCount != 0 && dstHost == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "srcArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    srcArray @0 :UInt64 $Vgpu.handle(array);
    srcOffset @1 :UInt64;
    byteCount @2 :UInt64 $Vgpu.cName("ByteCount");
    hStream @3 :UInt64 $Vgpu.handle(stream);
    location @4 :UInt32;  # Location
    stagingOffset @5 :UInt64;
  }
  struct Reply $Vgpu.trailing("the chunk's bytes, where location is trailing") {
    trailingBytes @0 :UInt64;  # how many bytes follow
  }
}

struct Memcpy2DAsync $Vgpu.call(operation = 853, symbol = "cuMemcpy2DAsync",
    parameters = "const CUDA_MEMCPY2D *pCopy, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpy2DAsync", since = 2000, parameters = "const CUDA_MEMCPY2D_v1 *pCopy, "
                "CUstream hStream", guest = written),
               (symbol = "cuMemcpy2DAsync_v2", since = 3020),
               (symbol = "cuMemcpy2DAsync_v2_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "pCopy == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pCopy @0 :Data $Vgpu.layout("CUDA_MEMCPY2D");
    hStream @1 :UInt64 $Vgpu.handle(stream);
    location @2 :UInt32;  # Location
    stagingOffset @3 :UInt64;
    bytes @4 :Data;  # host side of the source, rows packed, where location is trailing
  }
  struct Reply {
    bytes @0 :Data;  # host side of the destination, rows packed, where location is trailing
  }
}

struct Memcpy3DAsync $Vgpu.call(operation = 854, symbol = "cuMemcpy3DAsync",
    parameters = "const CUDA_MEMCPY3D *pCopy, CUstream hStream",
    callClass = stream, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuMemcpy3DAsync", since = 2000, parameters = "const CUDA_MEMCPY3D_v1 *pCopy, "
                "CUstream hStream", guest = written),
               (symbol = "cuMemcpy3DAsync_v2", since = 3020),
               (symbol = "cuMemcpy3DAsync_v2_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "pCopy == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pCopy @0 :Data $Vgpu.layout("CUDA_MEMCPY3D");
    hStream @1 :UInt64 $Vgpu.handle(stream);
    location @2 :UInt32;  # Location
    stagingOffset @3 :UInt64;
    bytes @4 :Data;  # host side of the source, rows packed, where location is trailing
  }
  struct Reply {
    bytes @0 :Data;  # host side of the destination, rows packed, where location is trailing
  }
}

struct Memcpy3DPeerAsync $Vgpu.call(operation = 855, symbol = "cuMemcpy3DPeerAsync",
    parameters = "const CUDA_MEMCPY3D_PEER *pCopy, CUstream hStream",
    callClass = stream, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuMemcpy3DPeerAsync", since = 4000),
               (symbol = "cuMemcpy3DPeerAsync_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "pCopy == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pCopy @0 :Data $Vgpu.layout("CUDA_MEMCPY3D_PEER");
    hStream @1 :UInt64 $Vgpu.handle(stream);
    location @2 :UInt32;  # Location
    stagingOffset @3 :UInt64;
    bytes @4 :Data;  # host side of the source, rows packed, where location is trailing
  }
  struct Reply {
    bytes @0 :Data;  # host side of the destination, rows packed, where location is trailing
  }
}

struct MemcpyBatchAsync $Vgpu.call(operation = 856, symbol = "cuMemcpyBatchAsync",
    parameters = "CUdeviceptr *dsts, CUdeviceptr *srcs, size_t *sizes, size_t count, CUmemcpyAttributes *attrs, "
                 "size_t *attrsIdxs, size_t numAttrs, CUstream hStream",
    callClass = stream, guest = none, host = none, context = current, capture = recorded,
    exports = [(symbol = "cuMemcpyBatchAsync", since = 12080, parameters = "CUdeviceptr *dsts, CUdeviceptr *srcs, "
                "size_t *sizes, size_t count, CUmemcpyAttributes *attrs, size_t *attrsIdxs, size_t numAttrs, "
                "size_t *failIdx, CUstream hStream"),
               (symbol = "cuMemcpyBatchAsync_ptsz", since = 12080, parameters = "CUdeviceptr *dsts, "
                "CUdeviceptr *srcs, size_t *sizes, size_t count, CUmemcpyAttributes *attrs, size_t *attrsIdxs, "
                "size_t numAttrs, size_t *failIdx, CUstream hStream", perThread = true),
               (symbol = "cuMemcpyBatchAsync_v2", since = 13000),
               (symbol = "cuMemcpyBatchAsync_v2_ptsz", since = 13000, perThread = true)],
    checks = [(fails = "(count != 0 && dsts == nullptr) || (count != 0 && srcs == nullptr) || (count != 0 && "
               "sizes == nullptr) || (numAttrs != 0 && attrs == nullptr) || (numAttrs != 0 && attrsIdxs == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dsts @0 :List(UInt64) $Vgpu.length("count");
    srcs @1 :List(UInt64) $Vgpu.length("count");
    sizes @2 :List(UInt64) $Vgpu.length("count");
    count @3 :UInt64;
    attrs @4 :Data $Vgpu.layout("CUmemcpyAttributes") $Vgpu.length("numAttrs");
    attrsIdxs @5 :List(UInt64) $Vgpu.length("numAttrs");
    numAttrs @6 :UInt64;
    hStream @7 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct Memcpy3DBatchAsync $Vgpu.call(operation = 857, symbol = "cuMemcpy3DBatchAsync",
    parameters = "size_t numOps, CUDA_MEMCPY3D_BATCH_OP *opList, unsigned long long flags, CUstream hStream",
    callClass = stream, guest = none, host = none, context = current, capture = recorded,
    exports = [(symbol = "cuMemcpy3DBatchAsync", since = 12080, parameters = "size_t numOps, "
                "CUDA_MEMCPY3D_BATCH_OP *opList, size_t *failIdx, unsigned long long flags, CUstream hStream"),
               (symbol = "cuMemcpy3DBatchAsync_ptsz", since = 12080, parameters = "size_t numOps, "
                "CUDA_MEMCPY3D_BATCH_OP *opList, size_t *failIdx, unsigned long long flags, CUstream hStream",
                perThread = true),
               (symbol = "cuMemcpy3DBatchAsync_v2", since = 13000),
               (symbol = "cuMemcpy3DBatchAsync_v2_ptsz", since = 13000, perThread = true)],
    checks = [(fails = "(numOps != 0 && opList == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    numOps @0 :UInt64;
    opList @1 :Data $Vgpu.layout("CUDA_MEMCPY3D_BATCH_OP") $Vgpu.length("numOps");
    flags @2 :UInt64;
    hStream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}
