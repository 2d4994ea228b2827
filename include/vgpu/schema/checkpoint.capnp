@0xc2f4a1d7e95b3480;
# Checkpoint and restore of processes.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::checkpoint");

struct CheckpointProcessGetRestoreThreadId $Vgpu.call(operation = 2880,
symbol = "cuCheckpointProcessGetRestoreThreadId",
    parameters = "int pid, int *tid",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCheckpointProcessGetRestoreThreadId", since = 12080)],
    checks = [(fails = "tid == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pid @0 :Int32;
  }
  struct Reply {
    tid @0 :Int32;
  }
}

struct CheckpointProcessGetState $Vgpu.call(operation = 2881, symbol = "cuCheckpointProcessGetState",
    parameters = "int pid, CUprocessState *state",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCheckpointProcessGetState", since = 12080)],
    checks = [(fails = "state == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pid @0 :Int32;
  }
  struct Reply {
    state @0 :UInt32 $Vgpu.cType("CUprocessState");
  }
}

struct CheckpointProcessLock $Vgpu.call(operation = 2882, symbol = "cuCheckpointProcessLock",
    parameters = "int pid, CUcheckpointLockArgs *args",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCheckpointProcessLock", since = 12080)]) {
  struct Request {
    pid @0 :Int32;
    args @1 :Data $Vgpu.layout("CUcheckpointLockArgs") $Vgpu.optional;
  }
  struct Reply {}
}

struct CheckpointProcessCheckpoint $Vgpu.call(operation = 2883, symbol = "cuCheckpointProcessCheckpoint",
    parameters = "int pid, CUcheckpointCheckpointArgs *args",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCheckpointProcessCheckpoint", since = 12080)]) {
  struct Request {
    pid @0 :Int32;
    args @1 :Data $Vgpu.layout("CUcheckpointCheckpointArgs") $Vgpu.optional;
  }
  struct Reply {}
}

struct CheckpointProcessRestore $Vgpu.call(operation = 2884, symbol = "cuCheckpointProcessRestore",
    parameters = "int pid, CUcheckpointRestoreArgs *args",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCheckpointProcessRestore", since = 12080)]) {
  struct Request {
    pid @0 :Int32;
    args @1 :Data $Vgpu.layout("CUcheckpointRestoreArgs") $Vgpu.optional;
  }
  struct Reply {}
}

struct CheckpointProcessUnlock $Vgpu.call(operation = 2885, symbol = "cuCheckpointProcessUnlock",
    parameters = "int pid, CUcheckpointUnlockArgs *args",
    callClass = sync, guest = none, host = none, context = none, capture = unsafe,
    exports = [(symbol = "cuCheckpointProcessUnlock", since = 12080)]) {
  struct Request {
    pid @0 :Int32;
    args @1 :Data $Vgpu.layout("CUcheckpointUnlockArgs") $Vgpu.optional;
  }
  struct Reply {}
}
