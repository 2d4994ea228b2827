/// Nodes of graphs: adding them, and their parameters.

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>
#include <vgpu/calls/graph_exec.hpp>
#include <vgpu/calls/graph_node.hpp>
#include <vgpu/guest_written.hpp>

#include "code.hpp"
#include "graph_objects.hpp"
#include "object_note.hpp"

namespace vgpu::guest::written {
namespace {

/// The code that a kernel node runs; nullptr when it is not known.
Callable* callable_of(const CUDA_KERNEL_NODE_PARAMS& node) noexcept {
  const auto id = node.func != nullptr ? call::to_wire<std::uint64_t>(node.func)
                                       : call::to_wire<std::uint64_t>(node.kern);
  return id != 0 ? find_callable(id) : nullptr;
}

/// Collects a kernel node's parameters into one block, as for a launch.
CUresult gather(const CUDA_KERNEL_NODE_PARAMS& node, std::vector<std::byte>& block) {
  Callable* callable = callable_of(node);
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = ensure_layout(*callable); result != CUDA_SUCCESS) return result;
  if (node.kernelParams != nullptr && node.extra != nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (node.extra != nullptr) {
    std::span<const std::byte> given;
    if (const CUresult result = read_extra(node.extra, given); result != CUDA_SUCCESS)
      return result;
    block.assign(given.begin(), given.end());
    return CUDA_SUCCESS;
  }
  if (node.kernelParams == nullptr && !callable->parameters.empty()) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  block.resize(callable->parameter_bytes);
  for (std::size_t i = 0; i < callable->parameters.size(); ++i) {
    const KernelParameter& parameter = callable->parameters[i];
    std::memcpy(block.data() + parameter.offset, node.kernelParams[i], parameter.size);
  }
  return CUDA_SUCCESS;
}

/// A kernel node's parameters without what only means something in this process.
CUDA_KERNEL_NODE_PARAMS stripped(CUDA_KERNEL_NODE_PARAMS node) noexcept {
  node.kernelParams = nullptr;
  node.extra = nullptr;
  return node;
}

/// Sends `request` with a kernel node's parameters.
template <class Call>
CUresult send_kernel(typename Call::Request& request, const CUDA_KERNEL_NODE_PARAMS& node,
                     ReplyOf<Call>& reply) {
  std::vector<std::byte> block;
  if (const CUresult result = gather(node, block); result != CUDA_SUCCESS) return result;
  const CUDA_KERNEL_NODE_PARAMS plain = stripped(node);
  request.nodeParams = bytes_of(&plain, 1);
  request.parameterBlock = block;
  return call<Call>(request, reply);
}

/// The older form of a kernel node's parameters as the newer one.
CUDA_KERNEL_NODE_PARAMS widened(const CUDA_KERNEL_NODE_PARAMS_v1& older) noexcept {
  CUDA_KERNEL_NODE_PARAMS node{};
  static_assert(sizeof older == offsetof(CUDA_KERNEL_NODE_PARAMS, kern));
  std::memcpy(&node, &older, sizeof older);
  return node;
}

/// Parameter values that cuGraphKernelNodeGetParams has handed out, per place of a node in the
/// host's table: a place is used again when its node has ended, so there are never more than there
/// were nodes at once.
struct KernelValues {
  std::vector<std::byte> block;
  std::vector<void*> pointers;
  std::size_t bytes = 0;
};
std::mutex values_mutex;

/// The nodes whose parameters were set as one buffer (`extra`), per place likewise.
std::map<std::uint32_t, std::uint64_t>& buffer_nodes() {
  static auto& nodes = *new std::map<std::uint32_t, std::uint64_t>;
  return nodes;
}

void note_buffer(CUgraphNode node, bool one_buffer) {
  const std::uint32_t place = call::HandleId{id_of(node)}.index();
  const std::lock_guard lock(values_mutex);
  if (one_buffer) {
    buffer_nodes()[place] = id_of(node);
  } else {
    buffer_nodes().erase(place);
  }
}

/// Gives `out` pointers to its values, in the form in which they were set.
void keep_values(CUgraphNode node, const Callable& callable, std::span<const std::byte> block,
                 CUDA_KERNEL_NODE_PARAMS& out) {
  static auto& kept = *new std::map<std::uint32_t, std::unique_ptr<KernelValues>>;
  auto values = std::make_unique<KernelValues>();
  values->block.assign(block.begin(), block.end());
  values->block.resize(std::max<std::size_t>(block.size(), callable.parameter_bytes));
  for (const KernelParameter& parameter : callable.parameters) {
    values->pointers.push_back(values->block.data() + parameter.offset);
  }
  values->pointers.push_back(nullptr);
  const std::lock_guard lock(values_mutex);
  const std::uint32_t index = call::HandleId{id_of(node)}.index();
  const auto buffer = buffer_nodes().find(index);
  if (buffer != buffer_nodes().end() && buffer->second == id_of(node)) {
    values->bytes = block.size();
    values->pointers = {CU_LAUNCH_PARAM_BUFFER_POINTER, values->block.data(),
                        CU_LAUNCH_PARAM_BUFFER_SIZE, &values->bytes, CU_LAUNCH_PARAM_END};
    out.extra = values->pointers.data();
  } else {
    out.kernelParams = values->pointers.data();
  }
  kept[index] = std::move(values);
}

/// A request that adds a node: where, and after which others. `set` fills the rest.
template <class Call, class Set>
CUresult add_node(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                  std::size_t count, Set&& set) {
  if (!is_graph(graph)) return CUDA_ERROR_INVALID_VALUE;
  typename Call::Request request;
  request.hGraph = id_of(graph);
  request.dependencies = ids_of(dependencies, count);
  request.numDependencies = count;
  ReplyOf<Call> reply;
  const CUresult result = set(request, reply);
  if (result == CUDA_SUCCESS) *out = reinterpret_cast<CUgraphNode>(reply.value.node);
  return result;
}

CUresult check_context(CUcontext context) noexcept {
  return context == nullptr || contexts()->find(context) != nullptr ? CUDA_SUCCESS
                                                                    : CUDA_ERROR_INVALID_CONTEXT;
}

template <class Call>
CUresult event_of_node(CUgraphNode node, CUevent* out) {
  if (!is_node(node)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<Call> reply;
  const CUresult result = call<Call>({.hNode = id_of(node)}, reply);
  if (result == CUDA_SUCCESS) *out = reinterpret_cast<CUevent>(reply.value.eventOut);
  return result;
}

template <class Call>
CUresult set_event(CUgraphNode node, CUevent event) {
  if (!is_node(node)) return CUDA_ERROR_INVALID_VALUE;
  ObjectNote note;
  if (const CUresult result = check_event(event, note); result != CUDA_SUCCESS) return result;
  return ask<Call>({.hNode = id_of(node), .event = call::to_wire<std::uint64_t>(event)});
}

template <class Call>
CUresult add_event_node(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                        std::size_t count, CUevent event) {
  ObjectNote note;
  if (const CUresult result = check_event(event, note); result != CUDA_SUCCESS) return result;
  return add_node<Call>(out, graph, dependencies, count, [&](auto& request, auto& reply) {
    request.event = call::to_wire<std::uint64_t>(event);
    return call<Call>(request, reply);
  });
}

}  // namespace

CUresult cuGraphAddKernelNode_v2(CUgraphNode* phGraphNode, CUgraph hGraph,
                                 const CUgraphNode* dependencies, size_t numDependencies,
                                 const CUDA_KERNEL_NODE_PARAMS* nodeParams) {
  const CUresult result = add_node<calls::GraphAddKernelNode>(
      phGraphNode, hGraph, dependencies, numDependencies, [&](auto& request, auto& reply) {
        return send_kernel<calls::GraphAddKernelNode>(request, *nodeParams, reply);
      });
  if (result == CUDA_SUCCESS && nodeParams->extra != nullptr) note_buffer(*phGraphNode, true);
  return result;
}

CUresult cuGraphAddKernelNode(CUgraphNode* phGraphNode, CUgraph hGraph,
                              const CUgraphNode* dependencies, size_t numDependencies,
                              const CUDA_KERNEL_NODE_PARAMS_v1* nodeParams) {
  if (phGraphNode == nullptr || nodeParams == nullptr ||
      (numDependencies != 0 && dependencies == nullptr)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const CUDA_KERNEL_NODE_PARAMS node = widened(*nodeParams);
  return written::cuGraphAddKernelNode_v2(phGraphNode, hGraph, dependencies, numDependencies,
                                          &node);
}

CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode hNode, CUDA_KERNEL_NODE_PARAMS* nodeParams) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphKernelNodeGetParams> reply;
  const CUresult result = call<calls::GraphKernelNodeGetParams>({.hNode = id_of(hNode)}, reply);
  if (result != CUDA_SUCCESS) return result;
  CUDA_KERNEL_NODE_PARAMS node;
  if (!call::copy_layout(reply.value.nodeParams, node)) return CUDA_ERROR_UNKNOWN;
  node = stripped(node);
  if (const Callable* callable = callable_of(node)) {
    keep_values(hNode, *callable, reply.value.parameterBlock, node);
  }
  *nodeParams = node;
  return CUDA_SUCCESS;
}

CUresult cuGraphKernelNodeGetParams(CUgraphNode hNode, CUDA_KERNEL_NODE_PARAMS_v1* nodeParams) {
  if (nodeParams == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_KERNEL_NODE_PARAMS node{};
  const CUresult result = written::cuGraphKernelNodeGetParams_v2(hNode, &node);
  if (result == CUDA_SUCCESS) std::memcpy(nodeParams, &node, sizeof *nodeParams);
  return result;
}

CUresult cuGraphKernelNodeSetParams_v2(CUgraphNode hNode,
                                       const CUDA_KERNEL_NODE_PARAMS* nodeParams) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  calls::GraphKernelNodeSetParams::Request request;
  request.hNode = id_of(hNode);
  ReplyOf<calls::GraphKernelNodeSetParams> reply;
  const CUresult result = send_kernel<calls::GraphKernelNodeSetParams>(request, *nodeParams, reply);
  if (result == CUDA_SUCCESS) note_buffer(hNode, nodeParams->extra != nullptr);
  return result;
}

CUresult cuGraphKernelNodeSetParams(CUgraphNode hNode,
                                    const CUDA_KERNEL_NODE_PARAMS_v1* nodeParams) {
  if (nodeParams == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUDA_KERNEL_NODE_PARAMS node = widened(*nodeParams);
  return written::cuGraphKernelNodeSetParams_v2(hNode, &node);
}

CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec hGraphExec, CUgraphNode hNode,
                                           const CUDA_KERNEL_NODE_PARAMS* nodeParams) {
  if (!is_executable(hGraphExec) || !is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  calls::GraphExecKernelNodeSetParams::Request request;
  request.hGraphExec = id_of(hGraphExec);
  request.hNode = id_of(hNode);
  ReplyOf<calls::GraphExecKernelNodeSetParams> reply;
  return send_kernel<calls::GraphExecKernelNodeSetParams>(request, *nodeParams, reply);
}

CUresult cuGraphExecKernelNodeSetParams(CUgraphExec hGraphExec, CUgraphNode hNode,
                                        const CUDA_KERNEL_NODE_PARAMS_v1* nodeParams) {
  if (nodeParams == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUDA_KERNEL_NODE_PARAMS node = widened(*nodeParams);
  return written::cuGraphExecKernelNodeSetParams_v2(hGraphExec, hNode, &node);
}

CUresult cuGraphAddMemsetNode(CUgraphNode* phGraphNode, CUgraph hGraph,
                              const CUgraphNode* dependencies, size_t numDependencies,
                              const CUDA_MEMSET_NODE_PARAMS* memsetParams, CUcontext ctx) {
  if (const CUresult result = check_context(ctx); result != CUDA_SUCCESS) return result;
  return add_node<calls::GraphAddMemsetNode>(
      phGraphNode, hGraph, dependencies, numDependencies, [&](auto& request, auto& reply) {
        request.memsetParams = bytes_of(memsetParams, 1);
        request.ctx = call::to_wire<std::uint64_t>(ctx);
        return call<calls::GraphAddMemsetNode>(request, reply);
      });
}

CUresult cuGraphMemsetNodeGetParams(CUgraphNode hNode, CUDA_MEMSET_NODE_PARAMS* nodeParams) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphMemsetNodeGetParams> reply;
  const CUresult result = call<calls::GraphMemsetNodeGetParams>({.hNode = id_of(hNode)}, reply);
  if (result != CUDA_SUCCESS) return result;
  return call::copy_layout(reply.value.nodeParams, *nodeParams) ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN;
}

CUresult cuGraphMemsetNodeSetParams(CUgraphNode hNode, const CUDA_MEMSET_NODE_PARAMS* nodeParams) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  calls::GraphMemsetNodeSetParams::Request request;
  request.hNode = id_of(hNode);
  request.nodeParams = bytes_of(nodeParams, 1);
  return ask<calls::GraphMemsetNodeSetParams>(request);
}

CUresult cuGraphExecMemsetNodeSetParams(CUgraphExec hGraphExec, CUgraphNode hNode,
                                        const CUDA_MEMSET_NODE_PARAMS* memsetParams,
                                        CUcontext ctx) {
  if (!is_executable(hGraphExec) || !is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = check_context(ctx); result != CUDA_SUCCESS) return result;
  calls::GraphExecMemsetNodeSetParams::Request request;
  request.hGraphExec = id_of(hGraphExec);
  request.hNode = id_of(hNode);
  request.memsetParams = bytes_of(memsetParams, 1);
  request.ctx = call::to_wire<std::uint64_t>(ctx);
  return ask<calls::GraphExecMemsetNodeSetParams>(request);
}

CUresult cuGraphAddChildGraphNode(CUgraphNode* phGraphNode, CUgraph hGraph,
                                  const CUgraphNode* dependencies, size_t numDependencies,
                                  CUgraph childGraph) {
  if (!is_graph(childGraph)) return CUDA_ERROR_INVALID_VALUE;
  return add_node<calls::GraphAddChildGraphNode>(
      phGraphNode, hGraph, dependencies, numDependencies, [&](auto& request, auto& reply) {
        request.childGraph = id_of(childGraph);
        return call<calls::GraphAddChildGraphNode>(request, reply);
      });
}

CUresult cuGraphChildGraphNodeGetGraph(CUgraphNode hNode, CUgraph* phGraph) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphChildGraphNodeGetGraph> reply;
  const CUresult result = call<calls::GraphChildGraphNodeGetGraph>({.hNode = id_of(hNode)}, reply);
  if (result != CUDA_SUCCESS) return result;
  if (!handle_valid(call::HandleKind::graph, reply.value.phGraph)) {
    adopt_handle(reply.value.phGraph);
  }
  *phGraph = reinterpret_cast<CUgraph>(reply.value.phGraph);
  return CUDA_SUCCESS;
}

CUresult cuGraphAddEmptyNode(CUgraphNode* phGraphNode, CUgraph hGraph,
                             const CUgraphNode* dependencies, size_t numDependencies) {
  return add_node<calls::GraphAddEmptyNode>(
      phGraphNode, hGraph, dependencies, numDependencies,
      [](auto& request, auto& reply) { return call<calls::GraphAddEmptyNode>(request, reply); });
}

CUresult cuGraphAddEventRecordNode(CUgraphNode* phGraphNode, CUgraph hGraph,
                                   const CUgraphNode* dependencies, size_t numDependencies,
                                   CUevent event) {
  return add_event_node<calls::GraphAddEventRecordNode>(phGraphNode, hGraph, dependencies,
                                                        numDependencies, event);
}

CUresult cuGraphAddEventWaitNode(CUgraphNode* phGraphNode, CUgraph hGraph,
                                 const CUgraphNode* dependencies, size_t numDependencies,
                                 CUevent event) {
  return add_event_node<calls::GraphAddEventWaitNode>(phGraphNode, hGraph, dependencies,
                                                      numDependencies, event);
}

CUresult cuGraphEventRecordNodeGetEvent(CUgraphNode hNode, CUevent* event_out) {
  return event_of_node<calls::GraphEventRecordNodeGetEvent>(hNode, event_out);
}

CUresult cuGraphEventWaitNodeGetEvent(CUgraphNode hNode, CUevent* event_out) {
  return event_of_node<calls::GraphEventWaitNodeGetEvent>(hNode, event_out);
}

CUresult cuGraphEventRecordNodeSetEvent(CUgraphNode hNode, CUevent event) {
  return set_event<calls::GraphEventRecordNodeSetEvent>(hNode, event);
}

CUresult cuGraphEventWaitNodeSetEvent(CUgraphNode hNode, CUevent event) {
  return set_event<calls::GraphEventWaitNodeSetEvent>(hNode, event);
}

}  // namespace vgpu::guest::written
