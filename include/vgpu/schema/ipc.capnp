@0xc2f4a1d7e95b3310;
# Memory and events shared between processes.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::ipc");

struct IpcGetEventHandle $Vgpu.call(operation = 1344, symbol = "cuIpcGetEventHandle",
    parameters = "CUipcEventHandle *pHandle, CUevent event",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuIpcGetEventHandle", since = 4010)],
    checks = [(fails = "pHandle == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "event == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    event @0 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {
    pHandle @0 :Data $Vgpu.layout("CUipcEventHandle");
  }
}

struct IpcOpenEventHandle $Vgpu.call(operation = 1345, symbol = "cuIpcOpenEventHandle",
    parameters = "CUevent *phEvent, CUipcEventHandle handle",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuIpcOpenEventHandle", since = 4010)],
    checks = [(fails = "phEvent == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phEvent @0 :UInt64 $Vgpu.creates(event);
    handle @1 :Data $Vgpu.layout("CUipcEventHandle");
  }
  struct Reply {}
}

struct IpcGetMemHandle $Vgpu.call(operation = 1346, symbol = "cuIpcGetMemHandle",
    parameters = "CUipcMemHandle *pHandle, CUdeviceptr dptr",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuIpcGetMemHandle", since = 4010)],
    checks = [(fails = "pHandle == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dptr @0 :UInt64 $Vgpu.address(());
  }
  struct Reply {
    pHandle @0 :Data $Vgpu.layout("CUipcMemHandle");
  }
}

struct IpcOpenMemHandle $Vgpu.call(operation = 1347, symbol = "cuIpcOpenMemHandle",
    parameters = "CUdeviceptr *pdptr, CUipcMemHandle handle, unsigned int Flags",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuIpcOpenMemHandle", since = 4010),
               (symbol = "cuIpcOpenMemHandle_v2", since = 11000)],
    checks = [(fails = "pdptr == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    handle @0 :Data $Vgpu.layout("CUipcMemHandle");
    flags @1 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {
    pdptr @0 :UInt64;
  }
}

struct IpcCloseMemHandle $Vgpu.call(operation = 1348, symbol = "cuIpcCloseMemHandle",
    parameters = "CUdeviceptr dptr",
    callClass = sync, guest = none, host = none, context = current, capture = unsafe,
    exports = [(symbol = "cuIpcCloseMemHandle", since = 4010)]) {
  struct Request {
    dptr @0 :UInt64 $Vgpu.address(());
  }
  struct Reply {}
}
