#!/usr/bin/env python3
"""What the CUDA driver answers a thread that has handles of streams, events and kernels, and no current context: a line for each
call, with its CUresult. For compare.sh, which shows where our guest answers something else than the vendor's driver."""

import ctypes

PTX = b""".version 7.0
.target sm_75
.address_size 64
.visible .entry empty() { ret; }
"""

cuda = ctypes.CDLL("libcuda.so.1")
HostFunction = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def check(name, *arguments):
    status = getattr(cuda, name)(*arguments)
    if status != 0:
        raise SystemExit("%s: %d" % (name, status))


def handle(name, *arguments):
    out = ctypes.c_void_p()
    check(name, ctypes.byref(out), *arguments)
    return out


def main():
    check("cuInit", 0)
    check("cuCtxSetCurrent", handle("cuDevicePrimaryCtxRetain", 0))
    module = handle("cuModuleLoadData", PTX)
    kernel = handle("cuModuleGetFunction", module, b"empty")
    memory = ctypes.c_uint64()
    check("cuMemAlloc_v2", ctypes.byref(memory), ctypes.c_size_t(4096))
    pinned = handle("cuMemAllocHost_v2", ctypes.c_size_t(4096))
    event, start, lost_event = (handle("cuEventCreate", 0) for _ in range(3))
    stream, capturing, lost_stream = (handle("cuStreamCreate", 0) for _ in range(3))
    check("cuEventRecord", start, stream)
    check("cuStreamSynchronize", stream)
    check("cuStreamBeginCapture_v2", capturing, 2)
    host_function = HostFunction(lambda data: None)
    out = ctypes.c_uint64()
    more = ctypes.c_uint64()
    graph = ctypes.c_void_p()
    size = ctypes.c_size_t(1024)
    per_thread = ctypes.c_void_p(2)
    calls = [("cuLaunchKernel", kernel, 1, 1, 1, 1, 1, 1, 0, stream, None, None),
             ("cuLaunchHostFunc", stream, host_function, None), ("cuMemsetD32Async", memory, 1, ctypes.c_size_t(64), stream),
             ("cuMemcpyHtoDAsync_v2", memory, pinned, size, stream), ("cuMemcpyDtoHAsync_v2", pinned, memory, size, stream),
             ("cuMemcpyAsync", pinned, memory, size, stream), ("cuMemAllocAsync", ctypes.byref(more), size, stream),
             ("cuStreamWriteValue32_v2", stream, memory, 1, 0), ("cuStreamAttachMemAsync", stream, memory, size, 4),
             ("cuEventRecord", event, stream), ("cuEventRecordWithFlags", event, stream, 0), ("cuStreamWaitEvent", stream, start, 0),
             ("cuStreamSynchronize", stream), ("cuStreamQuery", stream), ("cuEventQuery", start), ("cuEventSynchronize", start),
             ("cuEventElapsedTime", ctypes.byref(out), start, start), ("cuStreamGetCtx", stream, ctypes.byref(out)),
             ("cuStreamGetDevice", stream, ctypes.byref(out)), ("cuStreamGetFlags", stream, ctypes.byref(out)),
             ("cuStreamGetId", stream, ctypes.byref(out)), ("cuStreamGetPriority", stream, ctypes.byref(out)),
             ("cuStreamGetAttribute", stream, 1, ctypes.create_string_buffer(64)), ("cuStreamCopyAttributes", stream, lost_stream),
             ("cuStreamIsCapturing", stream, ctypes.byref(out)), ("cuStreamIsCapturing", capturing, ctypes.byref(out)),
             ("cuStreamIsCapturing", per_thread, ctypes.byref(out)),
             ("cuStreamGetCaptureInfo_v2", stream, ctypes.byref(out), None, None, None, None),
             ("cuStreamGetCaptureInfo_v2", capturing, ctypes.byref(out), None, None, None, None),
             ("cuStreamUpdateCaptureDependencies", capturing, None, ctypes.c_size_t(0), 0),
             ("cuStreamEndCapture", capturing, ctypes.byref(graph)), ("cuStreamBeginCapture_v2", stream, 2),
             ("cuStreamEndCapture", stream, ctypes.byref(graph)), ("cuFuncLoad", kernel), ("cuEventDestroy_v2", lost_event),
             ("cuStreamDestroy_v2", lost_stream), ("cuModuleUnload", module)]
    check("cuCtxSetCurrent", None)
    for name, *arguments in calls:
        print("%s: %d" % (name, getattr(cuda, name)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
