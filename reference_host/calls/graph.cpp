/// Graphs: their shape. Building nodes is in graph_node.cpp.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "capture_handles.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::host {

using call::HandleKind;

namespace {

/// Asks `list(nodes, &count)`, a driver function that lists nodes of `graph` (an id), for the count
/// and then for the nodes. `wanted` of them, at most, go into `ids`.
template <class List>
CUresult list_nodes(CallContext& context, std::uint64_t graph, std::uint64_t wanted, List&& list,
                    std::span<const std::uint64_t>& ids, std::uint64_t& total) {
  std::size_t count = 0;
  CUresult result = list(nullptr, &count);
  if (result != CUDA_SUCCESS) return result;
  total = count;
  if (wanted == 0 || count == 0) return CUDA_SUCCESS;
  const auto nodes = context.scratch<CUgraphNode>(count);
  std::size_t room = count;
  result = list(nodes.data(), &room);
  if (result != CUDA_SUCCESS) return result;
  const std::size_t given = std::min({static_cast<std::size_t>(wanted), count, room});
  return node_ids(context, nodes.first(given), graph, ids) ? CUDA_SUCCESS
                                                           : CUDA_ERROR_OUT_OF_MEMORY;
}

/// The neighbours of a node: `newest` and `older` are the two forms of the driver's function.
template <class Newest, class Older, class Ids>
CUresult list_neighbours(CallContext& context, std::uint64_t node_handle, std::uint64_t wanted,
                         Newest newest, Older older, Ids& ids, std::span<const std::byte>& edges,
                         std::uint64_t& total) {
  CUgraphNode node{};
  if (!resolve_node(context, node_handle, node)) return CUDA_ERROR_INVALID_VALUE;
  if (newest == nullptr && older == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  std::span<CUgraphEdgeData> data;
  const CUresult result = list_nodes(
      context, graph_of_node(context, node_handle), wanted,
      [&](CUgraphNode* nodes, std::size_t* count) {
        if (newest == nullptr) return older(node, nodes, count);
        if (nodes != nullptr) data = context.scratch<CUgraphEdgeData>(*count);
        return newest(node, nodes, nodes != nullptr ? data.data() : nullptr, count);
      },
      ids, total);
  if (result == CUDA_SUCCESS) edges = std::as_bytes(data.first(std::min(data.size(), ids.size())));
  return result;
}

template <class Request, class Newest, class Older>
CUresult change_edges(CallContext& context, const Request& request, Newest newest, Older older) {
  CUgraph graph{};
  std::span<CUgraphNode> from;
  std::span<CUgraphNode> to;
  std::span<CUgraphEdgeData> edges;
  if (!resolve_graph(context, request.hGraph, graph) ||
      request.from.size() != request.numDependencies ||
      request.to.size() != request.numDependencies || !resolve_nodes(context, request.from, from) ||
      !resolve_nodes(context, request.to, to) ||
      !call::copy_layouts(context, request.edgeData, edges) ||
      (!edges.empty() && edges.size() != from.size())) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (newest != nullptr) return newest(graph, from.data(), to.data(), edges.data(), from.size());
  if (older == nullptr || !edges.empty()) return CUDA_ERROR_NOT_SUPPORTED;
  return older(graph, from.data(), to.data(), from.size());
}

}  // namespace

CUresult execute(CallContext& context, const calls::GraphNodeFindInClone::Request& request,
                 calls::GraphNodeFindInClone::Reply& reply) {
  CUgraphNode original{};
  CUgraph clone{};
  if (!resolve_node(context, request.hOriginalNode, original) ||
      !resolve_graph(context, request.hClonedGraph, clone)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUgraphNode node = nullptr;
  const CUresult result = context.driver().cuGraphNodeFindInClone(&node, original, clone);
  if (result != CUDA_SUCCESS) return result;
  reply.phNode = node_id(context, node, request.hClonedGraph);
  return reply.phNode != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::GraphGetNodes::Request& request,
                 calls::GraphGetNodes::Reply& reply) {
  CUgraph graph{};
  if (!resolve_graph(context, request.hGraph, graph)) return CUDA_ERROR_INVALID_VALUE;
  return list_nodes(
      context, request.hGraph, request.numNodes,
      [&](CUgraphNode* nodes, std::size_t* count) {
        return context.driver().cuGraphGetNodes(graph, nodes, count);
      },
      reply.nodes, reply.numNodes);
}

CUresult execute(CallContext& context, const calls::GraphGetRootNodes::Request& request,
                 calls::GraphGetRootNodes::Reply& reply) {
  CUgraph graph{};
  if (!resolve_graph(context, request.hGraph, graph)) return CUDA_ERROR_INVALID_VALUE;
  return list_nodes(
      context, request.hGraph, request.numRootNodes,
      [&](CUgraphNode* nodes, std::size_t* count) {
        return context.driver().cuGraphGetRootNodes(graph, nodes, count);
      },
      reply.rootNodes, reply.numRootNodes);
}

CUresult execute(CallContext& context, const calls::GraphGetEdges::Request& request,
                 calls::GraphGetEdges::Reply& reply) {
  CUgraph graph{};
  if (!resolve_graph(context, request.hGraph, graph)) return CUDA_ERROR_INVALID_VALUE;
  const DriverTable& driver = context.driver();
  const bool newest = driver.cuGraphGetEdges_v2 != nullptr;
  if (!newest && driver.cuGraphGetEdges == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  std::size_t count = 0;
  CUresult result = newest ? driver.cuGraphGetEdges_v2(graph, nullptr, nullptr, nullptr, &count)
                           : driver.cuGraphGetEdges(graph, nullptr, nullptr, &count);
  if (result != CUDA_SUCCESS) return result;
  reply.numEdges = count;
  if (request.numEdges == 0 || count == 0) return CUDA_SUCCESS;
  const auto from = context.scratch<CUgraphNode>(count);
  const auto to = context.scratch<CUgraphNode>(count);
  std::span<CUgraphEdgeData> data;
  std::size_t room = count;
  if (newest) {
    data = context.scratch<CUgraphEdgeData>(count);
    result = driver.cuGraphGetEdges_v2(graph, from.data(), to.data(), data.data(), &room);
  } else {
    result = driver.cuGraphGetEdges(graph, from.data(), to.data(), &room);
  }
  if (result != CUDA_SUCCESS) return result;
  const std::size_t given = std::min({static_cast<std::size_t>(request.numEdges), count, room});
  if (!node_ids(context, from.first(given), request.hGraph, reply.from) ||
      !node_ids(context, to.first(given), request.hGraph, reply.to)) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.edgeData = std::as_bytes(data.first(std::min(data.size(), given)));
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::GraphNodeGetDependencies::Request& request,
                 calls::GraphNodeGetDependencies::Reply& reply) {
  const DriverTable& driver = context.driver();
  return list_neighbours(context, request.hNode, request.numDependencies,
                         driver.cuGraphNodeGetDependencies_v2, driver.cuGraphNodeGetDependencies,
                         reply.dependencies, reply.edgeData, reply.numDependencies);
}

CUresult execute(CallContext& context, const calls::GraphNodeGetDependentNodes::Request& request,
                 calls::GraphNodeGetDependentNodes::Reply& reply) {
  const DriverTable& driver = context.driver();
  return list_neighbours(context, request.hNode, request.numDependentNodes,
                         driver.cuGraphNodeGetDependentNodes_v2,
                         driver.cuGraphNodeGetDependentNodes, reply.dependentNodes, reply.edgeData,
                         reply.numDependentNodes);
}

CUresult execute(CallContext& context, const calls::GraphAddDependencies::Request& request,
                 calls::GraphAddDependencies::Reply&) {
  return change_edges(context, request, context.driver().cuGraphAddDependencies_v2,
                      context.driver().cuGraphAddDependencies);
}

CUresult execute(CallContext& context, const calls::GraphRemoveDependencies::Request& request,
                 calls::GraphRemoveDependencies::Reply&) {
  return change_edges(context, request, context.driver().cuGraphRemoveDependencies_v2,
                      context.driver().cuGraphRemoveDependencies);
}

CUresult execute(CallContext& context, const calls::GraphDebugDotPrint::Request& request,
                 calls::GraphDebugDotPrint::Reply& reply) {
  if (context.driver().cuGraphDebugDotPrint == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUgraph graph{};
  if (!resolve_graph(context, request.hGraph, graph)) return CUDA_ERROR_INVALID_VALUE;
  // The driver writes to a path. This one names memory of the process, and no file of the host.
  const support::UniqueFd file{::memfd_create("vgpu-graph-dot", MFD_CLOEXEC)};
  if (!file) return CUDA_ERROR_OPERATING_SYSTEM;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const CUresult result = context.driver().cuGraphDebugDotPrint(graph, path.c_str(), request.flags);
  if (result != CUDA_SUCCESS) return result;
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return CUDA_ERROR_OPERATING_SYSTEM;
  const auto bytes = static_cast<std::size_t>(status.st_size);
  const auto text = context.scratch<char>(bytes);
  std::size_t read = 0;
  while (read < bytes) {
    const ssize_t now =
        ::pread(file.get(), text.data() + read, bytes - read, static_cast<off_t>(read));
    if (now <= 0) return CUDA_ERROR_OPERATING_SYSTEM;
    read += static_cast<std::size_t>(now);
  }
  reply.dot = {text.data(), read};
  return CUDA_SUCCESS;
}

}  // namespace vgpu::host
