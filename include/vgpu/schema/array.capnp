@0xc2f4a1d7e95b32b0;
# Arrays and mipmapped arrays.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::array");

struct ArrayCreate $Vgpu.call(operation = 960, symbol = "cuArrayCreate",
    parameters = "CUarray *pHandle, const CUDA_ARRAY_DESCRIPTOR *pAllocateArray",
    callClass = sync, guest = generated, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuArrayCreate", since = 2000, parameters = "CUarray *pHandle, "
                "const CUDA_ARRAY_DESCRIPTOR_v1 *pAllocateArray", guest = written),
               (symbol = "cuArrayCreate_v2", since = 3020)],
    checks = [(fails = "pHandle == nullptr || pAllocateArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pHandle @0 :UInt64 $Vgpu.creates(array);
    pAllocateArray @1 :Data $Vgpu.layout("CUDA_ARRAY_DESCRIPTOR");
  }
  struct Reply {}
}

struct ArrayGetDescriptor $Vgpu.call(operation = 961, symbol = "cuArrayGetDescriptor",
    parameters = "CUDA_ARRAY_DESCRIPTOR *pArrayDescriptor, CUarray hArray",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuArrayGetDescriptor", since = 2000,
                parameters = "CUDA_ARRAY_DESCRIPTOR_v1 *pArrayDescriptor, CUarray hArray", guest = written),
               (symbol = "cuArrayGetDescriptor_v2", since = 3020)],
    checks = [(fails = "pArrayDescriptor == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hArray @0 :UInt64 $Vgpu.handle(array);
  }
  struct Reply {
    pArrayDescriptor @0 :Data $Vgpu.layout("CUDA_ARRAY_DESCRIPTOR");
  }
}

struct ArrayGetSparseProperties $Vgpu.call(operation = 962, symbol = "cuArrayGetSparseProperties",
    parameters = "CUDA_ARRAY_SPARSE_PROPERTIES *sparseProperties, CUarray array",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuArrayGetSparseProperties", since = 11010)],
    checks = [(fails = "sparseProperties == nullptr || array == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    array @0 :UInt64 $Vgpu.handle(array);
  }
  struct Reply {
    sparseProperties @0 :Data $Vgpu.layout("CUDA_ARRAY_SPARSE_PROPERTIES");
  }
}

struct MipmappedArrayGetSparseProperties $Vgpu.call(operation = 963, symbol = "cuMipmappedArrayGetSparseProperties",
    parameters = "CUDA_ARRAY_SPARSE_PROPERTIES *sparseProperties, CUmipmappedArray mipmap",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMipmappedArrayGetSparseProperties", since = 11010)],
    checks = [(fails = "sparseProperties == nullptr || mipmap == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    mipmap @0 :UInt64 $Vgpu.handle(mipmappedArray);
  }
  struct Reply {
    sparseProperties @0 :Data $Vgpu.layout("CUDA_ARRAY_SPARSE_PROPERTIES");
  }
}

struct ArrayGetMemoryRequirements $Vgpu.call(operation = 964, symbol = "cuArrayGetMemoryRequirements",
    parameters = "CUDA_ARRAY_MEMORY_REQUIREMENTS *memoryRequirements, CUarray array, CUdevice device",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuArrayGetMemoryRequirements", since = 11060)],
    checks = [(fails = "memoryRequirements == nullptr || array == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    array @0 :UInt64 $Vgpu.handle(array);
    device @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    memoryRequirements @0 :Data $Vgpu.layout("CUDA_ARRAY_MEMORY_REQUIREMENTS");
  }
}

struct MipmappedArrayGetMemoryRequirements $Vgpu.call(operation = 965,
symbol = "cuMipmappedArrayGetMemoryRequirements",
    parameters = "CUDA_ARRAY_MEMORY_REQUIREMENTS *memoryRequirements, CUmipmappedArray mipmap, CUdevice device",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuMipmappedArrayGetMemoryRequirements", since = 11060)],
    checks = [(fails = "memoryRequirements == nullptr || mipmap == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    mipmap @0 :UInt64 $Vgpu.handle(mipmappedArray);
    device @1 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    memoryRequirements @0 :Data $Vgpu.layout("CUDA_ARRAY_MEMORY_REQUIREMENTS");
  }
}

struct ArrayGetPlane $Vgpu.call(operation = 966, symbol = "cuArrayGetPlane",
    parameters = "CUarray *pPlaneArray, CUarray hArray, unsigned int planeIdx",
    callClass = sync, guest = generated, host = written, context = none, capture = safe,
    exports = [(symbol = "cuArrayGetPlane", since = 11020)],
    checks = [(fails = "pPlaneArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hArray @0 :UInt64 $Vgpu.handle(array);
    planeIdx @1 :UInt32;
  }
  struct Reply {
    pPlaneArray @0 :UInt64 $Vgpu.handle(array);
  }
}

struct ArrayDestroy $Vgpu.call(operation = 967, symbol = "cuArrayDestroy",
    parameters = "CUarray hArray",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuArrayDestroy", since = 2000)],
    checks = [(fails = "hArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hArray @0 :UInt64 $Vgpu.handle(array) $Vgpu.releases;
  }
  struct Reply {}
}

struct Array3DCreate $Vgpu.call(operation = 968, symbol = "cuArray3DCreate",
    parameters = "CUarray *pHandle, const CUDA_ARRAY3D_DESCRIPTOR *pAllocateArray",
    callClass = sync, guest = generated, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuArray3DCreate", since = 2000, parameters = "CUarray *pHandle, "
                "const CUDA_ARRAY3D_DESCRIPTOR_v1 *pAllocateArray", guest = written),
               (symbol = "cuArray3DCreate_v2", since = 3020)],
    checks = [(fails = "pHandle == nullptr || pAllocateArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pHandle @0 :UInt64 $Vgpu.creates(array);
    pAllocateArray @1 :Data $Vgpu.layout("CUDA_ARRAY3D_DESCRIPTOR");
  }
  struct Reply {}
}

struct Array3DGetDescriptor $Vgpu.call(operation = 969, symbol = "cuArray3DGetDescriptor",
    parameters = "CUDA_ARRAY3D_DESCRIPTOR *pArrayDescriptor, CUarray hArray",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuArray3DGetDescriptor", since = 2000,
                parameters = "CUDA_ARRAY3D_DESCRIPTOR_v1 *pArrayDescriptor, CUarray hArray", guest = written),
               (symbol = "cuArray3DGetDescriptor_v2", since = 3020)],
    checks = [(fails = "pArrayDescriptor == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hArray @0 :UInt64 $Vgpu.handle(array);
  }
  struct Reply {
    pArrayDescriptor @0 :Data $Vgpu.layout("CUDA_ARRAY3D_DESCRIPTOR");
  }
}

struct MipmappedArrayCreate $Vgpu.call(operation = 970, symbol = "cuMipmappedArrayCreate",
    parameters = "CUmipmappedArray *pHandle, const CUDA_ARRAY3D_DESCRIPTOR *pMipmappedArrayDesc, "
                 "unsigned int numMipmapLevels",
    callClass = sync, guest = generated, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuMipmappedArrayCreate", since = 5000)],
    checks = [(fails = "pHandle == nullptr || pMipmappedArrayDesc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pHandle @0 :UInt64 $Vgpu.creates(mipmappedArray);
    pMipmappedArrayDesc @1 :Data $Vgpu.layout("CUDA_ARRAY3D_DESCRIPTOR");
    numMipmapLevels @2 :UInt32;
  }
  struct Reply {}
}

struct MipmappedArrayGetLevel $Vgpu.call(operation = 971, symbol = "cuMipmappedArrayGetLevel",
    parameters = "CUarray *pLevelArray, CUmipmappedArray hMipmappedArray, unsigned int level",
    callClass = sync, guest = generated, host = written, context = none, capture = safe,
    exports = [(symbol = "cuMipmappedArrayGetLevel", since = 5000)],
    checks = [(fails = "pLevelArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hMipmappedArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hMipmappedArray @0 :UInt64 $Vgpu.handle(mipmappedArray);
    level @1 :UInt32;
  }
  struct Reply {
    pLevelArray @0 :UInt64 $Vgpu.handle(array);
  }
}

struct MipmappedArrayDestroy $Vgpu.call(operation = 972, symbol = "cuMipmappedArrayDestroy",
    parameters = "CUmipmappedArray hMipmappedArray",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuMipmappedArrayDestroy", since = 5000)],
    checks = [(fails = "hMipmappedArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hMipmappedArray @0 :UInt64 $Vgpu.handle(mipmappedArray) $Vgpu.releases;
  }
  struct Reply {}
}
