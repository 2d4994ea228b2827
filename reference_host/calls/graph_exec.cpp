/// Executable graphs.

#include <algorithm>
#include <cstring>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "capture_handles.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::host {

using call::HandleKind;

namespace {

/// Instantiates with `make(&executable, graph)` and enters the result under the guest's id.
template <class Make>
CUresult instantiate(CallContext& context, std::uint64_t id, std::uint64_t graph_handle,
                     Make&& make) {
  CUgraph graph{};
  if (!resolve_graph(context, graph_handle, graph)) return CUDA_ERROR_INVALID_VALUE;
  if (!context.can_bind(HandleKind::graph_exec, id)) return CUDA_ERROR_INVALID_HANDLE;
  CUgraphExec executable = nullptr;
  const CUresult result = make(&executable, graph);
  if (result != CUDA_SUCCESS) return result;
  if (context.bind_new(HandleKind::graph_exec, id, executable)) return CUDA_SUCCESS;
  context.driver().cuGraphExecDestroy(executable);
  return CUDA_ERROR_OUT_OF_MEMORY;
}

/// A node of a graph that the driver complains about; 0 where there is none, or no id for it.
std::uint64_t error_node(CallContext& context, CUgraphNode node, std::uint64_t graph) {
  return node == nullptr ? 0 : node_id(context, node, graph);
}

/// A structure as it goes back to the guest, with ids in place of the backend's handles.
template <class T>
std::span<const std::byte> to_bytes(CallContext& context, const T& value) {
  const auto bytes = context.scratch<std::byte>(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

}  // namespace

CUresult execute(CallContext& context, const calls::GraphInstantiate::Request& request,
                 calls::GraphInstantiate::Reply& reply) {
  const auto make = context.driver().cuGraphInstantiate_v2;
  if (make == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  constexpr std::uint64_t longest_log = 64 * 1024;
  const auto log =
      context.scratch<char>(static_cast<std::size_t>(std::min(request.bufferSize, longest_log)));
  CUgraphNode node = nullptr;
  const CUresult result = instantiate(
      context, request.phGraphExec, request.hGraph, [&](CUgraphExec* executable, CUgraph graph) {
        return make(executable, graph, &node, log.data(), log.size());
      });
  if (result != CUDA_SUCCESS) reply.phErrorNode = error_node(context, node, request.hGraph);
  if (!log.empty()) reply.logBuffer = {log.data(), ::strnlen(log.data(), log.size() - 1)};
  return result;
}

CUresult execute(CallContext& context, const calls::GraphInstantiateWithFlags::Request& request,
                 calls::GraphInstantiateWithFlags::Reply&) {
  const auto make = context.driver().cuGraphInstantiateWithFlags;
  if (make == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return instantiate(context, request.phGraphExec, request.hGraph,
                     [&](CUgraphExec* executable, CUgraph graph) {
                       return make(executable, graph, request.flags);
                     });
}

CUresult execute(CallContext& context, const calls::GraphInstantiateWithParams::Request& request,
                 calls::GraphInstantiateWithParams::Reply& reply) {
  CUDA_GRAPH_INSTANTIATE_PARAMS parameters;
  if (!call::copy_layout(request.instantiateParams, parameters)) return CUDA_ERROR_INVALID_VALUE;
  const auto stream = reinterpret_cast<std::uint64_t>(parameters.hUploadStream);
  if (!context.resolve(HandleKind::stream, stream, parameters.hUploadStream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  const auto make = context.driver().cuGraphInstantiateWithParams;
  if (make == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  parameters.hErrNode_out = nullptr;
  parameters.result_out = CUDA_GRAPH_INSTANTIATE_ERROR;
  const CUresult result = instantiate(
      context, request.phGraphExec, request.hGraph,
      [&](CUgraphExec* executable, CUgraph graph) { return make(executable, graph, &parameters); });
  parameters.hUploadStream = reinterpret_cast<CUstream>(stream);
  parameters.hErrNode_out = reinterpret_cast<CUgraphNode>(
      result == CUDA_SUCCESS ? 0 : error_node(context, parameters.hErrNode_out, request.hGraph));
  reply.instantiateParams = to_bytes(context, parameters);
  return result;
}

CUresult execute(CallContext& context, const calls::GraphExecUpdate::Request& request,
                 calls::GraphExecUpdate::Reply& reply) {
  CUgraphExec executable{};
  CUgraph graph{};
  if (request.hGraphExec == 0 ||
      !context.resolve(HandleKind::graph_exec, request.hGraphExec, executable) ||
      !resolve_graph(context, request.hGraph, graph)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const DriverTable& driver = context.driver();
  CUgraphExecUpdateResultInfo info{};
  CUresult result = CUDA_ERROR_NOT_SUPPORTED;
  if (driver.cuGraphExecUpdate_v2 != nullptr) {
    result = driver.cuGraphExecUpdate_v2(executable, graph, &info);
  } else if (driver.cuGraphExecUpdate != nullptr) {
    result = driver.cuGraphExecUpdate(executable, graph, &info.errorNode, &info.result);
  }
  info.errorNode =
      reinterpret_cast<CUgraphNode>(error_node(context, info.errorNode, request.hGraph));
  info.errorFromNode =
      reinterpret_cast<CUgraphNode>(error_node(context, info.errorFromNode, request.hGraph));
  reply.resultInfo = to_bytes(context, info);
  return result;
}

}  // namespace vgpu::host
