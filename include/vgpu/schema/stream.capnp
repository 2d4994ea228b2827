@0xc2f4a1d7e95b3320;
# Streams.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::stream");

struct StreamCreate $Vgpu.call(operation = 1408, symbol = "cuStreamCreate",
    parameters = "CUstream *phStream, unsigned int Flags",
    callClass = create, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuStreamCreate", since = 2000)],
    checks = [(fails = "phStream == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phStream @0 :UInt64 $Vgpu.creates(stream);
    flags @1 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct StreamCreateWithPriority $Vgpu.call(operation = 1409, symbol = "cuStreamCreateWithPriority",
    parameters = "CUstream *phStream, unsigned int flags, int priority",
    callClass = create, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuStreamCreateWithPriority", since = 5050)],
    checks = [(fails = "phStream == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phStream @0 :UInt64 $Vgpu.creates(stream);
    flags @1 :UInt32;
    priority @2 :Int32;
  }
  struct Reply {}
}

struct StreamGetPriority $Vgpu.call(operation = 1410, symbol = "cuStreamGetPriority",
    parameters = "CUstream hStream, int *priority",
    callClass = sync, guest = written, host = generated, context = stream, capture = safe,
    exports = [(symbol = "cuStreamGetPriority", since = 5050),
               (symbol = "cuStreamGetPriority_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "priority == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    priority @0 :Int32;
  }
}

struct StreamGetDevice $Vgpu.call(operation = 1411, symbol = "cuStreamGetDevice",
    parameters = "CUstream hStream, CUdevice *device",
    callClass = local, guest = written, host = generated, context = stream, capture = safe,
    exports = [(symbol = "cuStreamGetDevice", since = 12080),
               (symbol = "cuStreamGetDevice_ptsz", since = 12080, perThread = true)],
    checks = [(fails = "device == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    device @0 :Int32 $Vgpu.cType("CUdevice");
  }
}

struct StreamGetFlags $Vgpu.call(operation = 1412, symbol = "cuStreamGetFlags",
    parameters = "CUstream hStream, unsigned int *flags",
    callClass = sync, guest = written, host = generated, context = stream, capture = safe,
    exports = [(symbol = "cuStreamGetFlags", since = 5050),
               (symbol = "cuStreamGetFlags_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "flags == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    flags @0 :UInt32;
  }
}

struct StreamGetId $Vgpu.call(operation = 1413, symbol = "cuStreamGetId",
    parameters = "CUstream hStream, unsigned long long *streamId",
    callClass = sync, guest = generated, host = generated, context = stream, capture = safe,
    exports = [(symbol = "cuStreamGetId", since = 12000),
               (symbol = "cuStreamGetId_ptsz", since = 12000, perThread = true)],
    checks = [(fails = "streamId == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    streamId @0 :UInt64;
  }
}

struct StreamGetCtx $Vgpu.call(operation = 1414, symbol = "cuStreamGetCtx",
    parameters = "CUstream hStream, CUcontext *pCtx, CUgreenCtx *pGreenCtx",
    callClass = local, guest = written, host = none, context = stream, capture = safe,
    exports = [(symbol = "cuStreamGetCtx", since = 9020, parameters = "CUstream hStream, CUcontext *pctx", guest = written),
               (symbol = "cuStreamGetCtx_ptsz", since = 9020, parameters = "CUstream hStream, CUcontext *pctx",
                perThread = true, guest = written),
               (symbol = "cuStreamGetCtx_v2", since = 12050),
               (symbol = "cuStreamGetCtx_v2_ptsz", since = 12050, perThread = true)]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    pCtx @0 :UInt64 $Vgpu.handle(context);
    pGreenCtx @1 :UInt64 $Vgpu.handle(greenContext) $Vgpu.optional;
  }
}

struct StreamWaitEvent $Vgpu.call(operation = 1415, symbol = "cuStreamWaitEvent",
    parameters = "CUstream hStream, CUevent hEvent, unsigned int Flags",
    callClass = stream, guest = written, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuStreamWaitEvent", since = 3020),
               (symbol = "cuStreamWaitEvent_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    hEvent @1 :UInt64 $Vgpu.handle(event);
    flags @2 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct StreamIsCapturing $Vgpu.call(operation = 1416, symbol = "cuStreamIsCapturing",
    parameters = "CUstream hStream, CUstreamCaptureStatus *captureStatus",
    callClass = local, guest = written, host = written, context = stream, capture = safe,
    exports = [(symbol = "cuStreamIsCapturing", since = 10000),
               (symbol = "cuStreamIsCapturing_ptsz", since = 10000, perThread = true)],
    checks = [(fails = "captureStatus == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    captureStatus @0 :UInt32 $Vgpu.cType("CUstreamCaptureStatus");
  }
}

struct StreamQuery $Vgpu.call(operation = 1417, symbol = "cuStreamQuery",
    parameters = "CUstream hStream",
    callClass = completion, guest = written, host = generated, context = stream, capture = unsafe,
    exports = [(symbol = "cuStreamQuery", since = 2000),
               (symbol = "cuStreamQuery_ptsz", since = 7000, perThread = true)]) {
  # CUDA_ERROR_NOT_READY while work is pending.
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct StreamSynchronize $Vgpu.call(operation = 1418, symbol = "cuStreamSynchronize",
    parameters = "CUstream hStream",
    callClass = sync, guest = written, host = generated, context = stream, capture = unsafe,
    exports = [(symbol = "cuStreamSynchronize", since = 2000),
               (symbol = "cuStreamSynchronize_ptsz", since = 7000, perThread = true)]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct StreamDestroy $Vgpu.call(operation = 1419, symbol = "cuStreamDestroy",
    parameters = "CUstream hStream",
    callClass = stream, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuStreamDestroy", since = 2000),
               (symbol = "cuStreamDestroy_v2", since = 4000)]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream) $Vgpu.releases;
  }
  struct Reply {}
}

struct StreamCopyAttributes $Vgpu.call(operation = 1420, symbol = "cuStreamCopyAttributes",
    parameters = "CUstream dstStream, CUstream srcStream",
    callClass = sync, guest = generated, host = generated, context = stream, capture = safe,
    exports = [(symbol = "cuStreamCopyAttributes", since = 11000),
               (symbol = "cuStreamCopyAttributes_ptsz", since = 11000, perThread = true)]) {
  struct Request {
    dstStream @0 :UInt64 $Vgpu.handle(stream);
    srcStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct StreamGetAttribute $Vgpu.call(operation = 1421, symbol = "cuStreamGetAttribute",
    parameters = "CUstream hStream, CUstreamAttrID attr, CUstreamAttrValue *value",
    callClass = sync, guest = generated, host = generated, context = stream, capture = safe,
    exports = [(symbol = "cuStreamGetAttribute", since = 11000),
               (symbol = "cuStreamGetAttribute_ptsz", since = 11000, perThread = true)],
    checks = [(fails = "value == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    attr @1 :UInt32 $Vgpu.cType("CUstreamAttrID");
  }
  struct Reply {
    value @0 :Data $Vgpu.layout("CUstreamAttrValue");
  }
}

struct StreamSetAttribute $Vgpu.call(operation = 1422, symbol = "cuStreamSetAttribute",
    parameters = "CUstream hStream, CUstreamAttrID attr, const CUstreamAttrValue *param",
    callClass = sync, guest = generated, host = written, context = stream, capture = safe,
    exports = [(symbol = "cuStreamSetAttribute", since = 11000),
               (symbol = "cuStreamSetAttribute_ptsz", since = 11000, perThread = true)],
    checks = [(fails = "param == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    attr @1 :UInt32 $Vgpu.cType("CUstreamAttrID");
    param @2 :Data $Vgpu.layout("CUstreamAttrValue");
  }
  struct Reply {}
}
