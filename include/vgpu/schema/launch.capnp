@0xc2f4a1d7e95b3380;
# Launching kernels and host functions.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::launch");

# A function handle here may be a kernel handle too, as CUDA allows. The parameter block of a launch is the bytes of
# all kernel parameters, each at the offset that cuFuncGetParamInfo names.

struct StreamAddCallback $Vgpu.call(operation = 1792, symbol = "cuStreamAddCallback",
    parameters = "CUstream hStream, CUstreamCallback callback, void *userData, unsigned int flags",
    callClass = callback, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuStreamAddCallback", since = 5000),
               (symbol = "cuStreamAddCallback_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "callback == nullptr || flags != 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The older form of a host function; it also runs when the stream failed.
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    callback @1 :UInt64 $Vgpu.cType("CUstreamCallback");
    userData @2 :UInt64;
    flags @3 :UInt32;
  }
  struct Reply {}
}

struct LaunchKernel $Vgpu.call(operation = 1793, symbol = "cuLaunchKernel",
    parameters = "CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ, "
                 "unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ, "
                 "unsigned int sharedMemBytes, CUstream hStream, void **kernelParams, void **extra",
    callClass = stream, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuLaunchKernel", since = 4000),
               (symbol = "cuLaunchKernel_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "gridDimX == 0 || gridDimY == 0 || gridDimZ == 0 || blockDimX == 0 || blockDimY == 0 || "
               "blockDimZ == 0 || (kernelParams != nullptr && extra != nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "f == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request $Vgpu.trailing("kernel parameter block") {
    function @0 :UInt64 $Vgpu.cName("f") $Vgpu.handle(function);
    gridDimX @1 :UInt32;
    gridDimY @2 :UInt32;
    gridDimZ @3 :UInt32;
    blockDimX @4 :UInt32;
    blockDimY @5 :UInt32;
    blockDimZ @6 :UInt32;
    sharedMemBytes @7 :UInt32;
    hStream @8 :UInt64 $Vgpu.handle(stream);
    parameterBytes @9 :UInt32;
  }
  struct Reply {}
}

struct LaunchKernelEx $Vgpu.call(operation = 1794, symbol = "cuLaunchKernelEx",
    parameters = "const CUlaunchConfig *config, CUfunction f, void **kernelParams, void **extra",
    callClass = stream, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuLaunchKernelEx", since = 11060),
               (symbol = "cuLaunchKernelEx_ptsz", since = 11060, perThread = true)],
    checks = [(fails = "config == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "f == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # `config` is unfolded: its members are fields, its attributes lead the trailing bytes.
  struct Request $Vgpu.trailing("numAttrs CUlaunchAttribute as x86-64 lays them out, then the kernel parameter block") {
    function @0 :UInt64 $Vgpu.cName("f") $Vgpu.handle(function);
    gridDimX @1 :UInt32;
    gridDimY @2 :UInt32;
    gridDimZ @3 :UInt32;
    blockDimX @4 :UInt32;
    blockDimY @5 :UInt32;
    blockDimZ @6 :UInt32;
    sharedMemBytes @7 :UInt32;
    hStream @8 :UInt64 $Vgpu.handle(stream);
    numAttrs @9 :UInt32;
    parameterBytes @10 :UInt32;
  }
  struct Reply {}
}

struct LaunchCooperativeKernel $Vgpu.call(operation = 1795, symbol = "cuLaunchCooperativeKernel",
    parameters = "CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ, "
                 "unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ, "
                 "unsigned int sharedMemBytes, CUstream hStream, void **kernelParams",
    callClass = stream, guest = written, host = written, context = current, capture = recorded,
    exports = [(symbol = "cuLaunchCooperativeKernel", since = 9000),
               (symbol = "cuLaunchCooperativeKernel_ptsz", since = 9000, perThread = true)],
    checks = [(fails = "gridDimX == 0 || gridDimY == 0 || gridDimZ == 0 || blockDimX == 0 || blockDimY == 0 || "
               "blockDimZ == 0", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "f == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request $Vgpu.trailing("kernel parameter block") {
    function @0 :UInt64 $Vgpu.cName("f") $Vgpu.handle(function);
    gridDimX @1 :UInt32;
    gridDimY @2 :UInt32;
    gridDimZ @3 :UInt32;
    blockDimX @4 :UInt32;
    blockDimY @5 :UInt32;
    blockDimZ @6 :UInt32;
    sharedMemBytes @7 :UInt32;
    hStream @8 :UInt64 $Vgpu.handle(stream);
    parameterBytes @9 :UInt32;
  }
  struct Reply {}
}

struct LaunchCooperativeKernelMultiDevice $Vgpu.call(operation = 1796, symbol = "cuLaunchCooperativeKernelMultiDevice",
    parameters = "CUDA_LAUNCH_PARAMS *launchParamsList, unsigned int numDevices, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuLaunchCooperativeKernelMultiDevice", since = 9000)],
    checks = [(fails = "(numDevices != 0 && launchParamsList == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    launchParamsList @0 :Data $Vgpu.layout("CUDA_LAUNCH_PARAMS") $Vgpu.length("numDevices");
    numDevices @1 :UInt32;
    flags @2 :UInt32;
  }
  struct Reply {}
}

struct LaunchHostFunc $Vgpu.call(operation = 1797, symbol = "cuLaunchHostFunc",
    parameters = "CUstream hStream, CUhostFn fn, void *userData",
    callClass = callback, guest = written, host = written, context = stream, capture = recorded,
    exports = [(symbol = "cuLaunchHostFunc", since = 10000),
               (symbol = "cuLaunchHostFunc_ptsz", since = 10000, perThread = true)],
    checks = [(fails = "fn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    fn @1 :UInt64 $Vgpu.cType("CUhostFn");
    userData @2 :UInt64;
  }
  struct Reply {}
}

struct FuncSetBlockShape $Vgpu.call(operation = 1798, symbol = "cuFuncSetBlockShape",
    parameters = "CUfunction hfunc, int x, int y, int z",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuFuncSetBlockShape", since = 2000)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    x @1 :Int32;
    y @2 :Int32;
    z @3 :Int32;
  }
  struct Reply {}
}

struct FuncSetSharedSize $Vgpu.call(operation = 1799, symbol = "cuFuncSetSharedSize",
    parameters = "CUfunction hfunc, unsigned int bytes",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuFuncSetSharedSize", since = 2000)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    bytes @1 :UInt32;
  }
  struct Reply {}
}

struct ParamSetSize $Vgpu.call(operation = 1800, symbol = "cuParamSetSize",
    parameters = "CUfunction hfunc, unsigned int numbytes",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuParamSetSize", since = 2000)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    numbytes @1 :UInt32;
  }
  struct Reply {}
}

struct ParamSeti $Vgpu.call(operation = 1801, symbol = "cuParamSeti",
    parameters = "CUfunction hfunc, int offset, unsigned int value",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuParamSeti", since = 2000)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    offset @1 :Int32;
    value @2 :UInt32;
  }
  struct Reply {}
}

struct ParamSetf $Vgpu.call(operation = 1802, symbol = "cuParamSetf",
    parameters = "CUfunction hfunc, int offset, float value",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuParamSetf", since = 2000)],
    checks = [(fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    offset @1 :Int32;
    value @2 :Float32;
  }
  struct Reply {}
}

struct ParamSetv $Vgpu.call(operation = 1803, symbol = "cuParamSetv",
    parameters = "CUfunction hfunc, int offset, void *ptr, unsigned int numbytes",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuParamSetv", since = 2000)],
    checks = [(fails = "(numbytes != 0 && ptr == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    offset @1 :Int32;
    ptr @2 :Data $Vgpu.length("numbytes");
    numbytes @3 :UInt32;
  }
  struct Reply {}
}

struct Launch $Vgpu.call(operation = 1804, symbol = "cuLaunch",
    parameters = "CUfunction f",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuLaunch", since = 2000)],
    checks = [(fails = "f == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # Deprecated launch with the parameters that cuParamSet* collected.
  struct Request {
    f @0 :UInt64 $Vgpu.handle(function);
  }
  struct Reply {}
}

struct LaunchGrid $Vgpu.call(operation = 1805, symbol = "cuLaunchGrid",
    parameters = "CUfunction f, int grid_width, int grid_height",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuLaunchGrid", since = 2000)],
    checks = [(fails = "f == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # Deprecated launch with the parameters that cuParamSet* collected.
  struct Request {
    f @0 :UInt64 $Vgpu.handle(function);
    gridWidth @1 :Int32 $Vgpu.cName("grid_width");
    gridHeight @2 :Int32 $Vgpu.cName("grid_height");
  }
  struct Reply {}
}

struct LaunchGridAsync $Vgpu.call(operation = 1806, symbol = "cuLaunchGridAsync",
    parameters = "CUfunction f, int grid_width, int grid_height, CUstream hStream",
    callClass = stream, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuLaunchGridAsync", since = 2000)],
    checks = [(fails = "f == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # Deprecated launch with the parameters that cuParamSet* collected.
  struct Request {
    f @0 :UInt64 $Vgpu.handle(function);
    gridWidth @1 :Int32 $Vgpu.cName("grid_width");
    gridHeight @2 :Int32 $Vgpu.cName("grid_height");
    hStream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct ParamSetTexRef $Vgpu.call(operation = 1807, symbol = "cuParamSetTexRef",
    parameters = "CUfunction hfunc, int texunit, CUtexref hTexRef",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuParamSetTexRef", since = 2000)],
    checks = [(fails = "hTexRef == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hfunc == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(function);
    texunit @1 :Int32;
    hTexRef @2 :UInt64 $Vgpu.handle(textureReference);
  }
  struct Reply {}
}
