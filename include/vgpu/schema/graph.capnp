@0xc2f4a1d7e95b3390;
# Graphs: building them and looking at their shape.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::graph");

struct GraphCreate $Vgpu.call(operation = 1856, symbol = "cuGraphCreate",
    parameters = "CUgraph *phGraph, unsigned int flags",
    callClass = create, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphCreate", since = 10000)],
    checks = [(fails = "phGraph == nullptr || flags != 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraph @0 :UInt64 $Vgpu.creates(graph);
    flags @1 :UInt32;
  }
  struct Reply {}
}

struct GraphClone $Vgpu.call(operation = 1857, symbol = "cuGraphClone",
    parameters = "CUgraph *phGraphClone, CUgraph originalGraph",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphClone", since = 10000)],
    checks = [(fails = "phGraphClone == nullptr || originalGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    phGraphClone @0 :UInt64 $Vgpu.creates(graph);
    originalGraph @1 :UInt64 $Vgpu.handle(graph);
  }
  struct Reply {}
}

struct GraphNodeFindInClone $Vgpu.call(operation = 1858, symbol = "cuGraphNodeFindInClone",
    parameters = "CUgraphNode *phNode, CUgraphNode hOriginalNode, CUgraph hClonedGraph",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphNodeFindInClone", since = 10000)],
    checks = [(fails = "phNode == nullptr || hOriginalNode == nullptr || hClonedGraph == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hOriginalNode @0 :UInt64 $Vgpu.handle(graphNode);
    hClonedGraph @1 :UInt64 $Vgpu.handle(graph);
  }
  struct Reply {
    phNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
}

struct GraphNodeGetType $Vgpu.call(operation = 1859, symbol = "cuGraphNodeGetType",
    parameters = "CUgraphNode hNode, CUgraphNodeType *type",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphNodeGetType", since = 10000)],
    checks = [(fails = "type == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
  }
  struct Reply {
    type @0 :UInt32 $Vgpu.cType("CUgraphNodeType");
  }
}

struct GraphGetNodes $Vgpu.call(operation = 1860, symbol = "cuGraphGetNodes",
    parameters = "CUgraph hGraph, CUgraphNode *nodes, size_t *numNodes",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphGetNodes", since = 10000)],
    checks = [(fails = "numNodes == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # numNodes is the room on the way out and the count on the way back; without `nodes` the count alone.
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graph);
    numNodes @1 :UInt64;
  }
  struct Reply {
    nodes @0 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("*numNodes") $Vgpu.optional;
    numNodes @1 :UInt64;
  }
}

struct GraphGetRootNodes $Vgpu.call(operation = 1861, symbol = "cuGraphGetRootNodes",
    parameters = "CUgraph hGraph, CUgraphNode *rootNodes, size_t *numRootNodes",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphGetRootNodes", since = 10000)],
    checks = [(fails = "numRootNodes == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # numRootNodes is the room, then the count, as in cuGraphGetNodes.
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graph);
    numRootNodes @1 :UInt64;
  }
  struct Reply {
    rootNodes @0 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("*numRootNodes") $Vgpu.optional;
    numRootNodes @1 :UInt64;
  }
}

struct GraphGetEdges $Vgpu.call(operation = 1862, symbol = "cuGraphGetEdges",
    parameters = "CUgraph hGraph, CUgraphNode *from, CUgraphNode *to, CUgraphEdgeData *edgeData, size_t *numEdges",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphGetEdges", since = 10000, parameters = "CUgraph hGraph, CUgraphNode *from, "
                "CUgraphNode *to, size_t *numEdges", guest = written),
               (symbol = "cuGraphGetEdges_v2", since = 12030)],
    checks = [(fails = "numEdges == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # numEdges is the room, then the count. The older form fails where an edge carries data.
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graph);
    numEdges @1 :UInt64;
  }
  struct Reply {
    from @0 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("*numEdges") $Vgpu.optional;
    to @1 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("*numEdges") $Vgpu.optional;
    edgeData @2 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("*numEdges") $Vgpu.optional;
    numEdges @3 :UInt64;
  }
}

struct GraphNodeGetDependencies $Vgpu.call(operation = 1863, symbol = "cuGraphNodeGetDependencies",
    parameters = "CUgraphNode hNode, CUgraphNode *dependencies, CUgraphEdgeData *edgeData, size_t *numDependencies",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphNodeGetDependencies", since = 10000, parameters = "CUgraphNode hNode, "
                "CUgraphNode *dependencies, size_t *numDependencies", guest = written),
               (symbol = "cuGraphNodeGetDependencies_v2", since = 12030)],
    checks = [(fails = "numDependencies == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    numDependencies @1 :UInt64;
  }
  struct Reply {
    dependencies @0 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("*numDependencies") $Vgpu.optional;
    edgeData @1 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("*numDependencies") $Vgpu.optional;
    numDependencies @2 :UInt64;
  }
}

struct GraphNodeGetDependentNodes $Vgpu.call(operation = 1864, symbol = "cuGraphNodeGetDependentNodes",
    parameters = "CUgraphNode hNode, CUgraphNode *dependentNodes, CUgraphEdgeData *edgeData, size_t *numDependentNodes",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphNodeGetDependentNodes", since = 10000, parameters = "CUgraphNode hNode, "
                "CUgraphNode *dependentNodes, size_t *numDependentNodes", guest = written),
               (symbol = "cuGraphNodeGetDependentNodes_v2", since = 12030)],
    checks = [(fails = "numDependentNodes == nullptr || hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode);
    numDependentNodes @1 :UInt64;
  }
  struct Reply {
    dependentNodes @0 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("*numDependentNodes") $Vgpu.optional;
    edgeData @1 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("*numDependentNodes") $Vgpu.optional;
    numDependentNodes @2 :UInt64;
  }
}

struct GraphAddDependencies $Vgpu.call(operation = 1865, symbol = "cuGraphAddDependencies",
    parameters = "CUgraph hGraph, const CUgraphNode *from, const CUgraphNode *to, const CUgraphEdgeData *edgeData, "
                 "size_t numDependencies",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphAddDependencies", since = 10000, parameters = "CUgraph hGraph, "
                "const CUgraphNode *from, const CUgraphNode *to, size_t numDependencies", guest = written),
               (symbol = "cuGraphAddDependencies_v2", since = 12030)],
    checks = [(fails = "(numDependencies != 0 && from == nullptr) || (numDependencies != 0 && to == nullptr) || "
               "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graph);
    from @1 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    to @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    edgeData @3 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("numDependencies") $Vgpu.optional;
    numDependencies @4 :UInt64;
  }
  struct Reply {}
}

struct GraphRemoveDependencies $Vgpu.call(operation = 1866, symbol = "cuGraphRemoveDependencies",
    parameters = "CUgraph hGraph, const CUgraphNode *from, const CUgraphNode *to, const CUgraphEdgeData *edgeData, "
                 "size_t numDependencies",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphRemoveDependencies", since = 10000, parameters = "CUgraph hGraph, "
                "const CUgraphNode *from, const CUgraphNode *to, size_t numDependencies", guest = written),
               (symbol = "cuGraphRemoveDependencies_v2", since = 12030)],
    checks = [(fails = "(numDependencies != 0 && from == nullptr) || (numDependencies != 0 && to == nullptr) || "
               "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graph);
    from @1 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    to @2 :List(UInt64) $Vgpu.handle(graphNode) $Vgpu.length("numDependencies");
    edgeData @3 :Data $Vgpu.layout("CUgraphEdgeData") $Vgpu.length("numDependencies") $Vgpu.optional;
    numDependencies @4 :UInt64;
  }
  struct Reply {}
}

struct GraphDestroyNode $Vgpu.call(operation = 1867, symbol = "cuGraphDestroyNode",
    parameters = "CUgraphNode hNode",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphDestroyNode", since = 10000)],
    checks = [(fails = "hNode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hNode @0 :UInt64 $Vgpu.handle(graphNode) $Vgpu.releases;
  }
  struct Reply {}
}

struct GraphDestroy $Vgpu.call(operation = 1868, symbol = "cuGraphDestroy",
    parameters = "CUgraph hGraph",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuGraphDestroy", since = 10000)],
    checks = [(fails = "hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graph) $Vgpu.releases;
  }
  struct Reply {}
}

struct GraphDebugDotPrint $Vgpu.call(operation = 1869, symbol = "cuGraphDebugDotPrint",
    parameters = "CUgraph hGraph, const char *path, unsigned int flags",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuGraphDebugDotPrint", since = 11030)],
    checks = [(fails = "path == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hGraph @0 :UInt64 $Vgpu.handle(graph);
    path @1 :Text;
    flags @2 :UInt32;
  }
  struct Reply {
    dot @0 :Text;  # contents of the file, which the guest writes
  }
}

struct UserObjectCreate $Vgpu.call(operation = 1870, symbol = "cuUserObjectCreate",
    parameters = "CUuserObject *object_out, void *ptr, CUhostFn destroy, unsigned int initialRefcount, "
                 "unsigned int flags",
    callClass = callback, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuUserObjectCreate", since = 11030)],
    checks = [(fails = "object_out == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    objectOut @0 :UInt64 $Vgpu.cName("object_out") $Vgpu.creates(userObject);
    ptr @1 :UInt64;
    destroy @2 :UInt64 $Vgpu.cType("CUhostFn");
    initialRefcount @3 :UInt32;
    flags @4 :UInt32;
  }
  struct Reply {}
}

struct UserObjectRetain $Vgpu.call(operation = 1871, symbol = "cuUserObjectRetain",
    parameters = "CUuserObject object, unsigned int count",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuUserObjectRetain", since = 11030)],
    checks = [(fails = "object == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    object @0 :UInt64 $Vgpu.handle(userObject);
    count @1 :UInt32;
  }
  struct Reply {}
}

struct UserObjectRelease $Vgpu.call(operation = 1872, symbol = "cuUserObjectRelease",
    parameters = "CUuserObject object, unsigned int count",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuUserObjectRelease", since = 11030)],
    checks = [(fails = "object == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    object @0 :UInt64 $Vgpu.handle(userObject);
    count @1 :UInt32;
  }
  struct Reply {}
}

struct GraphRetainUserObject $Vgpu.call(operation = 1873, symbol = "cuGraphRetainUserObject",
    parameters = "CUgraph graph, CUuserObject object, unsigned int count, unsigned int flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphRetainUserObject", since = 11030)],
    checks = [(fails = "graph == nullptr || object == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    graph @0 :UInt64 $Vgpu.handle(graph);
    object @1 :UInt64 $Vgpu.handle(userObject);
    count @2 :UInt32;
    flags @3 :UInt32;
  }
  struct Reply {}
}

struct GraphReleaseUserObject $Vgpu.call(operation = 1874, symbol = "cuGraphReleaseUserObject",
    parameters = "CUgraph graph, CUuserObject object, unsigned int count",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphReleaseUserObject", since = 11030)],
    checks = [(fails = "graph == nullptr || object == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    graph @0 :UInt64 $Vgpu.handle(graph);
    object @1 :UInt64 $Vgpu.handle(userObject);
    count @2 :UInt32;
  }
  struct Reply {}
}

struct GraphConditionalHandleCreate $Vgpu.call(operation = 1875, symbol = "cuGraphConditionalHandleCreate",
    parameters = "CUgraphConditionalHandle *pHandle_out, CUgraph hGraph, CUcontext ctx, "
                 "unsigned int defaultLaunchValue, unsigned int flags",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuGraphConditionalHandleCreate", since = 12030)],
    checks = [(fails = "pHandle_out == nullptr || hGraph == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    pHandleOut @0 :UInt64 $Vgpu.cName("pHandle_out") $Vgpu.creates(graphConditional);
    hGraph @1 :UInt64 $Vgpu.handle(graph);
    ctx @2 :UInt64 $Vgpu.handle(context) $Vgpu.optional;
    defaultLaunchValue @3 :UInt32;
    flags @4 :UInt32;
  }
  struct Reply {}
}
