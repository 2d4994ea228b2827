@0xc2f4a1d7e95b3400;
# Graphics resources, whichever interface they came from.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::graphics");

struct GraphicsUnregisterResource $Vgpu.call(operation = 2368, symbol = "cuGraphicsUnregisterResource",
    parameters = "CUgraphicsResource resource",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsUnregisterResource", since = 3000)],
    checks = [(fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    resource @0 :UInt64 $Vgpu.handle(graphicsResource) $Vgpu.releases;
  }
  struct Reply {}
}

struct GraphicsSubResourceGetMappedArray $Vgpu.call(operation = 2369, symbol = "cuGraphicsSubResourceGetMappedArray",
    parameters = "CUarray *pArray, CUgraphicsResource resource, unsigned int arrayIndex, unsigned int mipLevel",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsSubResourceGetMappedArray", since = 3000)],
    checks = [(fails = "pArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    resource @0 :UInt64 $Vgpu.handle(graphicsResource);
    arrayIndex @1 :UInt32;
    mipLevel @2 :UInt32;
  }
  struct Reply {
    pArray @0 :UInt64 $Vgpu.handle(array);
  }
}

struct GraphicsResourceGetMappedMipmappedArray $Vgpu.call(operation = 2370,
symbol = "cuGraphicsResourceGetMappedMipmappedArray",
    parameters = "CUmipmappedArray *pMipmappedArray, CUgraphicsResource resource",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsResourceGetMappedMipmappedArray", since = 5000)],
    checks = [(fails = "pMipmappedArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    resource @0 :UInt64 $Vgpu.handle(graphicsResource);
  }
  struct Reply {
    pMipmappedArray @0 :UInt64 $Vgpu.handle(mipmappedArray);
  }
}

struct GraphicsResourceGetMappedPointer $Vgpu.call(operation = 2371, symbol = "cuGraphicsResourceGetMappedPointer",
    parameters = "CUdeviceptr *pDevPtr, size_t *pSize, CUgraphicsResource resource",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsResourceGetMappedPointer", since = 3000, parameters = "CUdeviceptr_v1 *pDevPtr, "
                "unsigned int *pSize, CUgraphicsResource resource"),
               (symbol = "cuGraphicsResourceGetMappedPointer_v2", since = 3020)],
    checks = [(fails = "pDevPtr == nullptr || pSize == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    resource @0 :UInt64 $Vgpu.handle(graphicsResource);
  }
  struct Reply {
    pDevPtr @0 :UInt64;
    pSize @1 :UInt64;
  }
}

struct GraphicsResourceSetMapFlags $Vgpu.call(operation = 2372, symbol = "cuGraphicsResourceSetMapFlags",
    parameters = "CUgraphicsResource resource, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsResourceSetMapFlags", since = 3000),
               (symbol = "cuGraphicsResourceSetMapFlags_v2", since = 6050)],
    checks = [(fails = "resource == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    resource @0 :UInt64 $Vgpu.handle(graphicsResource);
    flags @1 :UInt32;
  }
  struct Reply {}
}

struct GraphicsMapResources $Vgpu.call(operation = 2373, symbol = "cuGraphicsMapResources",
    parameters = "unsigned int count, CUgraphicsResource *resources, CUstream hStream",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsMapResources", since = 3000),
               (symbol = "cuGraphicsMapResources_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "(count != 0 && resources == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    count @0 :UInt32;
    resources @1 :List(UInt64) $Vgpu.handle(graphicsResource) $Vgpu.length("count");
    hStream @2 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct GraphicsUnmapResources $Vgpu.call(operation = 2374, symbol = "cuGraphicsUnmapResources",
    parameters = "unsigned int count, CUgraphicsResource *resources, CUstream hStream",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphicsUnmapResources", since = 3000),
               (symbol = "cuGraphicsUnmapResources_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "(count != 0 && resources == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    count @0 :UInt32;
    resources @1 :List(UInt64) $Vgpu.handle(graphicsResource) $Vgpu.length("count");
    hStream @2 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}
