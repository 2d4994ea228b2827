@0xc2f4a1d7e95b3330;
# Stream capture: recording the work of a stream into a graph.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::capture");

struct StreamBeginCapture $Vgpu.call(operation = 1472, symbol = "cuStreamBeginCapture",
    parameters = "CUstream hStream, CUstreamCaptureMode mode",
    callClass = stream, guest = written, host = written, context = stream, capture = safe,
    exports = [(symbol = "cuStreamBeginCapture", since = 10000, parameters = "CUstream hStream", guest = written),
               (symbol = "cuStreamBeginCapture_ptsz", since = 10000, parameters = "CUstream hStream",
                perThread = true, guest = written),
               (symbol = "cuStreamBeginCapture_v2", since = 10010),
               (symbol = "cuStreamBeginCapture_v2_ptsz", since = 10010, perThread = true)],
    checks = [(fails = "static_cast<unsigned>(mode) > CU_STREAM_CAPTURE_MODE_RELAXED",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Waited for; `stream`, so that no earlier failure passes for its own.
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    mode @1 :UInt32 $Vgpu.cType("CUstreamCaptureMode");
  }
  struct Reply {}
}

struct StreamBeginCaptureToGraph $Vgpu.call(operation = 1473, symbol = "cuStreamBeginCaptureToGraph",
    parameters = "CUstream hStream, CUgraph hGraph, const CUgraphNode *dependencies, "
                 "const CUgraphEdgeData *dependencyData, size_t numDependencies, CUstreamCaptureMode mode",
    callClass = stream, guest = written, host = written, context = stream, capture = safe,
    exports = [(symbol = "cuStreamBeginCaptureToGraph", since = 12030),
               (symbol = "cuStreamBeginCaptureToGraph_ptsz", since = 12030, perThread = true)],
    checks = [(fails = "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies") $Vgpu.optional;
    dependencyData @3 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("numDependencies") $Vgpu.optional;
    numDependencies @4 :UInt64;
    mode @5 :UInt32 $Vgpu.cType("CUstreamCaptureMode");
  }
  struct Reply {}
}

struct ThreadExchangeStreamCaptureMode $Vgpu.call(operation = 1474, symbol = "cuThreadExchangeStreamCaptureMode",
    parameters = "CUstreamCaptureMode *mode",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuThreadExchangeStreamCaptureMode", since = 10010)],
    checks = [(fails = "mode == nullptr || static_cast<unsigned>(*mode) > CU_STREAM_CAPTURE_MODE_RELAXED",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Swaps the calling thread's capture mode.
  struct Request {
    mode @0 :UInt32 $Vgpu.cType("CUstreamCaptureMode");
  }
  struct Reply {
    mode @0 :UInt32 $Vgpu.cType("CUstreamCaptureMode");
  }
}

struct StreamEndCapture $Vgpu.call(operation = 1475, symbol = "cuStreamEndCapture",
    parameters = "CUstream hStream, CUgraph *phGraph",
    callClass = create, guest = written, host = written, context = stream, capture = safe,
    exports = [(symbol = "cuStreamEndCapture", since = 10000),
               (symbol = "cuStreamEndCapture_ptsz", since = 10000, perThread = true)]) {
  # Waited for; `create`, so that no earlier failure passes for its own. cuStreamGetCaptureInfo may have named the graph
  # already, so the reply says which id it has.
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    phGraph @1 :UInt64 $Vgpu.creates(graph);
  }
  struct Reply {
    graph @0 :UInt64 $Vgpu.handle(graph);
  }
}

struct StreamGetCaptureInfo $Vgpu.call(operation = 1476, symbol = "cuStreamGetCaptureInfo",
    parameters = "CUstream hStream, CUstreamCaptureStatus *captureStatus_out, cuuint64_t *id_out, CUgraph *graph_out, "
                 "const CUgraphNode **dependencies_out, const CUgraphEdgeData **edgeData_out, "
                 "size_t *numDependencies_out",
    callClass = sync, guest = written, host = written, context = stream, capture = safe,
    exports = [(symbol = "cuStreamGetCaptureInfo", since = 10010, parameters = "CUstream hStream, "
                "CUstreamCaptureStatus *captureStatus_out, cuuint64_t *id_out", guest = written),
               (symbol = "cuStreamGetCaptureInfo_ptsz", since = 10010, parameters = "CUstream hStream, "
                "CUstreamCaptureStatus *captureStatus_out, cuuint64_t *id_out", perThread = true, guest = written),
               (symbol = "cuStreamGetCaptureInfo_v2", since = 11030, parameters = "CUstream hStream, "
                "CUstreamCaptureStatus *captureStatus_out, cuuint64_t *id_out, CUgraph *graph_out, "
                "const CUgraphNode **dependencies_out, size_t *numDependencies_out", guest = written),
               (symbol = "cuStreamGetCaptureInfo_v2_ptsz", since = 11030, parameters = "CUstream hStream, "
                "CUstreamCaptureStatus *captureStatus_out, cuuint64_t *id_out, CUgraph *graph_out, "
                "const CUgraphNode **dependencies_out, size_t *numDependencies_out", perThread = true, guest = written),
               (symbol = "cuStreamGetCaptureInfo_v3", since = 12030),
               (symbol = "cuStreamGetCaptureInfo_v3_ptsz", since = 12030, perThread = true)],
    checks = [(fails = "captureStatus_out == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # Arrays live until the next call for this stream: the guest keeps them.
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {
    captureStatusOut @0 :UInt32 $Vgpu.cName("captureStatus_out") $Vgpu.cType("CUstreamCaptureStatus");
    idOut @1 :UInt64 $Vgpu.cName("id_out") $Vgpu.cType("cuuint64_t") $Vgpu.optional;
    graphOut @2 :UInt64 $Vgpu.cName("graph_out") $Vgpu.handle(graph) $Vgpu.optional;
    dependenciesOut @3 :List(UInt64) $Vgpu.cName("dependencies_out") $Vgpu.handle(graphNode)
        $Vgpu.length("*numDependencies_out") $Vgpu.optional;
    edgeDataOut @4 :Data $Vgpu.cName("edgeData_out") $Vgpu.layout("CUgraphEdgeData")
        $Vgpu.length("*numDependencies_out") $Vgpu.optional;
    numDependenciesOut @5 :UInt64 $Vgpu.cName("numDependencies_out") $Vgpu.optional;
  }
}

struct StreamUpdateCaptureDependencies $Vgpu.call(operation = 1477, symbol = "cuStreamUpdateCaptureDependencies",
    parameters = "CUstream hStream, CUgraphNode *dependencies, const CUgraphEdgeData *dependencyData, "
                 "size_t numDependencies, unsigned int flags",
    callClass = sync, guest = written, host = written, context = stream, capture = safe,
    exports = [(symbol = "cuStreamUpdateCaptureDependencies", since = 11030, parameters = "CUstream hStream, "
                "CUgraphNode *dependencies, size_t numDependencies, unsigned int flags", guest = written),
               (symbol = "cuStreamUpdateCaptureDependencies_ptsz", since = 11030, parameters = "CUstream hStream, "
                "CUgraphNode *dependencies, size_t numDependencies, unsigned int flags", perThread = true, guest = written),
               (symbol = "cuStreamUpdateCaptureDependencies_v2", since = 12030),
               (symbol = "cuStreamUpdateCaptureDependencies_v2_ptsz", since = 12030, perThread = true)]) {
  struct Request {
    hStream @0 :UInt64 $Vgpu.handle(stream);
    dependencies @1 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies") $Vgpu.optional;
    dependencyData @2 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("numDependencies") $Vgpu.optional;
    numDependencies @3 :UInt64;
    flags @4 :UInt32;
  }
  struct Reply {}
}
