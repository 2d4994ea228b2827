@0xc2f4a1d7e95b3430;
# VDPAU interoperability.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::vdpau");

struct VDPAUGetDevice $Vgpu.call(operation = 2560, symbol = "cuVDPAUGetDevice",
    parameters = "CUdevice *pDevice, VdpDevice vdpDevice, VdpGetProcAddress *vdpGetProcAddress",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuVDPAUGetDevice", resolvedOnly = true, since = 3010)],
    checks = [(fails = "pDevice == nullptr || vdpGetProcAddress == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "VDPAU objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    vdpDevice @0 :UInt32;
    vdpGetProcAddress @1 :UInt64;
  }
  struct Reply {
    pDevice @0 :Int32 $Vgpu.cType("CUdevice");
  }
}

struct VDPAUCtxCreate $Vgpu.call(operation = 2561, symbol = "cuVDPAUCtxCreate",
    parameters = "CUcontext *pCtx, unsigned int flags, CUdevice device, VdpDevice vdpDevice, "
                 "VdpGetProcAddress *vdpGetProcAddress",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuVDPAUCtxCreate", resolvedOnly = true, since = 3010),
               (symbol = "cuVDPAUCtxCreate_v2", resolvedOnly = true, since = 3020)],
    checks = [(fails = "pCtx == nullptr || vdpGetProcAddress == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "VDPAU objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    pCtx @0 :UInt64 $Vgpu.creates(context);
    flags @1 :UInt32;
    device @2 :Int32 $Vgpu.cType("CUdevice");
    vdpDevice @3 :UInt32;
    vdpGetProcAddress @4 :UInt64;
  }
  struct Reply {}
}

struct GraphicsVDPAURegisterVideoSurface $Vgpu.call(operation = 2562, symbol = "cuGraphicsVDPAURegisterVideoSurface",
    parameters = "CUgraphicsResource *pCudaResource, VdpVideoSurface vdpSurface, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsVDPAURegisterVideoSurface", resolvedOnly = true, since = 3010)],
    checks = [(fails = "pCudaResource == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "VDPAU objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    pCudaResource @0 :UInt64 $Vgpu.creates(graphicsResource);
    vdpSurface @1 :UInt32;
    flags @2 :UInt32;
  }
  struct Reply {}
}

struct GraphicsVDPAURegisterOutputSurface $Vgpu.call(operation = 2563, symbol = "cuGraphicsVDPAURegisterOutputSurface",
    parameters = "CUgraphicsResource *pCudaResource, VdpOutputSurface vdpSurface, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsVDPAURegisterOutputSurface", resolvedOnly = true, since = 3010)],
    checks = [(fails = "pCudaResource == nullptr", error = "CUDA_ERROR_INVALID_VALUE")],
    waiver = "VDPAU objects live in the calling process, out of the reach of the process that owns the GPU") {
  struct Request {
    pCudaResource @0 :UInt64 $Vgpu.creates(graphicsResource);
    vdpSurface @1 :UInt32;
    flags @2 :UInt32;
  }
  struct Reply {}
}
