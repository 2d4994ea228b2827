@0xc2f4a1d7e95b3420;
# EGL interoperability.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::egl");

struct GraphicsEGLRegisterImage $Vgpu.call(operation = 2496, symbol = "cuGraphicsEGLRegisterImage",
    parameters = "CUgraphicsResource *pCudaResource, EGLImageKHR image, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsEGLRegisterImage", resolvedOnly = true, since = 7000)],
    checks = [(fails = "pCudaResource == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    pCudaResource @0 :UInt64 $Vgpu.creates(graphicsResource);
    image @1 :UInt64 $Vgpu.cType("EGLImageKHR");
    flags @2 :UInt32;
  }
  struct Reply {}
}

struct EGLStreamConsumerConnect $Vgpu.call(operation = 2497, symbol = "cuEGLStreamConsumerConnect",
    parameters = "CUeglStreamConnection *conn, EGLStreamKHR stream",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuEGLStreamConsumerConnect", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.creates(eglStream);
    stream @1 :UInt64 $Vgpu.cType("EGLStreamKHR");
  }
  struct Reply {}
}

struct EGLStreamConsumerConnectWithFlags $Vgpu.call(operation = 2498, symbol = "cuEGLStreamConsumerConnectWithFlags",
    parameters = "CUeglStreamConnection *conn, EGLStreamKHR stream, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuEGLStreamConsumerConnectWithFlags", resolvedOnly = true, since = 8000)],
    checks = [(fails = "conn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.creates(eglStream);
    stream @1 :UInt64 $Vgpu.cType("EGLStreamKHR");
    flags @2 :UInt32;
  }
  struct Reply {}
}

struct EGLStreamConsumerDisconnect $Vgpu.call(operation = 2499, symbol = "cuEGLStreamConsumerDisconnect",
    parameters = "CUeglStreamConnection *conn",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuEGLStreamConsumerDisconnect", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.handle(eglStream) $Vgpu.releases;
  }
  struct Reply {}
}

struct EGLStreamConsumerAcquireFrame $Vgpu.call(operation = 2500, symbol = "cuEGLStreamConsumerAcquireFrame",
    parameters = "CUeglStreamConnection *conn, CUgraphicsResource *pCudaResource, CUstream *pStream, "
                 "unsigned int timeout",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuEGLStreamConsumerAcquireFrame", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr || pCudaResource == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.handle(eglStream);
    pStream @1 :UInt64 $Vgpu.handle(stream) $Vgpu.optional;
    timeout @2 :UInt32;
  }
  struct Reply {
    pCudaResource @0 :UInt64 $Vgpu.handle(graphicsResource);
  }
}

struct EGLStreamConsumerReleaseFrame $Vgpu.call(operation = 2501, symbol = "cuEGLStreamConsumerReleaseFrame",
    parameters = "CUeglStreamConnection *conn, CUgraphicsResource pCudaResource, CUstream *pStream",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuEGLStreamConsumerReleaseFrame", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "pCudaResource == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.handle(eglStream);
    pCudaResource @1 :UInt64 $Vgpu.handle(graphicsResource);
    pStream @2 :UInt64 $Vgpu.handle(stream) $Vgpu.optional;
  }
  struct Reply {}
}

struct EGLStreamProducerConnect $Vgpu.call(operation = 2502, symbol = "cuEGLStreamProducerConnect",
    parameters = "CUeglStreamConnection *conn, EGLStreamKHR stream, EGLint width, EGLint height",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuEGLStreamProducerConnect", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.creates(eglStream);
    stream @1 :UInt64 $Vgpu.cType("EGLStreamKHR");
    width @2 :Int32;
    height @3 :Int32;
  }
  struct Reply {}
}

struct EGLStreamProducerDisconnect $Vgpu.call(operation = 2503, symbol = "cuEGLStreamProducerDisconnect",
    parameters = "CUeglStreamConnection *conn",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuEGLStreamProducerDisconnect", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.handle(eglStream) $Vgpu.releases;
  }
  struct Reply {}
}

struct EGLStreamProducerPresentFrame $Vgpu.call(operation = 2504, symbol = "cuEGLStreamProducerPresentFrame",
    parameters = "CUeglStreamConnection *conn, CUeglFrame eglframe, CUstream *pStream",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuEGLStreamProducerPresentFrame", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.handle(eglStream);
    eglframe @1 :Data $Vgpu.layout("CUeglFrame");
    pStream @2 :UInt64 $Vgpu.handle(stream) $Vgpu.optional;
  }
  struct Reply {}
}

struct EGLStreamProducerReturnFrame $Vgpu.call(operation = 2505, symbol = "cuEGLStreamProducerReturnFrame",
    parameters = "CUeglStreamConnection *conn, CUeglFrame *eglframe, CUstream *pStream",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuEGLStreamProducerReturnFrame", resolvedOnly = true, since = 7000)],
    checks = [(fails = "conn == nullptr || eglframe == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    conn @0 :UInt64 $Vgpu.handle(eglStream);
    pStream @1 :UInt64 $Vgpu.handle(stream) $Vgpu.optional;
  }
  struct Reply {
    eglframe @0 :Data $Vgpu.layout("CUeglFrame");
  }
}

struct GraphicsResourceGetMappedEglFrame $Vgpu.call(operation = 2506, symbol = "cuGraphicsResourceGetMappedEglFrame",
    parameters = "CUeglFrame *eglFrame, CUgraphicsResource resource, unsigned int index, unsigned int mipLevel",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsResourceGetMappedEglFrame", resolvedOnly = true, since = 7000)],
    checks = [(fails = "eglFrame == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    resource @0 :UInt64 $Vgpu.handle(graphicsResource);
    index @1 :UInt32;
    mipLevel @2 :UInt32;
  }
  struct Reply {
    eglFrame @0 :Data $Vgpu.layout("CUeglFrame");
  }
}

struct EventCreateFromEGLSync $Vgpu.call(operation = 2507, symbol = "cuEventCreateFromEGLSync",
    parameters = "CUevent *phEvent, EGLSyncKHR eglSync, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuEventCreateFromEGLSync", resolvedOnly = true, since = 9000)],
    checks = [(fails = "phEvent == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "EGL objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    phEvent @0 :UInt64 $Vgpu.creates(event);
    eglSync @1 :UInt64 $Vgpu.cType("EGLSyncKHR");
    flags @2 :UInt32;
  }
  struct Reply {}
}
