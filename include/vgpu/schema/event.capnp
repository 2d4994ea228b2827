@0xc2f4a1d7e95b3350;
# Events.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::event");

struct EventCreate $Vgpu.call(operation = 1600, symbol = "cuEventCreate",
    parameters = "CUevent *phEvent, unsigned int Flags",
    callClass = create, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuEventCreate", since = 2000)],
    checks = [(fails = "phEvent == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phEvent @0 :UInt64 $Vgpu.creates(event);
    flags @1 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct EventRecord $Vgpu.call(operation = 1601, symbol = "cuEventRecord",
    parameters = "CUevent hEvent, CUstream hStream",
    callClass = stream, guest = written, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuEventRecord", since = 2000),
               (symbol = "cuEventRecord_ptsz", since = 7000, perThread = true)],
    checks = [(fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hEvent @0 :UInt64 $Vgpu.handle(event);
    hStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct EventRecordWithFlags $Vgpu.call(operation = 1602, symbol = "cuEventRecordWithFlags",
    parameters = "CUevent hEvent, CUstream hStream, unsigned int flags",
    callClass = stream, guest = written, host = generated, context = stream, capture = recorded,
    exports = [(symbol = "cuEventRecordWithFlags", since = 11010),
               (symbol = "cuEventRecordWithFlags_ptsz", since = 11010, perThread = true)],
    checks = [(fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hEvent @0 :UInt64 $Vgpu.handle(event);
    hStream @1 :UInt64 $Vgpu.handle(stream);
    flags @2 :UInt32;
  }
  struct Reply {}
}

struct EventQuery $Vgpu.call(operation = 1603, symbol = "cuEventQuery",
    parameters = "CUevent hEvent",
    callClass = completion, guest = written, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuEventQuery", since = 2000)],
    checks = [(fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # CUDA_ERROR_NOT_READY while work is pending.
  struct Request {
    hEvent @0 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct EventSynchronize $Vgpu.call(operation = 1604, symbol = "cuEventSynchronize",
    parameters = "CUevent hEvent",
    callClass = sync, guest = written, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuEventSynchronize", since = 2000)],
    checks = [(fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hEvent @0 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct EventDestroy $Vgpu.call(operation = 1605, symbol = "cuEventDestroy",
    parameters = "CUevent hEvent",
    callClass = stream, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuEventDestroy", since = 2000),
               (symbol = "cuEventDestroy_v2", since = 4000)],
    checks = [(fails = "hEvent == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hEvent @0 :UInt64 $Vgpu.handle(event) $Vgpu.releases;
  }
  struct Reply {}
}

struct EventElapsedTime $Vgpu.call(operation = 1606, symbol = "cuEventElapsedTime",
    parameters = "float *pMilliseconds, CUevent hStart, CUevent hEnd",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuEventElapsedTime", since = 2000),
               (symbol = "cuEventElapsedTime_v2", since = 12080)],
    checks = [(fails = "pMilliseconds == nullptr || hStart == nullptr || hEnd == nullptr",
               error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hStart @0 :UInt64 $Vgpu.handle(event);
    hEnd @1 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {
    pMilliseconds @0 :Float32;
  }
}
