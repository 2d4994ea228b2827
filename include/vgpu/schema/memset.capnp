@0xc2f4a1d7e95b32a0;
# Filling device memory.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::memset");

struct MemsetD8 $Vgpu.call(operation = 896, symbol = "cuMemsetD8",
    parameters = "CUdeviceptr dstDevice, unsigned char uc, size_t N",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuMemsetD8", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, unsigned char uc, "
                "unsigned int N", guest = written),
               (symbol = "cuMemsetD8_v2", since = 3020),
               (symbol = "cuMemsetD8_v2_ptds", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "N", write = true));
    uc @1 :UInt8;
    n @2 :UInt64 $Vgpu.cName("N");
    stream @3 :UInt64 $Vgpu.handle(stream);  # 0 the legacy stream, 2 the thread's own
  }
  struct Reply {}
}

struct MemsetD16 $Vgpu.call(operation = 897, symbol = "cuMemsetD16",
    parameters = "CUdeviceptr dstDevice, unsigned short us, size_t N",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuMemsetD16", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, unsigned short us, "
                "unsigned int N", guest = written),
               (symbol = "cuMemsetD16_v2", since = 3020),
               (symbol = "cuMemsetD16_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "dstDevice % 2 != 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "N > SIZE_MAX / 2 ? SIZE_MAX : N * 2", write = true));
    us @1 :UInt16;
    n @2 :UInt64 $Vgpu.cName("N");
    stream @3 :UInt64 $Vgpu.handle(stream);  # 0 the legacy stream, 2 the thread's own
  }
  struct Reply {}
}

struct MemsetD32 $Vgpu.call(operation = 898, symbol = "cuMemsetD32",
    parameters = "CUdeviceptr dstDevice, unsigned int ui, size_t N",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuMemsetD32", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, unsigned int ui, "
                "unsigned int N", guest = written),
               (symbol = "cuMemsetD32_v2", since = 3020),
               (symbol = "cuMemsetD32_v2_ptds", since = 7000, perThread = true)],
    checks = [(fails = "dstDevice % 4 != 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "N > SIZE_MAX / 4 ? SIZE_MAX : N * 4", write = true));
    ui @1 :UInt32;
    n @2 :UInt64 $Vgpu.cName("N");
    stream @3 :UInt64 $Vgpu.handle(stream);  # 0 the legacy stream, 2 the thread's own
  }
  struct Reply {}
}

struct MemsetD2D8 $Vgpu.call(operation = 899, symbol = "cuMemsetD2D8",
    parameters = "CUdeviceptr dstDevice, size_t dstPitch, unsigned char uc, size_t Width, size_t Height",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuMemsetD2D8", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, unsigned int dstPitch, "
                "unsigned char uc, unsigned int Width, unsigned int Height", guest = written),
               (symbol = "cuMemsetD2D8_v2", since = 3020),
               (symbol = "cuMemsetD2D8_v2_ptds", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64
        $Vgpu.address((length = "Width == 0 || Height == 0 ? 0 : Width > SIZE_MAX / 8 || (Height > 1 && "
        "dstPitch > (SIZE_MAX - Width) / (Height - 1)) ? SIZE_MAX : dstPitch * (Height - 1) + Width", write = true));
    dstPitch @1 :UInt64;
    uc @2 :UInt8;
    width @3 :UInt64 $Vgpu.cName("Width");
    height @4 :UInt64 $Vgpu.cName("Height");
    stream @5 :UInt64 $Vgpu.handle(stream);  # 0 the legacy stream, 2 the thread's own
  }
  struct Reply {}
}

struct MemsetD2D16 $Vgpu.call(operation = 900, symbol = "cuMemsetD2D16",
    parameters = "CUdeviceptr dstDevice, size_t dstPitch, unsigned short us, size_t Width, size_t Height",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuMemsetD2D16", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, "
                "unsigned int dstPitch, unsigned short us, unsigned int Width, unsigned int Height", guest = written),
               (symbol = "cuMemsetD2D16_v2", since = 3020),
               (symbol = "cuMemsetD2D16_v2_ptds", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64
        $Vgpu.address((length = "Width == 0 || Height == 0 ? 0 : Width > SIZE_MAX / 8 || (Height > 1 && "
        "dstPitch > (SIZE_MAX - Width * 2) / (Height - 1)) ? SIZE_MAX : dstPitch * (Height - 1) + Width * 2",
        write = true));
    dstPitch @1 :UInt64;
    us @2 :UInt16;
    width @3 :UInt64 $Vgpu.cName("Width");
    height @4 :UInt64 $Vgpu.cName("Height");
    stream @5 :UInt64 $Vgpu.handle(stream);  # 0 the legacy stream, 2 the thread's own
  }
  struct Reply {}
}

struct MemsetD2D32 $Vgpu.call(operation = 901, symbol = "cuMemsetD2D32",
    parameters = "CUdeviceptr dstDevice, size_t dstPitch, unsigned int ui, size_t Width, size_t Height",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuMemsetD2D32", since = 2000, parameters = "CUdeviceptr_v1 dstDevice, "
                "unsigned int dstPitch, unsigned int ui, unsigned int Width, unsigned int Height", guest = written),
               (symbol = "cuMemsetD2D32_v2", since = 3020),
               (symbol = "cuMemsetD2D32_v2_ptds", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64
        $Vgpu.address((length = "Width == 0 || Height == 0 ? 0 : Width > SIZE_MAX / 8 || (Height > 1 && "
        "dstPitch > (SIZE_MAX - Width * 4) / (Height - 1)) ? SIZE_MAX : dstPitch * (Height - 1) + Width * 4",
        write = true));
    dstPitch @1 :UInt64;
    ui @2 :UInt32;
    width @3 :UInt64 $Vgpu.cName("Width");
    height @4 :UInt64 $Vgpu.cName("Height");
    stream @5 :UInt64 $Vgpu.handle(stream);  # 0 the legacy stream, 2 the thread's own
  }
  struct Reply {}
}

struct MemsetD8Async $Vgpu.call(operation = 902, symbol = "cuMemsetD8Async",
    parameters = "CUdeviceptr dstDevice, unsigned char uc, size_t N, CUstream hStream",
    callClass = stream, guest = generated, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuMemsetD8Async", since = 3020),
               (symbol = "cuMemsetD8Async_ptsz", since = 7000, perThread = true)]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "N", write = true));
    uc @1 :UInt8;
    n @2 :UInt64 $Vgpu.cName("N");
    hStream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemsetD16Async $Vgpu.call(operation = 903, symbol = "cuMemsetD16Async",
    parameters = "CUdeviceptr dstDevice, unsigned short us, size_t N, CUstream hStream",
    callClass = stream, guest = generated, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuMemsetD16Async", since = 3020),
               (symbol = "cuMemsetD16Async_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "dstDevice % 2 != 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "N > SIZE_MAX / 2 ? SIZE_MAX : N * 2", write = true));
    us @1 :UInt16;
    n @2 :UInt64 $Vgpu.cName("N");
    hStream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemsetD32Async $Vgpu.call(operation = 904, symbol = "cuMemsetD32Async",
    parameters = "CUdeviceptr dstDevice, unsigned int ui, size_t N, CUstream hStream",
    callClass = stream, guest = generated, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuMemsetD32Async", since = 3020),
               (symbol = "cuMemsetD32Async_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "dstDevice % 4 != 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64 $Vgpu.address((length = "N > SIZE_MAX / 4 ? SIZE_MAX : N * 4", write = true));
    ui @1 :UInt32;
    n @2 :UInt64 $Vgpu.cName("N");
    hStream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemsetD2D8Async $Vgpu.call(operation = 905, symbol = "cuMemsetD2D8Async",
    parameters = "CUdeviceptr dstDevice, size_t dstPitch, unsigned char uc, size_t Width, size_t Height, "
                 "CUstream hStream",
    callClass = stream, guest = generated, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuMemsetD2D8Async", since = 3020),
               (symbol = "cuMemsetD2D8Async_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "(Height > 1 && dstPitch < Width)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64
        $Vgpu.address((length = "Width == 0 || Height == 0 ? 0 : Width > SIZE_MAX / 8 || (Height > 1 && "
        "dstPitch > (SIZE_MAX - Width) / (Height - 1)) ? SIZE_MAX : dstPitch * (Height - 1) + Width", write = true));
    dstPitch @1 :UInt64;
    uc @2 :UInt8;
    width @3 :UInt64 $Vgpu.cName("Width");
    height @4 :UInt64 $Vgpu.cName("Height");
    hStream @5 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemsetD2D16Async $Vgpu.call(operation = 906, symbol = "cuMemsetD2D16Async",
    parameters = "CUdeviceptr dstDevice, size_t dstPitch, unsigned short us, size_t Width, size_t Height, "
                 "CUstream hStream",
    callClass = stream, guest = generated, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuMemsetD2D16Async", since = 3020),
               (symbol = "cuMemsetD2D16Async_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "dstDevice % 2 != 0 || (Height > 1 && (dstPitch % 2 != 0 || dstPitch / 2 < Width))",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64
        $Vgpu.address((length = "Width == 0 || Height == 0 ? 0 : Width > SIZE_MAX / 8 || (Height > 1 && "
        "dstPitch > (SIZE_MAX - Width * 2) / (Height - 1)) ? SIZE_MAX : dstPitch * (Height - 1) + Width * 2",
        write = true));
    dstPitch @1 :UInt64;
    us @2 :UInt16;
    width @3 :UInt64 $Vgpu.cName("Width");
    height @4 :UInt64 $Vgpu.cName("Height");
    hStream @5 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct MemsetD2D32Async $Vgpu.call(operation = 907, symbol = "cuMemsetD2D32Async",
    parameters = "CUdeviceptr dstDevice, size_t dstPitch, unsigned int ui, size_t Width, size_t Height, "
                 "CUstream hStream",
    callClass = stream, guest = generated, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuMemsetD2D32Async", since = 3020),
               (symbol = "cuMemsetD2D32Async_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "dstDevice % 4 != 0 || (Height > 1 && (dstPitch % 4 != 0 || dstPitch / 4 < Width))",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dstDevice @0 :UInt64
        $Vgpu.address((length = "Width == 0 || Height == 0 ? 0 : Width > SIZE_MAX / 8 || (Height > 1 && "
        "dstPitch > (SIZE_MAX - Width * 4) / (Height - 1)) ? SIZE_MAX : dstPitch * (Height - 1) + Width * 4",
        write = true));
    dstPitch @1 :UInt64;
    ui @2 :UInt32;
    width @3 :UInt64 $Vgpu.cName("Width");
    height @4 :UInt64 $Vgpu.cName("Height");
    hStream @5 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}
