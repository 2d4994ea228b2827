@0xc2f4a1d7e95b3410;
# OpenGL interoperability.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::gl");

struct GraphicsGLRegisterBuffer $Vgpu.call(operation = 2432, symbol = "cuGraphicsGLRegisterBuffer",
    parameters = "CUgraphicsResource *pCudaResource, GLuint buffer, unsigned int Flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsGLRegisterBuffer", resolvedOnly = true, since = 3000)],
    checks = [(fails = "pCudaResource == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    pCudaResource @0 :UInt64 $Vgpu.creates(graphicsResource);
    buffer @1 :UInt32;
    flags @2 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct GraphicsGLRegisterImage $Vgpu.call(operation = 2433, symbol = "cuGraphicsGLRegisterImage",
    parameters = "CUgraphicsResource *pCudaResource, GLuint image, GLenum target, unsigned int Flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsGLRegisterImage", resolvedOnly = true, since = 3000)],
    checks = [(fails = "pCudaResource == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    pCudaResource @0 :UInt64 $Vgpu.creates(graphicsResource);
    image @1 :UInt32;
    target @2 :UInt32;
    flags @3 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct GLGetDevices $Vgpu.call(operation = 2434, symbol = "cuGLGetDevices",
    parameters = "unsigned int *pCudaDeviceCount, CUdevice *pCudaDevices, unsigned int cudaDeviceCount, "
                 "CUGLDeviceList deviceList",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuGLGetDevices", resolvedOnly = true, since = 4010),
               (symbol = "cuGLGetDevices_v2", resolvedOnly = true, since = 6050)],
    checks = [(fails = "pCudaDeviceCount == nullptr || (cudaDeviceCount != 0 && pCudaDevices == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    cudaDeviceCount @0 :UInt32;
    deviceList @1 :UInt32 $Vgpu.cType("CUGLDeviceList");
  }
  struct Reply {
    pCudaDeviceCount @0 :UInt32;
    pCudaDevices @1 :List(Int32) $Vgpu.cType("CUdevice") $Vgpu.length("cudaDeviceCount");
  }
}

struct GLCtxCreate $Vgpu.call(operation = 2435, symbol = "cuGLCtxCreate",
    parameters = "CUcontext *pCtx, unsigned int Flags, CUdevice device",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuGLCtxCreate", resolvedOnly = true, since = 2000),
               (symbol = "cuGLCtxCreate_v2", resolvedOnly = true, since = 3020)],
    checks = [(fails = "pCtx == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    pCtx @0 :UInt64 $Vgpu.creates(context);
    flags @1 :UInt32 $Vgpu.cName("Flags");
    device @2 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}

struct GLInit $Vgpu.call(operation = 2436, symbol = "cuGLInit",
    parameters = "void",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLInit", resolvedOnly = true, since = 2000)],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {}
  struct Reply {}
}

struct GLRegisterBufferObject $Vgpu.call(operation = 2437, symbol = "cuGLRegisterBufferObject",
    parameters = "GLuint buffer",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLRegisterBufferObject", resolvedOnly = true, since = 2000)],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    buffer @0 :UInt32;
  }
  struct Reply {}
}

struct GLMapBufferObject $Vgpu.call(operation = 2438, symbol = "cuGLMapBufferObject",
    parameters = "CUdeviceptr *dptr, size_t *size, GLuint buffer",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLMapBufferObject", resolvedOnly = true, since = 2000, parameters = "CUdeviceptr_v1 *dptr, unsigned int *size, "
                "GLuint buffer"),
               (symbol = "cuGLMapBufferObject_v2", resolvedOnly = true, since = 3020),
               (symbol = "cuGLMapBufferObject_v2_ptds", resolvedOnly = true, since = 7000, perThread = true)],
    checks = [(fails = "dptr == nullptr || size == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    buffer @0 :UInt32;
  }
  struct Reply {
    dptr @0 :UInt64;
    size @1 :UInt64;
  }
}

struct GLUnmapBufferObject $Vgpu.call(operation = 2439, symbol = "cuGLUnmapBufferObject",
    parameters = "GLuint buffer",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLUnmapBufferObject", resolvedOnly = true, since = 2000)],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    buffer @0 :UInt32;
  }
  struct Reply {}
}

struct GLUnregisterBufferObject $Vgpu.call(operation = 2440, symbol = "cuGLUnregisterBufferObject",
    parameters = "GLuint buffer",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLUnregisterBufferObject", resolvedOnly = true, since = 2000)],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    buffer @0 :UInt32;
  }
  struct Reply {}
}

struct GLSetBufferObjectMapFlags $Vgpu.call(operation = 2441, symbol = "cuGLSetBufferObjectMapFlags",
    parameters = "GLuint buffer, unsigned int Flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLSetBufferObjectMapFlags", resolvedOnly = true, since = 2030)],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    buffer @0 :UInt32;
    flags @1 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct GLMapBufferObjectAsync $Vgpu.call(operation = 2442, symbol = "cuGLMapBufferObjectAsync",
    parameters = "CUdeviceptr *dptr, size_t *size, GLuint buffer, CUstream hStream",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLMapBufferObjectAsync", resolvedOnly = true, since = 2030, parameters = "CUdeviceptr_v1 *dptr, "
                "unsigned int *size, GLuint buffer, CUstream hStream"),
               (symbol = "cuGLMapBufferObjectAsync_v2", resolvedOnly = true, since = 3020),
               (symbol = "cuGLMapBufferObjectAsync_v2_ptsz", resolvedOnly = true, since = 7000, perThread = true)],
    checks = [(fails = "dptr == nullptr || size == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    buffer @0 :UInt32;
    hStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    dptr @0 :UInt64;
    size @1 :UInt64;
  }
}

struct GLUnmapBufferObjectAsync $Vgpu.call(operation = 2443, symbol = "cuGLUnmapBufferObjectAsync",
    parameters = "GLuint buffer, CUstream hStream",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGLUnmapBufferObjectAsync", resolvedOnly = true, since = 2030)],
    waiver = "OpenGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    buffer @0 :UInt32;
    hStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}
