@0xc2f4a1d7e95b33d0;
# Texture objects, and the older texture references.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::texture");

struct TexRefSetArray $Vgpu.call(operation = 2176, symbol = "cuTexRefSetArray",
    parameters = "CUtexref hTexRef, CUarray hArray, unsigned int Flags",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetArray", since = 2000)],
    checks = [(fails = "hTexRef == nullptr || hArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    hArray @1 :UInt64 $Vgpu.handle(array);
    flags @2 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct TexRefSetMipmappedArray $Vgpu.call(operation = 2177, symbol = "cuTexRefSetMipmappedArray",
    parameters = "CUtexref hTexRef, CUmipmappedArray hMipmappedArray, unsigned int Flags",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetMipmappedArray", since = 5000)],
    checks = [(fails = "hTexRef == nullptr || hMipmappedArray == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    hMipmappedArray @1 :UInt64 $Vgpu.handle(mipmappedArray);
    flags @2 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct TexRefSetAddress $Vgpu.call(operation = 2178, symbol = "cuTexRefSetAddress",
    parameters = "size_t *ByteOffset, CUtexref hTexRef, CUdeviceptr dptr, size_t bytes",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetAddress", since = 2000, parameters = "unsigned int *ByteOffset, "
                "CUtexref hTexRef, CUdeviceptr_v1 dptr, unsigned int bytes", guest = written),
               (symbol = "cuTexRefSetAddress_v2", since = 3020)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    dptr @1 :UInt64 $Vgpu.address((length = "bytes"));
    bytes @2 :UInt64;
  }
  struct Reply {
    byteOffset @0 :UInt64 $Vgpu.cName("ByteOffset") $Vgpu.optional;
  }
}

struct TexRefSetAddress2D $Vgpu.call(operation = 2179, symbol = "cuTexRefSetAddress2D",
    parameters = "CUtexref hTexRef, const CUDA_ARRAY_DESCRIPTOR *desc, CUdeviceptr dptr, size_t Pitch",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetAddress2D", since = 2020, parameters = "CUtexref hTexRef, "
                "const CUDA_ARRAY_DESCRIPTOR_v1 *desc, CUdeviceptr_v1 dptr, unsigned int Pitch", guest = written),
               (symbol = "cuTexRefSetAddress2D_v2", since = 3020),
               (symbol = "cuTexRefSetAddress2D_v3", since = 4010)],
    checks = [(fails = "desc == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    desc @1 :Data $Vgpu.layout("CUDA_ARRAY_DESCRIPTOR");
    dptr @2 :UInt64 $Vgpu.address(());
    pitch @3 :UInt64 $Vgpu.cName("Pitch");
  }
  struct Reply {}
}

struct TexRefSetFormat $Vgpu.call(operation = 2180, symbol = "cuTexRefSetFormat",
    parameters = "CUtexref hTexRef, CUarray_format fmt, int NumPackedComponents",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetFormat", since = 2000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    fmt @1 :UInt32 $Vgpu.cType("CUarray_format");
    numPackedComponents @2 :Int32 $Vgpu.cName("NumPackedComponents");
  }
  struct Reply {}
}

struct TexRefSetAddressMode $Vgpu.call(operation = 2181, symbol = "cuTexRefSetAddressMode",
    parameters = "CUtexref hTexRef, int dim, CUaddress_mode am",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetAddressMode", since = 2000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    dim @1 :Int32;
    am @2 :UInt32 $Vgpu.cType("CUaddress_mode");
  }
  struct Reply {}
}

struct TexRefSetFilterMode $Vgpu.call(operation = 2182, symbol = "cuTexRefSetFilterMode",
    parameters = "CUtexref hTexRef, CUfilter_mode fm",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetFilterMode", since = 2000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    fm @1 :UInt32 $Vgpu.cType("CUfilter_mode");
  }
  struct Reply {}
}

struct TexRefSetMipmapFilterMode $Vgpu.call(operation = 2183, symbol = "cuTexRefSetMipmapFilterMode",
    parameters = "CUtexref hTexRef, CUfilter_mode fm",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetMipmapFilterMode", since = 5000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    fm @1 :UInt32 $Vgpu.cType("CUfilter_mode");
  }
  struct Reply {}
}

struct TexRefSetMipmapLevelBias $Vgpu.call(operation = 2184, symbol = "cuTexRefSetMipmapLevelBias",
    parameters = "CUtexref hTexRef, float bias",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetMipmapLevelBias", since = 5000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    bias @1 :Float32;
  }
  struct Reply {}
}

struct TexRefSetMipmapLevelClamp $Vgpu.call(operation = 2185, symbol = "cuTexRefSetMipmapLevelClamp",
    parameters = "CUtexref hTexRef, float minMipmapLevelClamp, float maxMipmapLevelClamp",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetMipmapLevelClamp", since = 5000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    minMipmapLevelClamp @1 :Float32;
    maxMipmapLevelClamp @2 :Float32;
  }
  struct Reply {}
}

struct TexRefSetMaxAnisotropy $Vgpu.call(operation = 2186, symbol = "cuTexRefSetMaxAnisotropy",
    parameters = "CUtexref hTexRef, unsigned int maxAniso",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetMaxAnisotropy", since = 5000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    maxAniso @1 :UInt32;
  }
  struct Reply {}
}

struct TexRefSetBorderColor $Vgpu.call(operation = 2187, symbol = "cuTexRefSetBorderColor",
    parameters = "CUtexref hTexRef, float *pBorderColor",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetBorderColor", since = 8000)],
    checks = [(fails = "pBorderColor == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    pBorderColor @1 :List(Float32) $Vgpu.length("4");
  }
  struct Reply {}
}

struct TexRefSetFlags $Vgpu.call(operation = 2188, symbol = "cuTexRefSetFlags",
    parameters = "CUtexref hTexRef, unsigned int Flags",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefSetFlags", since = 2000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    flags @1 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct TexRefGetAddress $Vgpu.call(operation = 2189, symbol = "cuTexRefGetAddress",
    parameters = "CUdeviceptr *pdptr, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetAddress", since = 2000, parameters = "CUdeviceptr_v1 *pdptr, CUtexref hTexRef", guest = written),
               (symbol = "cuTexRefGetAddress_v2", since = 3020)],
    checks = [(fails = "pdptr == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pdptr @0 :UInt64;
  }
}

struct TexRefGetArray $Vgpu.call(operation = 2190, symbol = "cuTexRefGetArray",
    parameters = "CUarray *phArray, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetArray", since = 2000)],
    checks = [(fails = "phArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    phArray @0 :UInt64 $Vgpu.handle(array);
  }
}

struct TexRefGetMipmappedArray $Vgpu.call(operation = 2191, symbol = "cuTexRefGetMipmappedArray",
    parameters = "CUmipmappedArray *phMipmappedArray, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetMipmappedArray", since = 5000)],
    checks = [(fails = "phMipmappedArray == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    phMipmappedArray @0 :UInt64 $Vgpu.handle(mipmappedArray);
  }
}

struct TexRefGetAddressMode $Vgpu.call(operation = 2192, symbol = "cuTexRefGetAddressMode",
    parameters = "CUaddress_mode *pam, CUtexref hTexRef, int dim",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetAddressMode", since = 2000)],
    checks = [(fails = "pam == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
    dim @1 :Int32;
  }
  struct Reply {
    pam @0 :UInt32 $Vgpu.cType("CUaddress_mode");
  }
}

struct TexRefGetFilterMode $Vgpu.call(operation = 2193, symbol = "cuTexRefGetFilterMode",
    parameters = "CUfilter_mode *pfm, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetFilterMode", since = 2000)],
    checks = [(fails = "pfm == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pfm @0 :UInt32 $Vgpu.cType("CUfilter_mode");
  }
}

struct TexRefGetFormat $Vgpu.call(operation = 2194, symbol = "cuTexRefGetFormat",
    parameters = "CUarray_format *pFormat, int *pNumChannels, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetFormat", since = 2000)],
    checks = [(fails = "pFormat == nullptr || pNumChannels == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pFormat @0 :UInt32 $Vgpu.cType("CUarray_format");
    pNumChannels @1 :Int32;
  }
}

struct TexRefGetMipmapFilterMode $Vgpu.call(operation = 2195, symbol = "cuTexRefGetMipmapFilterMode",
    parameters = "CUfilter_mode *pfm, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetMipmapFilterMode", since = 5000)],
    checks = [(fails = "pfm == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pfm @0 :UInt32 $Vgpu.cType("CUfilter_mode");
  }
}

struct TexRefGetMipmapLevelBias $Vgpu.call(operation = 2196, symbol = "cuTexRefGetMipmapLevelBias",
    parameters = "float *pbias, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetMipmapLevelBias", since = 5000)],
    checks = [(fails = "pbias == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pbias @0 :Float32;
  }
}

struct TexRefGetMipmapLevelClamp $Vgpu.call(operation = 2197, symbol = "cuTexRefGetMipmapLevelClamp",
    parameters = "float *pminMipmapLevelClamp, float *pmaxMipmapLevelClamp, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetMipmapLevelClamp", since = 5000)],
    checks = [(fails = "pminMipmapLevelClamp == nullptr || pmaxMipmapLevelClamp == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pminMipmapLevelClamp @0 :Float32;
    pmaxMipmapLevelClamp @1 :Float32;
  }
}

struct TexRefGetMaxAnisotropy $Vgpu.call(operation = 2198, symbol = "cuTexRefGetMaxAnisotropy",
    parameters = "int *pmaxAniso, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetMaxAnisotropy", since = 5000)],
    checks = [(fails = "pmaxAniso == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pmaxAniso @0 :Int32;
  }
}

struct TexRefGetBorderColor $Vgpu.call(operation = 2199, symbol = "cuTexRefGetBorderColor",
    parameters = "float *pBorderColor, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetBorderColor", since = 8000)],
    checks = [(fails = "pBorderColor == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pBorderColor @0 :Data $Vgpu.length("16");  # four binary32 numbers
  }
}

struct TexRefGetFlags $Vgpu.call(operation = 2200, symbol = "cuTexRefGetFlags",
    parameters = "unsigned int *pFlags, CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuTexRefGetFlags", since = 2000)],
    checks = [(fails = "pFlags == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {
    pFlags @0 :UInt32;
  }
}

struct TexRefCreate $Vgpu.call(operation = 2201, symbol = "cuTexRefCreate",
    parameters = "CUtexref *pTexRef",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuTexRefCreate", since = 2000)],
    checks = [(fails = "pTexRef == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pTexRef @0 :UInt64 $Vgpu.creates(textureReference);
  }
  struct Reply {}
}

struct TexRefDestroy $Vgpu.call(operation = 2202, symbol = "cuTexRefDestroy",
    parameters = "CUtexref hTexRef",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuTexRefDestroy", since = 2000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hTexRef @0 :UInt64 $Vgpu.handle(textureReference) $Vgpu.releases;
  }
  struct Reply {}
}

struct TexObjectCreate $Vgpu.call(operation = 2203, symbol = "cuTexObjectCreate",
    parameters = "CUtexObject *pTexObject, const CUDA_RESOURCE_DESC *pResDesc, const CUDA_TEXTURE_DESC *pTexDesc, "
                 "const CUDA_RESOURCE_VIEW_DESC *pResViewDesc",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuTexObjectCreate", since = 5000)],
    checks = [(fails = "pTexObject == nullptr || pResDesc == nullptr || pTexDesc == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  # A kernel uses the object's value as it is, so it is the host driver's own; the host knows whose it is.
  struct Request {
    pResDesc @0 :Data $Vgpu.layout("CUDA_RESOURCE_DESC");  # an array's id in the place of its handle
    pTexDesc @1 :Data $Vgpu.layout("CUDA_TEXTURE_DESC");
    pResViewDesc @2 :Data $Vgpu.layout("CUDA_RESOURCE_VIEW_DESC") $Vgpu.optional;
  }
  struct Reply {
    pTexObject @0 :UInt64;
  }
}

struct TexObjectDestroy $Vgpu.call(operation = 2204, symbol = "cuTexObjectDestroy",
    parameters = "CUtexObject texObject",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuTexObjectDestroy", since = 5000)],
    checks = [(fails = "texObject == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    texObject @0 :UInt64;
  }
  struct Reply {}
}

struct TexObjectGetResourceDesc $Vgpu.call(operation = 2205, symbol = "cuTexObjectGetResourceDesc",
    parameters = "CUDA_RESOURCE_DESC *pResDesc, CUtexObject texObject",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuTexObjectGetResourceDesc", since = 5000)],
    checks = [(fails = "pResDesc == nullptr || texObject == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    texObject @0 :UInt64;
  }
  struct Reply {
    pResDesc @0 :Data $Vgpu.layout("CUDA_RESOURCE_DESC");
  }
}

struct TexObjectGetTextureDesc $Vgpu.call(operation = 2206, symbol = "cuTexObjectGetTextureDesc",
    parameters = "CUDA_TEXTURE_DESC *pTexDesc, CUtexObject texObject",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuTexObjectGetTextureDesc", since = 5000)],
    checks = [(fails = "pTexDesc == nullptr || texObject == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    texObject @0 :UInt64;
  }
  struct Reply {
    pTexDesc @0 :Data $Vgpu.layout("CUDA_TEXTURE_DESC");
  }
}

struct TexObjectGetResourceViewDesc $Vgpu.call(operation = 2207, symbol = "cuTexObjectGetResourceViewDesc",
    parameters = "CUDA_RESOURCE_VIEW_DESC *pResViewDesc, CUtexObject texObject",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuTexObjectGetResourceViewDesc", since = 5000)],
    checks = [(fails = "pResViewDesc == nullptr || texObject == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    texObject @0 :UInt64;
  }
  struct Reply {
    pResViewDesc @0 :Data $Vgpu.layout("CUDA_RESOURCE_VIEW_DESC");
  }
}
