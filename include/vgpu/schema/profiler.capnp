@0xc2f4a1d7e95b3450;
# Switching a profiler on and off.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::profiler");

struct ProfilerInitialize $Vgpu.call(operation = 2688, symbol = "cuProfilerInitialize",
    parameters = "const char *configFile, const char *outputFile, CUoutput_mode outputMode",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuProfilerInitialize", since = 4000)],
    checks = [(fails = "configFile == nullptr || outputFile == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    configFile @0 :Text;
    outputFile @1 :Text;
    outputMode @2 :UInt32 $Vgpu.cType("CUoutput_mode");
  }
  struct Reply {}
}

struct ProfilerStart $Vgpu.call(operation = 2689, symbol = "cuProfilerStart",
    parameters = "void",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuProfilerStart", since = 4000)]) {
  struct Request {}
  struct Reply {}
}

struct ProfilerStop $Vgpu.call(operation = 2690, symbol = "cuProfilerStop",
    parameters = "void",
    callClass = sync, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuProfilerStop", since = 4000)]) {
  struct Request {}
  struct Reply {}
}
