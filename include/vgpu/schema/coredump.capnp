@0xc2f4a1d7e95b3460;
# Core dumps of the GPU.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::coredump");

struct CoredumpGetAttribute $Vgpu.call(operation = 2752, symbol = "cuCoredumpGetAttribute",
    parameters = "CUcoredumpSettings attrib, void *value, size_t *size",
    callClass = sync, guest = none, host = none, context = current, capture = safe,
    exports = [(symbol = "cuCoredumpGetAttribute", since = 12010)],
    checks = [(fails = "size == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Of the current context.
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUcoredumpSettings");
    size @1 :UInt64;
  }
  struct Reply {
    value @0 :Data $Vgpu.length("*size") $Vgpu.optional;
    size @1 :UInt64;
  }
}

struct CoredumpGetAttributeGlobal $Vgpu.call(operation = 2753, symbol = "cuCoredumpGetAttributeGlobal",
    parameters = "CUcoredumpSettings attrib, void *value, size_t *size",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuCoredumpGetAttributeGlobal", since = 12010)],
    checks = [(fails = "size == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Of the whole process.
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUcoredumpSettings");
    size @1 :UInt64;
  }
  struct Reply {
    value @0 :Data $Vgpu.length("*size") $Vgpu.optional;
    size @1 :UInt64;
  }
}

struct CoredumpSetAttribute $Vgpu.call(operation = 2754, symbol = "cuCoredumpSetAttribute",
    parameters = "CUcoredumpSettings attrib, void *value, size_t *size",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuCoredumpSetAttribute", since = 12010)],
    checks = [(fails = "value == nullptr || size == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Of the current context.
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUcoredumpSettings");
    value @1 :Data $Vgpu.length("*size");
    size @2 :UInt64;
  }
  struct Reply {}
}

struct CoredumpSetAttributeGlobal $Vgpu.call(operation = 2755, symbol = "cuCoredumpSetAttributeGlobal",
    parameters = "CUcoredumpSettings attrib, void *value, size_t *size",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCoredumpSetAttributeGlobal", since = 12010)],
    checks = [(fails = "value == nullptr || size == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Of the whole process.
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUcoredumpSettings");
    value @1 :Data $Vgpu.length("*size");
    size @2 :UInt64;
  }
  struct Reply {}
}
