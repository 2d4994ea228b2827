@0xc2f4a1d7e95b33a0;
# Nodes of graphs: adding them, and their parameters.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::graph_node");

struct GraphAddKernelNode $Vgpu.call(operation = 1920, symbol = "cuGraphAddKernelNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "const CUDA_KERNEL_NODE_PARAMS *nodeParams",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddKernelNode", since = 10000, parameters = "CUgraphNode *phGraphNode, "
                "CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                "const CUDA_KERNEL_NODE_PARAMS_v1 *nodeParams", guest = written),
               (symbol = "cuGraphAddKernelNode_v2", since = 12000)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "nodeParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);  # 0: the host names nodes, see the reply
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    nodeParams @4 :Data $Vgpu.layout("CUDA_KERNEL_NODE_PARAMS");
    parameterBlock @5 :Data;  # what nodeParams->kernelParams points to, as in a launch
  }
  struct Reply {
    node @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphKernelNodeGetParams $Vgpu.call(operation = 1921, symbol = "cuGraphKernelNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_KERNEL_NODE_PARAMS *nodeParams",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphKernelNodeGetParams", since = 10000, parameters = "CUgraphNode hNode, "
                "CUDA_KERNEL_NODE_PARAMS_v1 *nodeParams", guest = written),
               (symbol = "cuGraphKernelNodeGetParams_v2", since = 12000)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    nodeParams @0 :Data $Vgpu.layout("CUDA_KERNEL_NODE_PARAMS");
    parameterBlock @1 :Data;
  }
}

struct GraphKernelNodeSetParams $Vgpu.call(operation = 1922, symbol = "cuGraphKernelNodeSetParams",
    parameters = "CUgraphNode hNode, const CUDA_KERNEL_NODE_PARAMS *nodeParams",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphKernelNodeSetParams", since = 10000, parameters = "CUgraphNode hNode, "
                "const CUDA_KERNEL_NODE_PARAMS_v1 *nodeParams", guest = written),
               (symbol = "cuGraphKernelNodeSetParams_v2", since = 12000)],
    checks = [(fails = "nodeParams == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUDA_KERNEL_NODE_PARAMS");
    parameterBlock @2 :Data;  # what nodeParams->kernelParams points to, as in a launch
  }
  struct Reply {}
}

struct GraphAddMemcpyNode $Vgpu.call(operation = 1923, symbol = "cuGraphAddMemcpyNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "const CUDA_MEMCPY3D *copyParams, CUcontext ctx",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddMemcpyNode", since = 10000)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "copyParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    copyParams @4 :Data $Vgpu.layout("CUDA_MEMCPY3D");
    ctx @5 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {}
}

struct GraphMemcpyNodeGetParams $Vgpu.call(operation = 1924, symbol = "cuGraphMemcpyNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_MEMCPY3D *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphMemcpyNodeGetParams", since = 10000)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    nodeParams @0 :Data $Vgpu.layout("CUDA_MEMCPY3D");
  }
}

struct GraphMemcpyNodeSetParams $Vgpu.call(operation = 1925, symbol = "cuGraphMemcpyNodeSetParams",
    parameters = "CUgraphNode hNode, const CUDA_MEMCPY3D *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphMemcpyNodeSetParams", since = 10000)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUDA_MEMCPY3D");
  }
  struct Reply {}
}

struct GraphAddMemsetNode $Vgpu.call(operation = 1926, symbol = "cuGraphAddMemsetNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "const CUDA_MEMSET_NODE_PARAMS *memsetParams, CUcontext ctx",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddMemsetNode", since = 10000)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "memsetParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);  # 0: the host names nodes, see the reply
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    memsetParams @4 :Data $Vgpu.layout("CUDA_MEMSET_NODE_PARAMS");
    ctx @5 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
  }
  struct Reply {
    node @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphMemsetNodeGetParams $Vgpu.call(operation = 1927, symbol = "cuGraphMemsetNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_MEMSET_NODE_PARAMS *nodeParams",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphMemsetNodeGetParams", since = 10000)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    nodeParams @0 :Data $Vgpu.layout("CUDA_MEMSET_NODE_PARAMS");
  }
}

struct GraphMemsetNodeSetParams $Vgpu.call(operation = 1928, symbol = "cuGraphMemsetNodeSetParams",
    parameters = "CUgraphNode hNode, const CUDA_MEMSET_NODE_PARAMS *nodeParams",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphMemsetNodeSetParams", since = 10000)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUDA_MEMSET_NODE_PARAMS");
  }
  struct Reply {}
}

struct GraphAddHostNode $Vgpu.call(operation = 1929, symbol = "cuGraphAddHostNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "const CUDA_HOST_NODE_PARAMS *nodeParams",
    callClass = callback, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddHostNode", since = 10000)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "nodeParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);  # 0: the host names nodes, see the reply
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    nodeParams @4 :Data $Vgpu.layout("CUDA_HOST_NODE_PARAMS");
  }
  struct Reply {
    node @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphHostNodeGetParams $Vgpu.call(operation = 1930, symbol = "cuGraphHostNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_HOST_NODE_PARAMS *nodeParams",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphHostNodeGetParams", since = 10000)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    nodeParams @0 :Data $Vgpu.layout("CUDA_HOST_NODE_PARAMS");
  }
}

struct GraphHostNodeSetParams $Vgpu.call(operation = 1931, symbol = "cuGraphHostNodeSetParams",
    parameters = "CUgraphNode hNode, const CUDA_HOST_NODE_PARAMS *nodeParams",
    callClass = callback, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphHostNodeSetParams", since = 10000)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUDA_HOST_NODE_PARAMS");
  }
  struct Reply {}
}

struct GraphAddChildGraphNode $Vgpu.call(operation = 1932, symbol = "cuGraphAddChildGraphNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "CUgraph childGraph",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddChildGraphNode", since = 10000)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "hGraph == nullptr || childGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);  # 0: the host names nodes, see the reply
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    childGraph @4 :UInt64 $Vgpu.handle(graph);
  }
  struct Reply {
    node @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphChildGraphNodeGetGraph $Vgpu.call(operation = 1933, symbol = "cuGraphChildGraphNodeGetGraph",
    parameters = "CUgraphNode hNode, CUgraph *phGraph",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphChildGraphNodeGetGraph", since = 10000)],
    checks = [(fails = "phGraph == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    phGraph @0 :UInt64 $Vgpu.handle(graph);
  }
}

struct GraphAddEmptyNode $Vgpu.call(operation = 1934, symbol = "cuGraphAddEmptyNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddEmptyNode", since = 10000)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);  # 0: the host names nodes, see the reply
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
  }
  struct Reply {
    node @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphAddEventRecordNode $Vgpu.call(operation = 1935, symbol = "cuGraphAddEventRecordNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "CUevent event",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddEventRecordNode", since = 11010)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "event == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);  # 0: the host names nodes, see the reply
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    event @4 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {
    node @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphEventRecordNodeGetEvent $Vgpu.call(operation = 1936, symbol = "cuGraphEventRecordNodeGetEvent",
    parameters = "CUgraphNode hNode, CUevent *event_out",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphEventRecordNodeGetEvent", since = 11010)],
    checks = [(fails = "event_out == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    eventOut @0 :UInt64 $Vgpu.cName("event_out") $Vgpu.handle(event);
  }
}

struct GraphEventRecordNodeSetEvent $Vgpu.call(operation = 1937, symbol = "cuGraphEventRecordNodeSetEvent",
    parameters = "CUgraphNode hNode, CUevent event",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphEventRecordNodeSetEvent", since = 11010)],
    checks = [(fails = "hNode == nullptr || event == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    event @1 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct GraphAddEventWaitNode $Vgpu.call(operation = 1938, symbol = "cuGraphAddEventWaitNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "CUevent event",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddEventWaitNode", since = 11010)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "event == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);  # 0: the host names nodes, see the reply
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    event @4 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {
    node @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphEventWaitNodeGetEvent $Vgpu.call(operation = 1939, symbol = "cuGraphEventWaitNodeGetEvent",
    parameters = "CUgraphNode hNode, CUevent *event_out",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphEventWaitNodeGetEvent", since = 11010)],
    checks = [(fails = "event_out == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    eventOut @0 :UInt64 $Vgpu.cName("event_out") $Vgpu.handle(event);
  }
}

struct GraphEventWaitNodeSetEvent $Vgpu.call(operation = 1940, symbol = "cuGraphEventWaitNodeSetEvent",
    parameters = "CUgraphNode hNode, CUevent event",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphEventWaitNodeSetEvent", since = 11010)],
    checks = [(fails = "hNode == nullptr || event == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    event @1 :UInt64 $Vgpu.handle(event);
  }
  struct Reply {}
}

struct GraphAddExternalSemaphoresSignalNode $Vgpu.call(operation = 1941,
symbol = "cuGraphAddExternalSemaphoresSignalNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "const CUDA_EXT_SEM_SIGNAL_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddExternalSemaphoresSignalNode", since = 11020)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "nodeParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    nodeParams @4 :Data $Vgpu.layout("CUDA_EXT_SEM_SIGNAL_NODE_PARAMS");
    semaphores @5 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @6 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS");
  }
  struct Reply {}
}

struct GraphExternalSemaphoresSignalNodeGetParams $Vgpu.call(operation = 1942,
symbol = "cuGraphExternalSemaphoresSignalNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_EXT_SEM_SIGNAL_NODE_PARAMS *params_out",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExternalSemaphoresSignalNodeGetParams", since = 11020)],
    checks = [(fails = "params_out == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    paramsOut @0 :Data $Vgpu.cName("params_out") $Vgpu.layout("CUDA_EXT_SEM_SIGNAL_NODE_PARAMS");
    semaphores @1 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @2 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS");
  }
}

struct GraphExternalSemaphoresSignalNodeSetParams $Vgpu.call(operation = 1943,
symbol = "cuGraphExternalSemaphoresSignalNodeSetParams",
    parameters = "CUgraphNode hNode, const CUDA_EXT_SEM_SIGNAL_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExternalSemaphoresSignalNodeSetParams", since = 11020)],
    checks = [(fails = "nodeParams == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hNode == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUDA_EXT_SEM_SIGNAL_NODE_PARAMS");
    semaphores @2 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @3 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS");
  }
  struct Reply {}
}

struct GraphAddExternalSemaphoresWaitNode $Vgpu.call(operation = 1944, symbol = "cuGraphAddExternalSemaphoresWaitNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "const CUDA_EXT_SEM_WAIT_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddExternalSemaphoresWaitNode", since = 11020)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "nodeParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    nodeParams @4 :Data $Vgpu.layout("CUDA_EXT_SEM_WAIT_NODE_PARAMS");
    semaphores @5 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @6 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS");
  }
  struct Reply {}
}

struct GraphExternalSemaphoresWaitNodeGetParams $Vgpu.call(operation = 1945,
symbol = "cuGraphExternalSemaphoresWaitNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_EXT_SEM_WAIT_NODE_PARAMS *params_out",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExternalSemaphoresWaitNodeGetParams", since = 11020)],
    checks = [(fails = "params_out == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    paramsOut @0 :Data $Vgpu.cName("params_out") $Vgpu.layout("CUDA_EXT_SEM_WAIT_NODE_PARAMS");
    semaphores @1 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @2 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS");
  }
}

struct GraphExternalSemaphoresWaitNodeSetParams $Vgpu.call(operation = 1946,
symbol = "cuGraphExternalSemaphoresWaitNodeSetParams",
    parameters = "CUgraphNode hNode, const CUDA_EXT_SEM_WAIT_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphExternalSemaphoresWaitNodeSetParams", since = 11020)],
    checks = [(fails = "nodeParams == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hNode == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUDA_EXT_SEM_WAIT_NODE_PARAMS");
    semaphores @2 :List(UInt64) $Vgpu.handle(externalSemaphore);
    parameters @3 :Data $Vgpu.layout("CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS");
  }
  struct Reply {}
}

struct GraphAddBatchMemOpNode $Vgpu.call(operation = 1947, symbol = "cuGraphAddBatchMemOpNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "const CUDA_BATCH_MEM_OP_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddBatchMemOpNode", since = 11070)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "nodeParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    nodeParams @4 :Data $Vgpu.layout("CUDA_BATCH_MEM_OP_NODE_PARAMS");
    operations @5 :Data $Vgpu.layout("CUstreamBatchMemOpParams");  # what nodeParams->paramArray points to
  }
  struct Reply {}
}

struct GraphBatchMemOpNodeGetParams $Vgpu.call(operation = 1948, symbol = "cuGraphBatchMemOpNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_BATCH_MEM_OP_NODE_PARAMS *nodeParams_out",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphBatchMemOpNodeGetParams", since = 11070)],
    checks = [(fails = "nodeParams_out == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    nodeParamsOut @0 :Data $Vgpu.cName("nodeParams_out") $Vgpu.layout("CUDA_BATCH_MEM_OP_NODE_PARAMS");
    operations @1 :Data $Vgpu.layout("CUstreamBatchMemOpParams");
  }
}

struct GraphBatchMemOpNodeSetParams $Vgpu.call(operation = 1949, symbol = "cuGraphBatchMemOpNodeSetParams",
    parameters = "CUgraphNode hNode, const CUDA_BATCH_MEM_OP_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphBatchMemOpNodeSetParams", since = 11070)],
    checks = [(fails = "nodeParams == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hNode == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUDA_BATCH_MEM_OP_NODE_PARAMS");
    operations @2 :Data $Vgpu.layout("CUstreamBatchMemOpParams");  # what nodeParams->paramArray points to
  }
  struct Reply {}
}

struct GraphAddMemAllocNode $Vgpu.call(operation = 1950, symbol = "cuGraphAddMemAllocNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "CUDA_MEM_ALLOC_NODE_PARAMS *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddMemAllocNode", since = 11040)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "nodeParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    nodeParams @4 :Data $Vgpu.layout("CUDA_MEM_ALLOC_NODE_PARAMS");
    accessDescs @5 :Data $Vgpu.layout("CUmemAccessDesc");  # what nodeParams->accessDescs points to
  }
  struct Reply {
    nodeParams @0 :Data $Vgpu.layout("CUDA_MEM_ALLOC_NODE_PARAMS");
  }
}

struct GraphMemAllocNodeGetParams $Vgpu.call(operation = 1951, symbol = "cuGraphMemAllocNodeGetParams",
    parameters = "CUgraphNode hNode, CUDA_MEM_ALLOC_NODE_PARAMS *params_out",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphMemAllocNodeGetParams", since = 11040)],
    checks = [(fails = "params_out == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    paramsOut @0 :Data $Vgpu.cName("params_out") $Vgpu.layout("CUDA_MEM_ALLOC_NODE_PARAMS");
    accessDescs @1 :Data $Vgpu.layout("CUmemAccessDesc");
  }
}

struct GraphAddMemFreeNode $Vgpu.call(operation = 1952, symbol = "cuGraphAddMemFreeNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, size_t numDependencies, "
                 "CUdeviceptr dptr",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddMemFreeNode", since = 11040)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    numDependencies @3 :UInt64;
    dptr @4 :UInt64 $Vgpu.address(());
  }
  struct Reply {}
}

struct GraphMemFreeNodeGetParams $Vgpu.call(operation = 1953, symbol = "cuGraphMemFreeNodeGetParams",
    parameters = "CUgraphNode hNode, CUdeviceptr *dptr_out",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphMemFreeNodeGetParams", since = 11040)],
    checks = [(fails = "dptr_out == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    dptrOut @0 :UInt64 $Vgpu.cName("dptr_out");
  }
}

struct GraphKernelNodeCopyAttributes $Vgpu.call(operation = 1954, symbol = "cuGraphKernelNodeCopyAttributes",
    parameters = "CUgraphNode dst, CUgraphNode src",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphKernelNodeCopyAttributes", since = 11000)],
    checks = [(fails = "dst == nullptr || src == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    dst @0 :UInt64 $Vgpu.handle(graphNode);
    src @1 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {}
}

struct GraphKernelNodeGetAttribute $Vgpu.call(operation = 1955, symbol = "cuGraphKernelNodeGetAttribute",
    parameters = "CUgraphNode hNode, CUkernelNodeAttrID attr, CUkernelNodeAttrValue *value_out",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphKernelNodeGetAttribute", since = 11000)],
    checks = [(fails = "value_out == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hNode == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    attr @1 :UInt32 $Vgpu.cType("CUkernelNodeAttrID");
  }
  struct Reply {
    valueOut @0 :Data $Vgpu.cName("value_out") $Vgpu.layout("CUkernelNodeAttrValue");
  }
}

struct GraphKernelNodeSetAttribute $Vgpu.call(operation = 1956, symbol = "cuGraphKernelNodeSetAttribute",
    parameters = "CUgraphNode hNode, CUkernelNodeAttrID attr, const CUkernelNodeAttrValue *value",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphKernelNodeSetAttribute", since = 11000)],
    checks = [(fails = "value == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hNode == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    attr @1 :UInt32 $Vgpu.cType("CUkernelNodeAttrID");
    value @2 :Data $Vgpu.layout("CUkernelNodeAttrValue");
  }
  struct Reply {}
}

struct GraphAddNode $Vgpu.call(operation = 1957, symbol = "cuGraphAddNode",
    parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, const CUgraphNode *dependencies, "
                 "const CUgraphEdgeData *dependencyData, size_t numDependencies, CUgraphNodeParams *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddNode", since = 12020, parameters = "CUgraphNode *phGraphNode, CUgraph hGraph, "
                "const CUgraphNode *dependencies, size_t numDependencies, CUgraphNodeParams *nodeParams"),
               (symbol = "cuGraphAddNode_v2", since = 12030)],
    checks = [(fails = "phGraphNode == nullptr || (numDependencies != 0 && dependencies == nullptr) || "
               "nodeParams == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphNode @0 :UInt64 $Vgpu.creates(graphNode);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    dependencies @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    dependencyData @3 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("numDependencies") $Vgpu.optional;
    numDependencies @4 :UInt64;
    nodeParams @5 :Data $Vgpu.layout("CUgraphNodeParams");
    nested @6 :Data;  # what nodeParams points to, in the order of its members
  }
  struct Reply {
    nodeParams @0 :Data $Vgpu.layout("CUgraphNodeParams");
  }
}

struct GraphNodeSetParams $Vgpu.call(operation = 1958, symbol = "cuGraphNodeSetParams",
    parameters = "CUgraphNode hNode, CUgraphNodeParams *nodeParams",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphNodeSetParams", since = 12020)],
    checks = [(fails = "nodeParams == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    nodeParams @1 :Data $Vgpu.layout("CUgraphNodeParams");
    nested @2 :Data;  # what nodeParams points to, in the order of its members
  }
  struct Reply {}
}
