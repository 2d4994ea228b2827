@0xc2f4a1d7e95b33e0;
# Surface objects, and the older surface references.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::surface");

struct SurfRefSetArray $Vgpu.call(operation = 2240, symbol = "cuSurfRefSetArray",
    parameters = "CUsurfref hSurfRef, CUarray hArray, unsigned int Flags",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuSurfRefSetArray", since = 3000)],
    checks = [(fails = "hSurfRef == nullptr || hArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hSurfRef @0 :UInt64 $Vgpu.handle(surfaceReference);
    hArray @1 :UInt64 $Vgpu.handle(array);
    flags @2 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct SurfRefGetArray $Vgpu.call(operation = 2241, symbol = "cuSurfRefGetArray",
    parameters = "CUarray *phArray, CUsurfref hSurfRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuSurfRefGetArray", since = 3000)],
    checks = [(fails = "phArray == nullptr || hSurfRef == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hSurfRef @0 :UInt64 $Vgpu.handle(surfaceReference);
  }
  struct Reply {
    phArray @0 :UInt64 $Vgpu.handle(array);
  }
}

struct SurfObjectCreate $Vgpu.call(operation = 2242, symbol = "cuSurfObjectCreate",
    parameters = "CUsurfObject *pSurfObject, const CUDA_RESOURCE_DESC *pResDesc",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuSurfObjectCreate", since = 5000)],
    checks = [(fails = "pSurfObject == nullptr || pResDesc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # A kernel uses the object's value as it is, so it is the host driver's own; the host knows whose it is.
  struct Request {
    pResDesc @0 :Data $Vgpu.layout("CUDA_RESOURCE_DESC");  # an array's id in the place of its handle
  }
  struct Reply {
    pSurfObject @0 :UInt64;
  }
}

struct SurfObjectDestroy $Vgpu.call(operation = 2243, symbol = "cuSurfObjectDestroy",
    parameters = "CUsurfObject surfObject",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuSurfObjectDestroy", since = 5000)],
    checks = [(fails = "surfObject == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    surfObject @0 :UInt64;
  }
  struct Reply {}
}

struct SurfObjectGetResourceDesc $Vgpu.call(operation = 2244, symbol = "cuSurfObjectGetResourceDesc",
    parameters = "CUDA_RESOURCE_DESC *pResDesc, CUsurfObject surfObject",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuSurfObjectGetResourceDesc", since = 5000)],
    checks = [(fails = "pResDesc == nullptr || surfObject == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    surfObject @0 :UInt64;
  }
  struct Reply {
    pResDesc @0 :Data $Vgpu.layout("CUDA_RESOURCE_DESC");
  }
}
