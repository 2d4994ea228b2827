@0xc2f4a1d7e95b33f0;
# Tensor maps, which tell the tensor memory accelerator where a tensor lies.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::tensor_map");

struct TensorMapEncodeTiled $Vgpu.call(operation = 2304, symbol = "cuTensorMapEncodeTiled",
    parameters = "CUtensorMap *tensorMap, CUtensorMapDataType tensorDataType, cuuint32_t tensorRank, "
                 "void *globalAddress, const cuuint64_t *globalDim, const cuuint64_t *globalStrides, "
                 "const cuuint32_t *boxDim, const cuuint32_t *elementStrides, CUtensorMapInterleave interleave, "
                 "CUtensorMapSwizzle swizzle, CUtensorMapL2promotion l2Promotion, CUtensorMapFloatOOBfill oobFill",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuTensorMapEncodeTiled", since = 12000)],
    checks = [(fails = "tensorMap == nullptr || (tensorRank != 0 && globalDim == nullptr) || "
               "globalStrides == nullptr || (tensorRank != 0 && boxDim == nullptr) || (tensorRank != 0 && "
               "elementStrides == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    tensorDataType @0 :UInt32 $Vgpu.cType("CUtensorMapDataType");
    tensorRank @1 :UInt32;
    globalAddress @2 :UInt64 $Vgpu.address(());
    globalDim @3 :List(UInt64) $Vgpu.length("tensorRank");
    globalStrides @4 :List(UInt64) $Vgpu.length("tensorRank - 1");
    boxDim @5 :List(UInt32) $Vgpu.length("tensorRank");
    elementStrides @6 :List(UInt32) $Vgpu.length("tensorRank");
    interleave @7 :UInt32 $Vgpu.cType("CUtensorMapInterleave");
    swizzle @8 :UInt32 $Vgpu.cType("CUtensorMapSwizzle");
    l2Promotion @9 :UInt32 $Vgpu.cType("CUtensorMapL2promotion");
    oobFill @10 :UInt32 $Vgpu.cType("CUtensorMapFloatOOBfill");
  }
  struct Reply {
    tensorMap @0 :Data $Vgpu.layout("CUtensorMap");
  }
}

struct TensorMapEncodeIm2col $Vgpu.call(operation = 2305, symbol = "cuTensorMapEncodeIm2col",
    parameters = "CUtensorMap *tensorMap, CUtensorMapDataType tensorDataType, cuuint32_t tensorRank, "
                 "void *globalAddress, const cuuint64_t *globalDim, const cuuint64_t *globalStrides, "
                 "const int *pixelBoxLowerCorner, const int *pixelBoxUpperCorner, cuuint32_t channelsPerPixel, "
                 "cuuint32_t pixelsPerColumn, const cuuint32_t *elementStrides, CUtensorMapInterleave interleave, "
                 "CUtensorMapSwizzle swizzle, CUtensorMapL2promotion l2Promotion, CUtensorMapFloatOOBfill oobFill",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuTensorMapEncodeIm2col", since = 12000)],
    checks = [(fails = "tensorMap == nullptr || (tensorRank != 0 && globalDim == nullptr) || "
               "globalStrides == nullptr || pixelBoxLowerCorner == nullptr || pixelBoxUpperCorner == nullptr || "
               "(tensorRank != 0 && elementStrides == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    tensorDataType @0 :UInt32 $Vgpu.cType("CUtensorMapDataType");
    tensorRank @1 :UInt32;
    globalAddress @2 :UInt64 $Vgpu.address(());
    globalDim @3 :List(UInt64) $Vgpu.length("tensorRank");
    globalStrides @4 :List(UInt64) $Vgpu.length("tensorRank - 1");
    pixelBoxLowerCorner @5 :List(Int32) $Vgpu.length("tensorRank - 2");
    pixelBoxUpperCorner @6 :List(Int32) $Vgpu.length("tensorRank - 2");
    channelsPerPixel @7 :UInt32;
    pixelsPerColumn @8 :UInt32;
    elementStrides @9 :List(UInt32) $Vgpu.length("tensorRank");
    interleave @10 :UInt32 $Vgpu.cType("CUtensorMapInterleave");
    swizzle @11 :UInt32 $Vgpu.cType("CUtensorMapSwizzle");
    l2Promotion @12 :UInt32 $Vgpu.cType("CUtensorMapL2promotion");
    oobFill @13 :UInt32 $Vgpu.cType("CUtensorMapFloatOOBfill");
  }
  struct Reply {
    tensorMap @0 :Data $Vgpu.layout("CUtensorMap");
  }
}

struct TensorMapEncodeIm2colWide $Vgpu.call(operation = 2306, symbol = "cuTensorMapEncodeIm2colWide",
    parameters = "CUtensorMap *tensorMap, CUtensorMapDataType tensorDataType, cuuint32_t tensorRank, "
                 "void *globalAddress, const cuuint64_t *globalDim, const cuuint64_t *globalStrides, "
                 "int pixelBoxLowerCornerWidth, int pixelBoxUpperCornerWidth, cuuint32_t channelsPerPixel, "
                 "cuuint32_t pixelsPerColumn, const cuuint32_t *elementStrides, CUtensorMapInterleave interleave, "
                 "CUtensorMapIm2ColWideMode mode, CUtensorMapSwizzle swizzle, CUtensorMapL2promotion l2Promotion, "
                 "CUtensorMapFloatOOBfill oobFill",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuTensorMapEncodeIm2colWide", since = 12080)],
    checks = [(fails = "tensorMap == nullptr || (tensorRank != 0 && globalDim == nullptr) || "
               "globalStrides == nullptr || (tensorRank != 0 && elementStrides == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    tensorDataType @0 :UInt32 $Vgpu.cType("CUtensorMapDataType");
    tensorRank @1 :UInt32;
    globalAddress @2 :UInt64 $Vgpu.address(());
    globalDim @3 :List(UInt64) $Vgpu.length("tensorRank");
    globalStrides @4 :List(UInt64) $Vgpu.length("tensorRank - 1");
    pixelBoxLowerCornerWidth @5 :Int32;
    pixelBoxUpperCornerWidth @6 :Int32;
    channelsPerPixel @7 :UInt32;
    pixelsPerColumn @8 :UInt32;
    elementStrides @9 :List(UInt32) $Vgpu.length("tensorRank");
    interleave @10 :UInt32 $Vgpu.cType("CUtensorMapInterleave");
    mode @11 :UInt32 $Vgpu.cType("CUtensorMapIm2ColWideMode");
    swizzle @12 :UInt32 $Vgpu.cType("CUtensorMapSwizzle");
    l2Promotion @13 :UInt32 $Vgpu.cType("CUtensorMapL2promotion");
    oobFill @14 :UInt32 $Vgpu.cType("CUtensorMapFloatOOBfill");
  }
  struct Reply {
    tensorMap @0 :Data $Vgpu.layout("CUtensorMap");
  }
}

struct TensorMapReplaceAddress $Vgpu.call(operation = 2307, symbol = "cuTensorMapReplaceAddress",
    parameters = "CUtensorMap *tensorMap, void *globalAddress",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuTensorMapReplaceAddress", since = 12000)],
    checks = [(fails = "tensorMap == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    tensorMap @0 :Data $Vgpu.layout("CUtensorMap");
    globalAddress @1 :UInt64 $Vgpu.address(());
  }
  struct Reply {
    tensorMap @0 :Data $Vgpu.layout("CUtensorMap");
  }
}
