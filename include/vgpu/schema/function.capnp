@0xc2f4a1d7e95b3370;
# Functions: attributes and configuration.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::function");

# Where the parameter is a function, a kernel handle may stand too, as CUDA allows.

struct FuncGetAttribute $Vgpu.call(operation = 1728, symbol = "cuFuncGetAttribute",
    parameters = "int *pi, CUfunction_attribute attrib, CUfunction hfunc",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuFuncGetAttribute", since = 2020)],
    checks = [(fails = "pi == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUfunction_attribute");
    hfunc @1 :UInt64 $Vgpu.handle(function);
  }
  struct Reply {
    pi @0 :Int32;
  }
}

struct FuncSetAttribute $Vgpu.call(operation = 1729, symbol = "cuFuncSetAttribute",
    parameters = "CUfunction hfunc, CUfunction_attribute attrib, int value",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuFuncSetAttribute", since = 9000)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    attrib @1 :UInt32 $Vgpu.cType("CUfunction_attribute");
    value @2 :Int32;
  }
  struct Reply {}
}

struct FuncSetCacheConfig $Vgpu.call(operation = 1730, symbol = "cuFuncSetCacheConfig",
    parameters = "CUfunction hfunc, CUfunc_cache config",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuFuncSetCacheConfig", since = 3000)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    config @1 :UInt32 $Vgpu.cType("CUfunc_cache");
  }
  struct Reply {}
}

struct FuncGetModule $Vgpu.call(operation = 1731, symbol = "cuFuncGetModule",
    parameters = "CUmodule *hmod, CUfunction hfunc",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuFuncGetModule", since = 11000)],
    checks = [(fails = "hmod == nullptr || hfunc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
  }
  struct Reply {
    hmod @0 :UInt64 $Vgpu.handle(module);
  }
}

struct FuncGetName $Vgpu.call(operation = 1732, symbol = "cuFuncGetName",
    parameters = "const char **name, CUfunction hfunc",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuFuncGetName", since = 12030)],
    checks = [(fails = "name == nullptr || hfunc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The string lives as long as the function: the guest keeps it.
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
  }
  struct Reply {
    name @0 :Text;
  }
}

struct FuncGetParamInfo $Vgpu.call(operation = 1733, symbol = "cuFuncGetParamInfo",
    parameters = "CUfunction func, size_t paramIndex, size_t *paramOffset, size_t *paramSize",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuFuncGetParamInfo", since = 12040)],
    checks = [(fails = "paramOffset == nullptr || func == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    paramIndex @1 :UInt64;
  }
  struct Reply {
    paramOffset @0 :UInt64;
    paramSize @1 :UInt64;
  }
}

struct FuncIsLoaded $Vgpu.call(operation = 1734, symbol = "cuFuncIsLoaded",
    parameters = "CUfunctionLoadingState *state, CUfunction hfunc",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuFuncIsLoaded", since = 12040)],
    checks = [(fails = "state == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
  }
  struct Reply {
    state @0 :UInt32 $Vgpu.cType("CUfunctionLoadingState");
  }
}

struct FuncLoad $Vgpu.call(operation = 1735, symbol = "cuFuncLoad",
    parameters = "CUfunction hfunc",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuFuncLoad", since = 12040)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
  }
  struct Reply {}
}

struct FuncSetSharedMemConfig $Vgpu.call(operation = 1736, symbol = "cuFuncSetSharedMemConfig",
    parameters = "CUfunction hfunc, CUsharedconfig config",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuFuncSetSharedMemConfig", since = 4020)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    config @1 :UInt32 $Vgpu.cType("CUsharedconfig");
  }
  struct Reply {}
}
