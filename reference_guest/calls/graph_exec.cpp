/// Executable graphs.

#include <algorithm>
#include <cstring>
#include <vgpu/calls/graph_exec.hpp>
#include <vgpu/guest_written.hpp>

#include "graph_memory.hpp"
#include "graph_objects.hpp"
#include "mirrored_memory.hpp"
#include "object_note.hpp"

namespace vgpu::guest::written {
namespace {

/// Mints an executable's handle and has `send(id)` make it on the host, which is waited for.
template <class Send>
CUresult instantiate(CUgraphExec* out, CUgraph graph, Send&& send) {
  if (!is_graph(graph)) return CUDA_ERROR_INVALID_VALUE;
  const std::uint64_t id = mint_handle(call::HandleKind::graph_exec);
  if (id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  const CUresult result = send(id);
  if (result != CUDA_SUCCESS) {
    retire_handle(id);
    return result;
  }
  *out = reinterpret_cast<CUgraphExec>(id);
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuGraphInstantiate_v2(CUgraphExec* phGraphExec, CUgraph hGraph, CUgraphNode* phErrorNode,
                               char* logBuffer, size_t bufferSize) {
  return instantiate(phGraphExec, hGraph, [&](std::uint64_t id) {
    ReplyOf<calls::GraphInstantiate> reply;
    const CUresult result =
        call<calls::GraphInstantiate>({.phGraphExec = id,
                                       .hGraph = id_of(hGraph),
                                       .bufferSize = logBuffer != nullptr ? bufferSize : 0},
                                      reply);
    if (phErrorNode != nullptr) {
      *phErrorNode = reinterpret_cast<CUgraphNode>(reply.value.phErrorNode);
    }
    if (logBuffer != nullptr && bufferSize != 0) {
      const std::size_t length = std::min(reply.value.logBuffer.size(), bufferSize - 1);
      std::copy_n(reply.value.logBuffer.data(), length, logBuffer);
      logBuffer[length] = '\0';
    }
    return result;
  });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* phGraphExec, CUgraph hGraph,
                                     unsigned long long flags) {
  return instantiate(phGraphExec, hGraph, [&](std::uint64_t id) {
    return ask<calls::GraphInstantiateWithFlags>(
        {.phGraphExec = id, .hGraph = id_of(hGraph), .flags = flags});
  });
}

CUresult cuGraphInstantiateWithParams(CUgraphExec* phGraphExec, CUgraph hGraph,
                                      CUDA_GRAPH_INSTANTIATE_PARAMS* instantiateParams) {
  if (const CUresult result = check_stream(instantiateParams->hUploadStream);
      result != CUDA_SUCCESS) {
    return result;
  }
  return instantiate(phGraphExec, hGraph, [&](std::uint64_t id) -> CUresult {
    calls::GraphInstantiateWithParams::Request request;
    request.phGraphExec = id;
    request.hGraph = id_of(hGraph);
    request.instantiateParams = bytes_of(instantiateParams, 1);
    ReplyOf<calls::GraphInstantiateWithParams> reply;
    const CUresult result = call<calls::GraphInstantiateWithParams>(request, reply);
    CUDA_GRAPH_INSTANTIATE_PARAMS returned;
    if (call::copy_layout(reply.value.instantiateParams, returned)) {
      instantiateParams->hErrNode_out = returned.hErrNode_out;
      instantiateParams->result_out = returned.result_out;
    }
    return result;
  });
}

CUresult cuGraphExecUpdate_v2(CUgraphExec hGraphExec, CUgraph hGraph,
                              CUgraphExecUpdateResultInfo* resultInfo) {
  if (!is_executable(hGraphExec) || !is_graph(hGraph)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphExecUpdate> reply;
  const CUresult result = call<calls::GraphExecUpdate>(
      {.hGraphExec = id_of(hGraphExec), .hGraph = id_of(hGraph)}, reply);
  CUgraphExecUpdateResultInfo returned;
  if (resultInfo != nullptr && call::copy_layout(reply.value.resultInfo, returned)) {
    *resultInfo = returned;
  }
  return result;
}

CUresult cuGraphExecUpdate(CUgraphExec hGraphExec, CUgraph hGraph, CUgraphNode* hErrorNode_out,
                           CUgraphExecUpdateResult* updateResult_out) {
  if (hErrorNode_out == nullptr || updateResult_out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUgraphExecUpdateResultInfo info{};
  const CUresult result = written::cuGraphExecUpdate_v2(hGraphExec, hGraph, &info);
  *hErrorNode_out = info.errorNode;
  *updateResult_out = info.result;
  return result;
}

CUresult cuGraphExecChildGraphNodeSetParams(CUgraphExec hGraphExec, CUgraphNode hNode,
                                            CUgraph childGraph) {
  if (!is_executable(hGraphExec) || !is_node(hNode) || !is_graph(childGraph)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return ask<calls::GraphExecChildGraphNodeSetParams>(
      {.hGraphExec = id_of(hGraphExec), .hNode = id_of(hNode), .childGraph = id_of(childGraph)});
}

CUresult cuGraphExecEventRecordNodeSetEvent(CUgraphExec hGraphExec, CUgraphNode hNode,
                                            CUevent event) {
  if (!is_executable(hGraphExec) || !is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ObjectNote note;
  if (const CUresult result = check_event(event, note); result != CUDA_SUCCESS) return result;
  return ask<calls::GraphExecEventRecordNodeSetEvent>(
      {.hGraphExec = id_of(hGraphExec),
       .hNode = id_of(hNode),
       .event = call::to_wire<std::uint64_t>(event)});
}

CUresult cuGraphExecEventWaitNodeSetEvent(CUgraphExec hGraphExec, CUgraphNode hNode,
                                          CUevent event) {
  if (!is_executable(hGraphExec) || !is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ObjectNote note;
  if (const CUresult result = check_event(event, note); result != CUDA_SUCCESS) return result;
  return ask<calls::GraphExecEventWaitNodeSetEvent>({.hGraphExec = id_of(hGraphExec),
                                                     .hNode = id_of(hNode),
                                                     .event = call::to_wire<std::uint64_t>(event)});
}

CUresult cuGraphNodeSetEnabled(CUgraphExec hGraphExec, CUgraphNode hNode, unsigned int isEnabled) {
  if (!is_executable(hGraphExec) || !is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  return ask<calls::GraphNodeSetEnabled>(
      {.hGraphExec = id_of(hGraphExec), .hNode = id_of(hNode), .isEnabled = isEnabled});
}

CUresult cuGraphNodeGetEnabled(CUgraphExec hGraphExec, CUgraphNode hNode, unsigned int* isEnabled) {
  if (!is_executable(hGraphExec) || !is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphNodeGetEnabled> reply;
  const CUresult result = call<calls::GraphNodeGetEnabled>(
      {.hGraphExec = id_of(hGraphExec), .hNode = id_of(hNode)}, reply);
  if (result == CUDA_SUCCESS) *isEnabled = reply.value.isEnabled;
  return result;
}

CUresult cuGraphLaunch(CUgraphExec hGraph, CUstream hStream) {
  if (!is_executable(hGraph)) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const calls::GraphLaunch::Request request{.hGraph = id_of(hGraph),
                                            .hStream = call::to_wire<std::uint64_t>(hStream)};
  return graphs_may_allocate ? ask<calls::GraphLaunch>(request) : post<calls::GraphLaunch>(request);
}

}  // namespace vgpu::guest::written
