@0xc2f4a1d7e95b33b0;
# Executable graphs: instantiation, updates, launch.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::graph_exec");

struct GraphExecBatchMemOpNodeSetParams $Vgpu.call(operation = 2048, symbol = "cuGraphExecBatchMemOpNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, const CUDA_BATCH_MEM_OP_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecBatchMemOpNodeSetParams", since = 11070)],
    checks = [(fails = "nodeParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @2 :Data $Vgpu.layout("CUDA_BATCH_MEM_OP_NODE_PARAMS");
    operations @3 :Data $Vgpu.layout("CUstreamBatchMemOpParams");  # what nodeParams->paramArray points to
  }
  struct Reply {}
}

struct GraphInstantiate $Vgpu.call(operation = 2049, symbol = "cuGraphInstantiate",
    parameters = "CUgraphExec *phGraphExec, CUgraph hGraph, CUgraphNode *phErrorNode, char *logBuffer, "
                 "size_t bufferSize",
    callClass = create, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphInstantiate", since = 10000),
               (symbol = "cuGraphInstantiate_v2", since = 11000)],
    checks = [(fails = "phGraphExec == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphExec @0 :UInt64 $Vgpu.creates(graphExec);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    bufferSize @2 :UInt64;
  }
  struct Reply {
    phErrorNode @0 :UInt64 $Vgpu.handle(graphNode) $Vgpu.optional;
    logBuffer @1 :Text $Vgpu.length("bufferSize") $Vgpu.optional;
  }
}

struct GraphInstantiateWithParams $Vgpu.call(operation = 2050, symbol = "cuGraphInstantiateWithParams",
    parameters = "CUgraphExec *phGraphExec, CUgraph hGraph, CUDA_GRAPH_INSTANTIATE_PARAMS *instantiateParams",
    callClass = create, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphInstantiateWithParams", since = 12000),
               (symbol = "cuGraphInstantiateWithParams_ptsz", since = 12000, perThread = true)],
    checks = [(fails = "phGraphExec == nullptr || instantiateParams == nullptr || hGraph == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphExec @0 :UInt64 $Vgpu.creates(graphExec);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    instantiateParams @2 :Data $Vgpu.layout("CUDA_GRAPH_INSTANTIATE_PARAMS");
  }
  struct Reply {
    instantiateParams @0 :Data $Vgpu.layout("CUDA_GRAPH_INSTANTIATE_PARAMS");
  }
}

struct GraphExecGetFlags $Vgpu.call(operation = 2051, symbol = "cuGraphExecGetFlags",
    parameters = "CUgraphExec hGraphExec, cuuint64_t *flags",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecGetFlags", since = 12000)],
    checks = [(fails = "flags == nullptr || hGraphExec == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
  }
  struct Reply {
    flags @0 :UInt64;
  }
}

struct GraphExecKernelNodeSetParams $Vgpu.call(operation = 2052, symbol = "cuGraphExecKernelNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, const CUDA_KERNEL_NODE_PARAMS *nodeParams",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecKernelNodeSetParams", since = 10010, parameters = "CUgraphExec hGraphExec, "
                "CUgraphNode hNode, const CUDA_KERNEL_NODE_PARAMS_v1 *nodeParams", guest = written),
               (symbol = "cuGraphExecKernelNodeSetParams_v2", since = 12000)],
    checks = [(fails = "nodeParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @2 :Data $Vgpu.layout("CUDA_KERNEL_NODE_PARAMS");
    parameterBlock @3 :Data;  # what nodeParams->kernelParams points to, as in a launch
  }
  struct Reply {}
}

struct GraphExecMemcpyNodeSetParams $Vgpu.call(operation = 2053, symbol = "cuGraphExecMemcpyNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, const CUDA_MEMCPY3D *copyParams, CUcontext ctx",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecMemcpyNodeSetParams", since = 10020)],
    checks = [(fails = "copyParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    copyParams @2 :Data $Vgpu.layout("CUDA_MEMCPY3D");
    ctx @3 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {}
}

struct GraphExecMemsetNodeSetParams $Vgpu.call(operation = 2054, symbol = "cuGraphExecMemsetNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, const CUDA_MEMSET_NODE_PARAMS *memsetParams, "
                 "CUcontext ctx",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecMemsetNodeSetParams", since = 10020)],
    checks = [(fails = "memsetParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    memsetParams @2 :Data $Vgpu.layout("CUDA_MEMSET_NODE_PARAMS");
    ctx @3 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {}
}

struct GraphExecHostNodeSetParams $Vgpu.call(operation = 2055, symbol = "cuGraphExecHostNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, const CUDA_HOST_NODE_PARAMS *nodeParams",
    callClass = callback, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecHostNodeSetParams", since = 10020)],
    checks = [(fails = "nodeParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @2 :Data $Vgpu.layout("CUDA_HOST_NODE_PARAMS");
  }
  struct Reply {}
}

struct GraphExecChildGraphNodeSetParams $Vgpu.call(operation = 2056, symbol = "cuGraphExecChildGraphNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, CUgraph childGraph",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecChildGraphNodeSetParams", since = 11010)],
    checks = [(fails = "hGraphExec == nullptr || hNode == nullptr || childGraph == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    childGraph @2 :UInt64 $Vgpu.handle(graph);
  }
  struct Reply {}
}

struct GraphExecEventRecordNodeSetEvent $Vgpu.call(operation = 2057, symbol = "cuGraphExecEventRecordNodeSetEvent",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, CUevent event",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecEventRecordNodeSetEvent", since = 11010)],
    checks = [(fails = "hGraphExec == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "event == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    event @2 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct GraphExecEventWaitNodeSetEvent $Vgpu.call(operation = 2058, symbol = "cuGraphExecEventWaitNodeSetEvent",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, CUevent event",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecEventWaitNodeSetEvent", since = 11010)],
    checks = [(fails = "hGraphExec == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "event == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    event @2 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct GraphExecExternalSemaphoresSignalNodeSetParams $Vgpu.call(operation = 2059,
symbol = "cuGraphExecExternalSemaphoresSignalNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, const CUDA_EXT_SEM_SIGNAL_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecExternalSemaphoresSignalNodeSetParams", since = 11020)],
    checks = [(fails = "nodeParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @2 :Data $Vgpu.layout("CUDA_EXT_SEM_SIGNAL_NODE_PARAMS");
    semaphores @3 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @4 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS");
  }
  struct Reply {}
}

struct GraphExecExternalSemaphoresWaitNodeSetParams $Vgpu.call(operation = 2060,
symbol = "cuGraphExecExternalSemaphoresWaitNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, const CUDA_EXT_SEM_WAIT_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecExternalSemaphoresWaitNodeSetParams", since = 11020)],
    checks = [(fails = "nodeParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @2 :Data $Vgpu.layout("CUDA_EXT_SEM_WAIT_NODE_PARAMS");
    semaphores @3 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @4 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS");
  }
  struct Reply {}
}

struct GraphNodeSetEnabled $Vgpu.call(operation = 2061, symbol = "cuGraphNodeSetEnabled",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, unsigned int isEnabled",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphNodeSetEnabled", since = 11060)],
    checks = [(fails = "hGraphExec == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    isEnabled @2 :UInt32;
  }
  struct Reply {}
}

struct GraphNodeGetEnabled $Vgpu.call(operation = 2062, symbol = "cuGraphNodeGetEnabled",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, unsigned int *isEnabled",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphNodeGetEnabled", since = 11060)],
    checks = [(fails = "isEnabled == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    isEnabled @0 :UInt32;
  }
}

struct GraphUpload $Vgpu.call(operation = 2063, symbol = "cuGraphUpload",
    parameters = "CUgraphExec hGraph, CUstream hStream",
    callClass = stream, guest = generated, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphUpload", since = 11010),
               (symbol = "cuGraphUpload_ptsz", since = 11010, perThread = true)],
    checks = [(fails = "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graphExec);
    hStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct GraphLaunch $Vgpu.call(operation = 2064, symbol = "cuGraphLaunch",
    parameters = "CUgraphExec hGraph, CUstream hStream",
    callClass = stream, guest = written, host = generated, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphLaunch", since = 10000),
               (symbol = "cuGraphLaunch_ptsz", since = 10000, perThread = true)],
    checks = [(fails = "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graphExec);
    hStream @1 :UInt64 $Vgpu.handle(stream);
  }
  struct Reply {}
}

struct GraphExecDestroy $Vgpu.call(operation = 2065, symbol = "cuGraphExecDestroy",
    parameters = "CUgraphExec hGraphExec",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuGraphExecDestroy", since = 10000)],
    checks = [(fails = "hGraphExec == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec) $Vgpu.releases;
  }
  struct Reply {}
}

struct GraphExecUpdate $Vgpu.call(operation = 2066, symbol = "cuGraphExecUpdate",
    parameters = "CUgraphExec hGraphExec, CUgraph hGraph, CUgraphExecUpdateResultInfo *resultInfo",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecUpdate", since = 10020, parameters = "CUgraphExec hGraphExec, CUgraph hGraph, "
                "CUgraphNode *hErrorNode_out, CUgraphExecUpdateResult *updateResult_out", guest = written),
               (symbol = "cuGraphExecUpdate_v2", since = 12000)],
    checks = [(fails = "hGraphExec == nullptr || hGraph == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
  }
  struct Reply {
    resultInfo @0 :Data $Vgpu.layout("CUgraphExecUpdateResultInfo");
  }
}

struct GraphExecNodeSetParams $Vgpu.call(operation = 2067, symbol = "cuGraphExecNodeSetParams",
    parameters = "CUgraphExec hGraphExec, CUgraphNode hNode, CUgraphNodeParams *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExecNodeSetParams", since = 12020)],
    checks = [(fails = "nodeParams == nullptr || hGraphExec == nullptr || hNode == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraphExec @0 :UInt64 $Vgpu.handle(graphExec);
    hNode @1 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @2 :Data $Vgpu.layout("CUgraphNodeParams");
    nested @3 :Data;  # what nodeParams points to, in the order of its members
  }
  struct Reply {}
}

struct GraphInstantiateWithFlags $Vgpu.call(operation = 2068, symbol = "cuGraphInstantiateWithFlags",
    parameters = "CUgraphExec *phGraphExec, CUgraph hGraph, unsigned long long flags",
    callClass = create, guest = written, host = written, context = current, capture = unsafe,
    exports = [(symbol = "cuGraphInstantiateWithFlags", since = 11040)],
    checks = [(fails = "phGraphExec == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphExec @0 :UInt64 $Vgpu.creates(graphExec);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    flags @2 :UInt64;
  }
  struct Reply {}
}
