/// Nodes of graphs: adding them, and their parameters.

#include <algorithm>
#include <cstring>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "capture_handles.hpp"
#include "host_function.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::host {

using call::HandleKind;

namespace {

template <class H>
std::uint64_t word(H handle) noexcept {
  return reinterpret_cast<std::uint64_t>(handle);
}

template <class T>
std::span<const std::byte> to_bytes(CallContext& context, const T& value) {
  const auto bytes = context.scratch<std::byte>(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// Adds a node with `add(&node, graph, dependencies, count)` and names it.
template <class Request, class Reply, class Add>
CUresult add_node(CallContext& context, const Request& request, Reply& reply, Add&& add) {
  CUgraph graph{};
  std::span<CUgraphNode> dependencies;
  if (!resolve_graph(context, request.hGraph, graph) ||
      request.dependencies.size() != request.numDependencies ||
      !resolve_nodes(context, request.dependencies, dependencies)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUgraphNode node = nullptr;
  const CUresult result = add(&node, graph, dependencies.data(), dependencies.size());
  if (result != CUDA_SUCCESS) return result;
  reply.node = node_id(context, node, request.hGraph);
  if (reply.node != 0) return CUDA_SUCCESS;
  context.driver().cuGraphDestroyNode(node);
  return CUDA_ERROR_OUT_OF_MEMORY;
}

/// Parameters of a kernel node with the backend's handles, and the parameter block as the driver
/// takes it.
struct KernelNode {
  CUDA_KERNEL_NODE_PARAMS parameters{};
  std::size_t block_bytes = 0;
  void* extra[5] = {};

  KernelNode() = default;
  KernelNode(const KernelNode&) = delete;
  KernelNode& operator=(const KernelNode&) = delete;

  CUresult read(CallContext& context, std::span<const std::byte> bytes,
                std::span<const std::byte> block) {
    if (!call::copy_layout(bytes, parameters)) return CUDA_ERROR_INVALID_VALUE;
    if (!call::resolve_function(context, word(parameters.func), parameters.func) ||
        !context.resolve(HandleKind::kernel, word(parameters.kern), parameters.kern)) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (!context.resolve(HandleKind::context, word(parameters.ctx), parameters.ctx)) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (parameters.func == nullptr && parameters.kern == nullptr) return CUDA_ERROR_INVALID_VALUE;
    parameters.kernelParams = nullptr;
    parameters.extra = nullptr;
    if (block.empty()) return CUDA_SUCCESS;
    const auto copy = context.scratch<std::byte>(block.size());
    std::memcpy(copy.data(), block.data(), block.size());
    block_bytes = block.size();
    extra[0] = CU_LAUNCH_PARAM_BUFFER_POINTER;
    extra[1] = copy.data();
    extra[2] = CU_LAUNCH_PARAM_BUFFER_SIZE;
    extra[3] = &block_bytes;
    extra[4] = CU_LAUNCH_PARAM_END;
    parameters.extra = extra;
    return CUDA_SUCCESS;
  }
};

/// Where parameter `index` of a node's kernel lies in its block. False past the last one.
bool parameter_place(const DriverTable& driver, const CUDA_KERNEL_NODE_PARAMS& node,
                     std::size_t index, std::size_t& offset, std::size_t& size) {
  if (node.func != nullptr) {
    return driver.cuFuncGetParamInfo != nullptr &&
           driver.cuFuncGetParamInfo(node.func, index, &offset, &size) == CUDA_SUCCESS;
  }
  return driver.cuKernelGetParamInfo != nullptr &&
         driver.cuKernelGetParamInfo(node.kern, index, &offset, &size) == CUDA_SUCCESS;
}

/// The parameter block of a node that the driver describes.
std::span<const std::byte> read_block(CallContext& context, const CUDA_KERNEL_NODE_PARAMS& node) {
  constexpr std::size_t largest_block = 32764;
  if (node.extra != nullptr) {
    const void* buffer = nullptr;
    std::size_t size = 0;
    for (void** entry = node.extra; *entry != CU_LAUNCH_PARAM_END; entry += 2) {
      if (*entry == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = entry[1];
      if (*entry == CU_LAUNCH_PARAM_BUFFER_SIZE) std::memcpy(&size, entry[1], sizeof size);
    }
    if (buffer == nullptr || size > largest_block) return {};
    const auto block = context.scratch<std::byte>(size);
    std::memcpy(block.data(), buffer, size);
    return block;
  }
  if (node.kernelParams == nullptr) return {};
  const auto block = context.scratch<std::byte>(largest_block);
  std::size_t end = 0;
  std::size_t offset = 0;
  std::size_t size = 0;
  for (std::size_t i = 0; parameter_place(context.driver(), node, i, offset, size); ++i) {
    if (offset > largest_block || size > largest_block - offset) return {};
    std::memcpy(block.data() + offset, node.kernelParams[i], size);
    end = std::max(end, offset + size);
  }
  return block.first(end);
}

/// Bytes from the first to the last that a memset node writes. False for more than can be.
bool memset_extent(const CUDA_MEMSET_NODE_PARAMS& node, std::uint64_t& bytes) {
  const std::uint64_t element = node.elementSize;
  if (element != 1 && element != 2 && element != 4) return false;
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  if (node.width > most / element) return false;
  bytes = node.width * element;
  if (node.height <= 1 || bytes == 0) return true;
  if (node.pitch > most / (node.height - 1)) return false;
  bytes += node.pitch * (node.height - 1);
  return true;
}

CUresult read_memset(CallContext& context, std::span<const std::byte> bytes,
                     CUDA_MEMSET_NODE_PARAMS& node) {
  std::uint64_t extent = 0;
  if (!call::copy_layout(bytes, node) || !memset_extent(node, extent) ||
      !context.owns(node.dst, extent)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

/// A host node's parameters with the backend's function in place of the guest's.
CUresult read_host_node(CallContext& context, std::span<const std::byte> bytes,
                        CUDA_HOST_NODE_PARAMS& node) {
  if (!call::copy_layout(bytes, node) || node.fn == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const Trampoline trampoline =
      run_always(context.session(), {reinterpret_cast<std::uint64_t>(node.fn),
                                     reinterpret_cast<std::uint64_t>(node.userData), 0, 0});
  if (trampoline.argument == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  node.fn = trampoline.function;
  node.userData = trampoline.argument;
  return CUDA_SUCCESS;
}

bool resolve_executable(const CallContext& context, std::uint64_t id, CUgraphExec& out) {
  return id != 0 && context.resolve(HandleKind::graph_exec, id, out);
}

template <class Get, class Request>
CUresult event_of_node(CallContext& context, const Request& request, Get get, std::uint64_t& id) {
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUevent event = nullptr;
  const CUresult result = get(node, &event);
  if (result == CUDA_SUCCESS) id = context.id_of(HandleKind::event, event);
  return result;
}

}  // namespace

CUresult execute(CallContext& context, const calls::GraphAddKernelNode::Request& request,
                 calls::GraphAddKernelNode::Reply& reply) {
  const auto add = context.driver().cuGraphAddKernelNode_v2;
  if (add == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  KernelNode kernel;
  if (const CUresult result = kernel.read(context, request.nodeParams, request.parameterBlock);
      result != CUDA_SUCCESS) {
    return result;
  }
  return add_node(context, request, reply,
                  [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t n) {
                    return add(node, graph, before, n, &kernel.parameters);
                  });
}

CUresult execute(CallContext& context, const calls::GraphKernelNodeGetParams::Request& request,
                 calls::GraphKernelNodeGetParams::Reply& reply) {
  const auto get = context.driver().cuGraphKernelNodeGetParams_v2;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  CUDA_KERNEL_NODE_PARAMS parameters{};
  const CUresult result = get(node, &parameters);
  if (result != CUDA_SUCCESS) return result;
  reply.parameterBlock = read_block(context, parameters);
  std::uint64_t function = context.id_of(HandleKind::function, parameters.func);
  if (function == 0) function = context.id_of(HandleKind::kernel, parameters.func);
  const std::uint64_t kernel = context.id_of(HandleKind::kernel, parameters.kern);
  const std::uint64_t owner = context.id_of(HandleKind::context, parameters.ctx);
  parameters.func = reinterpret_cast<CUfunction>(function);
  parameters.kern = reinterpret_cast<CUkernel>(kernel);
  parameters.ctx = reinterpret_cast<CUcontext>(owner);
  parameters.kernelParams = nullptr;
  parameters.extra = nullptr;
  reply.nodeParams = to_bytes(context, parameters);
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::GraphKernelNodeSetParams::Request& request,
                 calls::GraphKernelNodeSetParams::Reply&) {
  const auto set = context.driver().cuGraphKernelNodeSetParams_v2;
  if (set == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  KernelNode kernel;
  const CUresult result = kernel.read(context, request.nodeParams, request.parameterBlock);
  return result == CUDA_SUCCESS ? set(node, &kernel.parameters) : result;
}

CUresult execute(CallContext& context, const calls::GraphExecKernelNodeSetParams::Request& request,
                 calls::GraphExecKernelNodeSetParams::Reply&) {
  const auto set = context.driver().cuGraphExecKernelNodeSetParams_v2;
  if (set == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUgraphExec executable{};
  CUgraphNode node{};
  if (!resolve_executable(context, request.hGraphExec, executable) ||
      !resolve_node(context, request.hNode, node)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  KernelNode kernel;
  const CUresult result = kernel.read(context, request.nodeParams, request.parameterBlock);
  return result == CUDA_SUCCESS ? set(executable, node, &kernel.parameters) : result;
}

CUresult execute(CallContext& context, const calls::GraphAddMemsetNode::Request& request,
                 calls::GraphAddMemsetNode::Reply& reply) {
  CUDA_MEMSET_NODE_PARAMS parameters;
  CUresult result = read_memset(context, request.memsetParams, parameters);
  if (result != CUDA_SUCCESS) return result;
  CUcontext owner{};
  if (!context.resolve(HandleKind::context, request.ctx, owner)) return CUDA_ERROR_INVALID_CONTEXT;
  return add_node(context, request, reply,
                  [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t n) {
                    return context.driver().cuGraphAddMemsetNode(node, graph, before, n,
                                                                 &parameters, owner);
                  });
}

CUresult execute(CallContext& context, const calls::GraphMemsetNodeGetParams::Request& request,
                 calls::GraphMemsetNodeGetParams::Reply& reply) {
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  CUDA_MEMSET_NODE_PARAMS parameters{};
  const CUresult result = context.driver().cuGraphMemsetNodeGetParams(node, &parameters);
  if (result == CUDA_SUCCESS) reply.nodeParams = to_bytes(context, parameters);
  return result;
}

CUresult execute(CallContext& context, const calls::GraphMemsetNodeSetParams::Request& request,
                 calls::GraphMemsetNodeSetParams::Reply&) {
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  CUDA_MEMSET_NODE_PARAMS parameters;
  const CUresult result = read_memset(context, request.nodeParams, parameters);
  return result == CUDA_SUCCESS ? context.driver().cuGraphMemsetNodeSetParams(node, &parameters)
                                : result;
}

CUresult execute(CallContext& context, const calls::GraphExecMemsetNodeSetParams::Request& request,
                 calls::GraphExecMemsetNodeSetParams::Reply&) {
  CUgraphExec executable{};
  CUgraphNode node{};
  if (!resolve_executable(context, request.hGraphExec, executable) ||
      !resolve_node(context, request.hNode, node)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUcontext owner{};
  if (!context.resolve(HandleKind::context, request.ctx, owner)) return CUDA_ERROR_INVALID_CONTEXT;
  CUDA_MEMSET_NODE_PARAMS parameters;
  const CUresult result = read_memset(context, request.memsetParams, parameters);
  if (result != CUDA_SUCCESS) return result;
  return context.driver().cuGraphExecMemsetNodeSetParams(executable, node, &parameters, owner);
}

CUresult execute(CallContext& context, const calls::GraphAddHostNode::Request& request,
                 calls::GraphAddHostNode::Reply& reply) {
  CUDA_HOST_NODE_PARAMS parameters;
  const CUresult result = read_host_node(context, request.nodeParams, parameters);
  if (result != CUDA_SUCCESS) return result;
  return add_node(context, request, reply,
                  [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t n) {
                    return context.driver().cuGraphAddHostNode(node, graph, before, n, &parameters);
                  });
}

CUresult execute(CallContext& context, const calls::GraphHostNodeGetParams::Request& request,
                 calls::GraphHostNodeGetParams::Reply& reply) {
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  CUDA_HOST_NODE_PARAMS parameters{};
  const CUresult result = context.driver().cuGraphHostNodeGetParams(node, &parameters);
  if (result != CUDA_SUCCESS) return result;
  HostFunction function;
  if (!find_host_function(parameters.fn, parameters.userData, function)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  parameters.fn = reinterpret_cast<CUhostFn>(function.function);
  parameters.userData = reinterpret_cast<void*>(function.user_data);
  reply.nodeParams = to_bytes(context, parameters);
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::GraphHostNodeSetParams::Request& request,
                 calls::GraphHostNodeSetParams::Reply&) {
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  CUDA_HOST_NODE_PARAMS parameters;
  const CUresult result = read_host_node(context, request.nodeParams, parameters);
  return result == CUDA_SUCCESS ? context.driver().cuGraphHostNodeSetParams(node, &parameters)
                                : result;
}

CUresult execute(CallContext& context, const calls::GraphExecHostNodeSetParams::Request& request,
                 calls::GraphExecHostNodeSetParams::Reply&) {
  CUgraphExec executable{};
  CUgraphNode node{};
  if (!resolve_executable(context, request.hGraphExec, executable) ||
      !resolve_node(context, request.hNode, node)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUDA_HOST_NODE_PARAMS parameters;
  const CUresult result = read_host_node(context, request.nodeParams, parameters);
  if (result != CUDA_SUCCESS) return result;
  return context.driver().cuGraphExecHostNodeSetParams(executable, node, &parameters);
}

CUresult execute(CallContext& context, const calls::GraphAddChildGraphNode::Request& request,
                 calls::GraphAddChildGraphNode::Reply& reply) {
  CUgraph child{};
  if (!resolve_graph(context, request.childGraph, child)) return CUDA_ERROR_INVALID_VALUE;
  return add_node(context, request, reply,
                  [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t n) {
                    return context.driver().cuGraphAddChildGraphNode(node, graph, before, n, child);
                  });
}

CUresult execute(CallContext& context, const calls::GraphChildGraphNodeGetGraph::Request& request,
                 calls::GraphChildGraphNodeGetGraph::Reply& reply) {
  CUgraphNode node{};
  if (!resolve_node(context, request.hNode, node)) return CUDA_ERROR_INVALID_VALUE;
  CUgraph graph = nullptr;
  const CUresult result = context.driver().cuGraphChildGraphNodeGetGraph(node, &graph);
  if (result != CUDA_SUCCESS) return result;
  // The graph inside a node is the node's, and ends with it.
  reply.phGraph = context.mint(HandleKind::graph, graph, request.hNode);
  return reply.phGraph != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::GraphAddEmptyNode::Request& request,
                 calls::GraphAddEmptyNode::Reply& reply) {
  return add_node(context, request, reply,
                  [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t n) {
                    return context.driver().cuGraphAddEmptyNode(node, graph, before, n);
                  });
}

CUresult execute(CallContext& context, const calls::GraphAddEventRecordNode::Request& request,
                 calls::GraphAddEventRecordNode::Reply& reply) {
  const auto add = context.driver().cuGraphAddEventRecordNode;
  if (add == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUevent event{};
  if (!context.resolve(HandleKind::event, request.event, event)) return CUDA_ERROR_INVALID_HANDLE;
  return add_node(context, request, reply,
                  [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t n) {
                    return add(node, graph, before, n, event);
                  });
}

CUresult execute(CallContext& context, const calls::GraphAddEventWaitNode::Request& request,
                 calls::GraphAddEventWaitNode::Reply& reply) {
  const auto add = context.driver().cuGraphAddEventWaitNode;
  if (add == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUevent event{};
  if (!context.resolve(HandleKind::event, request.event, event)) return CUDA_ERROR_INVALID_HANDLE;
  return add_node(context, request, reply,
                  [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t n) {
                    return add(node, graph, before, n, event);
                  });
}

CUresult execute(CallContext& context, const calls::GraphEventRecordNodeGetEvent::Request& request,
                 calls::GraphEventRecordNodeGetEvent::Reply& reply) {
  return event_of_node(context, request, context.driver().cuGraphEventRecordNodeGetEvent,
                       reply.eventOut);
}

CUresult execute(CallContext& context, const calls::GraphEventWaitNodeGetEvent::Request& request,
                 calls::GraphEventWaitNodeGetEvent::Reply& reply) {
  return event_of_node(context, request, context.driver().cuGraphEventWaitNodeGetEvent,
                       reply.eventOut);
}

}  // namespace vgpu::host
