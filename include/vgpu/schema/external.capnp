@0xc2f4a1d7e95b3360;
# Memory and semaphores imported from other interfaces.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::external");

struct ImportExternalMemory $Vgpu.call(operation = 1664, symbol = "cuImportExternalMemory",
    parameters = "CUexternalMemory *extMem_out, const CUDA_EXTERNAL_MEMORY_HANDLE_DESC *memHandleDesc",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuImportExternalMemory", since = 10000)],
    checks = [(fails = "extMem_out == nullptr || memHandleDesc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    extMemOut @0 :UInt64 $Vgpu.cName("extMem_out") $Vgpu.creates(externalMemory);
    memHandleDesc @1 :Data $Vgpu.layout("CUDA_EXTERNAL_MEMORY_HANDLE_DESC");
  }
  struct Reply {}
}

struct ExternalMemoryGetMappedBuffer $Vgpu.call(operation = 1665, symbol = "cuExternalMemoryGetMappedBuffer",
    parameters = "CUdeviceptr *devPtr, CUexternalMemory extMem, const CUDA_EXTERNAL_MEMORY_BUFFER_DESC *bufferDesc",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuExternalMemoryGetMappedBuffer", since = 10000)],
    checks = [(fails = "devPtr == nullptr || bufferDesc == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "extMem == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    extMem @0 :UInt64 $Vgpu.handle(externalMemory);
    bufferDesc @1 :Data $Vgpu.layout("CUDA_EXTERNAL_MEMORY_BUFFER_DESC");
  }
  struct Reply {
    devPtr @0 :UInt64;
  }
}

struct ExternalMemoryGetMappedMipmappedArray $Vgpu.call(operation = 1666,
symbol = "cuExternalMemoryGetMappedMipmappedArray",
    parameters = "CUmipmappedArray *mipmap, CUexternalMemory extMem, "
                 "const CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC *mipmapDesc",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuExternalMemoryGetMappedMipmappedArray", since = 10000)],
    checks = [(fails = "mipmap == nullptr || mipmapDesc == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "extMem == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    mipmap @0 :UInt64 $Vgpu.creates(mipmappedArray);
    extMem @1 :UInt64 $Vgpu.handle(externalMemory);
    mipmapDesc @2 :Data $Vgpu.layout("CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC");
  }
  struct Reply {}
}

struct DestroyExternalMemory $Vgpu.call(operation = 1667, symbol = "cuDestroyExternalMemory",
    parameters = "CUexternalMemory extMem",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuDestroyExternalMemory", since = 10000)],
    checks = [(fails = "extMem == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    extMem @0 :UInt64 $Vgpu.handle(externalMemory) $Vgpu.releases;
  }
  struct Reply {}
}

struct ImportExternalSemaphore $Vgpu.call(operation = 1668, symbol = "cuImportExternalSemaphore",
    parameters = "CUexternalSemaphore *extSem_out, const CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC *semHandleDesc",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuImportExternalSemaphore", since = 10000)],
    checks = [(fails = "extSem_out == nullptr || semHandleDesc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    extSemOut @0 :UInt64 $Vgpu.cName("extSem_out") $Vgpu.creates(externalSemaphore);
    semHandleDesc @1 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC");
  }
  struct Reply {}
}

struct SignalExternalSemaphoresAsync $Vgpu.call(operation = 1669, symbol = "cuSignalExternalSemaphoresAsync",
    parameters = "const CUexternalSemaphore *extSemArray, const CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS *paramsArray, "
                 "unsigned int numExtSems, CUstream stream",
    callClass = stream, guest = none, host = none, context = current, capture = recorded,
    exports = [(symbol = "cuSignalExternalSemaphoresAsync", since = 10000),
               (symbol = "cuSignalExternalSemaphoresAsync_ptsz", since = 10000, perThread = true)],
    checks = [(fails = "(numExtSems != 0 && extSemArray == nullptr) || (numExtSems != 0 && paramsArray == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    extSemArray @0 :List(UInt64) $Vgpu.handle(externalSemaphore) $Vgpu.length("numExtSems");
    paramsArray @1 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS") $Vgpu.length("numExtSems");
    numExtSems @2 :UInt32;
    stream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct WaitExternalSemaphoresAsync $Vgpu.call(operation = 1670, symbol = "cuWaitExternalSemaphoresAsync",
    parameters = "const CUexternalSemaphore *extSemArray, const CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS *paramsArray, "
                 "unsigned int numExtSems, CUstream stream",
    callClass = stream, guest = none, host = none, context = current, capture = recorded,
    exports = [(symbol = "cuWaitExternalSemaphoresAsync", since = 10000),
               (symbol = "cuWaitExternalSemaphoresAsync_ptsz", since = 10000, perThread = true)],
    checks = [(fails = "(numExtSems != 0 && extSemArray == nullptr) || (numExtSems != 0 && paramsArray == nullptr)",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    extSemArray @0 :List(UInt64) $Vgpu.handle(externalSemaphore) $Vgpu.length("numExtSems");
    paramsArray @1 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS") $Vgpu.length("numExtSems");
    numExtSems @2 :UInt32;
    stream @3 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct DestroyExternalSemaphore $Vgpu.call(operation = 1671, symbol = "cuDestroyExternalSemaphore",
    parameters = "CUexternalSemaphore extSem",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuDestroyExternalSemaphore", since = 10000)],
    checks = [(fails = "extSem == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    extSem @0 :UInt64 $Vgpu.handle(externalSemaphore) $Vgpu.releases;
  }
  struct Reply {}
}
