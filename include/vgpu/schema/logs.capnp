@0xc2f4a1d7e95b3470;
# The driver's error log.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::logs");

struct LogsRegisterCallback $Vgpu.call(operation = 2816, symbol = "cuLogsRegisterCallback",
    parameters = "CUlogsCallback callbackFunc, void *userData, CUlogsCallbackHandle *callback_out",
    callClass = callback, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLogsRegisterCallback", since = 12090)],
    checks = [(fails = "callback_out == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    callbackFunc @0 :UInt64 $Vgpu.cType("CUlogsCallback");
    userData @1 :UInt64;
    callbackOut @2 :UInt64 $Vgpu.cName("callback_out") $Vgpu.creates(logsCallback);
  }
  struct Reply {}
}

struct LogsUnregisterCallback $Vgpu.call(operation = 2817, symbol = "cuLogsUnregisterCallback",
    parameters = "CUlogsCallbackHandle callback",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLogsUnregisterCallback", since = 12090)],
    checks = [(fails = "callback == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    callback @0 :UInt64 $Vgpu.handle(logsCallback) $Vgpu.releases;
  }
  struct Reply {}
}

struct LogsCurrent $Vgpu.call(operation = 2818, symbol = "cuLogsCurrent",
    parameters = "CUlogIterator *iterator_out, unsigned int flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLogsCurrent", since = 12090)],
    checks = [(fails = "iterator_out == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    flags @0 :UInt32;
  }
  struct Reply {
    iteratorOut @0 :UInt32 $Vgpu.cName("iterator_out");
  }
}

struct LogsDumpToFile $Vgpu.call(operation = 2819, symbol = "cuLogsDumpToFile",
    parameters = "CUlogIterator *iterator, const char *pathToFile, unsigned int flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLogsDumpToFile", since = 12090)],
    checks = [(fails = "pathToFile == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    iterator @0 :UInt32 $Vgpu.optional;
    pathToFile @1 :Text;
    flags @2 :UInt32;
  }
  struct Reply {
    iterator @0 :UInt32 $Vgpu.optional;
    text @1 :Text;  # contents of the file, which the guest writes
  }
}

struct LogsDumpToMemory $Vgpu.call(operation = 2820, symbol = "cuLogsDumpToMemory",
    parameters = "CUlogIterator *iterator, char *buffer, size_t *size, unsigned int flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLogsDumpToMemory", since = 12090)],
    checks = [(fails = "buffer == nullptr || size == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    iterator @0 :UInt32 $Vgpu.optional;
    size @1 :UInt64;
    flags @2 :UInt32;
  }
  struct Reply {
    iterator @0 :UInt32 $Vgpu.optional;
    buffer @1 :Text $Vgpu.length("*size");
    size @2 :UInt64;
  }
}
