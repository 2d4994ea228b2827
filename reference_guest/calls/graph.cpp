/// Graphs: their shape.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>
#include <vgpu/calls/graph.hpp>
#include <vgpu/guest_written.hpp>

#include "graph_objects.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::guest::written {
namespace {

/// Fills the caller's array of `*room` entries as CUDA does: unused ones become zero, and `*room`
/// becomes the number of used ones.
template <class T>
void fill(std::span<const T> values, T* out, std::size_t room) noexcept {
  const std::size_t used = std::min(room, values.size());
  std::copy_n(values.begin(), used, out);
  std::fill(out + used, out + room, T{});
}

std::span<const CUgraphNode> nodes_of(std::span<const std::uint64_t> ids) noexcept {
  return {reinterpret_cast<const CUgraphNode*>(ids.data()), ids.size()};
}

/// A list of nodes in the two-call protocol: without an array only the count is given.
void give_nodes(std::span<const std::uint64_t> ids, std::uint64_t total, CUgraphNode* out,
                std::size_t* count) noexcept {
  if (out == nullptr) {
    *count = total;
    return;
  }
  fill(nodes_of(ids), out, *count);
  *count = std::min(*count, ids.size());
}

/// The data of `count` edges, plain where the host sent none. False when it sent nonsense.
bool read_edges(std::span<const std::byte> bytes, std::size_t count,
                std::vector<CUgraphEdgeData>& edges) {
  edges.assign(count, CUgraphEdgeData{});
  return call::copy_bytes(bytes, edges.data(), count * sizeof(CUgraphEdgeData));
}

bool has_data(const std::vector<CUgraphEdgeData>& edges) noexcept {
  const CUgraphEdgeData plain{};
  return std::any_of(edges.begin(), edges.end(), [&plain](const CUgraphEdgeData& edge) {
    return std::memcmp(&edge, &plain, sizeof edge) != 0;
  });
}

/// The neighbours of a node, with the data of the edges that lead to them. Without room for the
/// data, edges that carry some cannot be told.
CUresult give_neighbours(std::span<const std::uint64_t> ids, std::span<const std::byte> bytes,
                         std::uint64_t total, CUgraphNode* out, CUgraphEdgeData* edge_data,
                         std::size_t* count) {
  if (edge_data != nullptr && out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (out != nullptr) {
    std::vector<CUgraphEdgeData> edges;
    if (!read_edges(bytes, ids.size(), edges)) return CUDA_ERROR_UNKNOWN;
    if (edge_data != nullptr) {
      fill(std::span<const CUgraphEdgeData>(edges), edge_data, *count);
    } else if (has_data(edges)) {
      return CUDA_ERROR_LOSSY_QUERY;
    }
  }
  give_nodes(ids, total, out, count);
  return CUDA_SUCCESS;
}

template <class Call>
CUresult change_edges(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                      const CUgraphEdgeData* edges, std::size_t count) {
  if (!is_graph(graph)) return CUDA_ERROR_INVALID_VALUE;
  if (count == 0) return CUDA_SUCCESS;
  typename Call::Request request;
  request.hGraph = id_of(graph);
  request.from = ids_of(from, count);
  request.to = ids_of(to, count);
  request.edgeData = bytes_of(edges, count);
  request.numDependencies = count;
  return ask<Call>(request);
}

template <class Call>
CUresult change_plain_edges(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                            std::size_t count) {
  if (count != 0 && (from == nullptr || to == nullptr)) return CUDA_ERROR_INVALID_VALUE;
  return change_edges<Call>(graph, from, to, nullptr, count);
}

}  // namespace

CUresult cuGraphNodeFindInClone(CUgraphNode* phNode, CUgraphNode hOriginalNode,
                                CUgraph hClonedGraph) {
  if (!is_node(hOriginalNode) || !is_graph(hClonedGraph)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphNodeFindInClone> reply;
  const CUresult result = call<calls::GraphNodeFindInClone>(
      {.hOriginalNode = id_of(hOriginalNode), .hClonedGraph = id_of(hClonedGraph)}, reply);
  if (result == CUDA_SUCCESS) *phNode = reinterpret_cast<CUgraphNode>(reply.value.phNode);
  return result;
}

CUresult cuGraphNodeGetType(CUgraphNode hNode, CUgraphNodeType* type) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphNodeGetType> reply;
  const CUresult result = call<calls::GraphNodeGetType>({.hNode = id_of(hNode)}, reply);
  if (result == CUDA_SUCCESS) call::from_wire(reply.value.type, *type);
  return result;
}

CUresult cuGraphGetNodes(CUgraph hGraph, CUgraphNode* nodes, size_t* numNodes) {
  if (!is_graph(hGraph)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphGetNodes> reply;
  const CUresult result = call<calls::GraphGetNodes>(
      {.hGraph = id_of(hGraph), .numNodes = nodes != nullptr ? *numNodes : 0}, reply);
  if (result == CUDA_SUCCESS) give_nodes(reply.value.nodes, reply.value.numNodes, nodes, numNodes);
  return result;
}

CUresult cuGraphGetRootNodes(CUgraph hGraph, CUgraphNode* rootNodes, size_t* numRootNodes) {
  if (!is_graph(hGraph)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphGetRootNodes> reply;
  const CUresult result = call<calls::GraphGetRootNodes>(
      {.hGraph = id_of(hGraph), .numRootNodes = rootNodes != nullptr ? *numRootNodes : 0}, reply);
  if (result != CUDA_SUCCESS) return result;
  give_nodes(reply.value.rootNodes, reply.value.numRootNodes, rootNodes, numRootNodes);
  return CUDA_SUCCESS;
}

CUresult cuGraphGetEdges_v2(CUgraph hGraph, CUgraphNode* from, CUgraphNode* to,
                            CUgraphEdgeData* edgeData, size_t* numEdges) {
  if (!is_graph(hGraph) || (from == nullptr) != (to == nullptr)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphGetEdges> reply;
  const CUresult result = call<calls::GraphGetEdges>(
      {.hGraph = id_of(hGraph), .numEdges = from != nullptr ? *numEdges : 0}, reply);
  if (result != CUDA_SUCCESS) return result;
  if (reply.value.from.size() != reply.value.to.size()) return CUDA_ERROR_UNKNOWN;
  std::size_t room = *numEdges;
  const CUresult given = give_neighbours(reply.value.from, reply.value.edgeData,
                                         reply.value.numEdges, from, edgeData, numEdges);
  if (given == CUDA_SUCCESS && to != nullptr) give_nodes(reply.value.to, 0, to, &room);
  return given;
}

CUresult cuGraphGetEdges(CUgraph hGraph, CUgraphNode* from, CUgraphNode* to, size_t* numEdges) {
  if (numEdges == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return written::cuGraphGetEdges_v2(hGraph, from, to, nullptr, numEdges);
}

CUresult cuGraphNodeGetDependencies_v2(CUgraphNode hNode, CUgraphNode* dependencies,
                                       CUgraphEdgeData* edgeData, size_t* numDependencies) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphNodeGetDependencies> reply;
  const CUresult result = call<calls::GraphNodeGetDependencies>(
      {.hNode = id_of(hNode), .numDependencies = dependencies != nullptr ? *numDependencies : 0},
      reply);
  if (result != CUDA_SUCCESS) return result;
  return give_neighbours(reply.value.dependencies, reply.value.edgeData,
                         reply.value.numDependencies, dependencies, edgeData, numDependencies);
}

CUresult cuGraphNodeGetDependencies(CUgraphNode hNode, CUgraphNode* dependencies,
                                    size_t* numDependencies) {
  if (numDependencies == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return written::cuGraphNodeGetDependencies_v2(hNode, dependencies, nullptr, numDependencies);
}

CUresult cuGraphNodeGetDependentNodes_v2(CUgraphNode hNode, CUgraphNode* dependentNodes,
                                         CUgraphEdgeData* edgeData, size_t* numDependentNodes) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphNodeGetDependentNodes> reply;
  const CUresult result = call<calls::GraphNodeGetDependentNodes>(
      {.hNode = id_of(hNode),
       .numDependentNodes = dependentNodes != nullptr ? *numDependentNodes : 0},
      reply);
  if (result != CUDA_SUCCESS) return result;
  return give_neighbours(reply.value.dependentNodes, reply.value.edgeData,
                         reply.value.numDependentNodes, dependentNodes, edgeData,
                         numDependentNodes);
}

CUresult cuGraphNodeGetDependentNodes(CUgraphNode hNode, CUgraphNode* dependentNodes,
                                      size_t* numDependentNodes) {
  if (numDependentNodes == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return written::cuGraphNodeGetDependentNodes_v2(hNode, dependentNodes, nullptr,
                                                  numDependentNodes);
}

CUresult cuGraphAddDependencies_v2(CUgraph hGraph, const CUgraphNode* from, const CUgraphNode* to,
                                   const CUgraphEdgeData* edgeData, size_t numDependencies) {
  return change_edges<calls::GraphAddDependencies>(hGraph, from, to, edgeData, numDependencies);
}

CUresult cuGraphAddDependencies(CUgraph hGraph, const CUgraphNode* from, const CUgraphNode* to,
                                size_t numDependencies) {
  return change_plain_edges<calls::GraphAddDependencies>(hGraph, from, to, numDependencies);
}

CUresult cuGraphRemoveDependencies_v2(CUgraph hGraph, const CUgraphNode* from,
                                      const CUgraphNode* to, const CUgraphEdgeData* edgeData,
                                      size_t numDependencies) {
  return change_edges<calls::GraphRemoveDependencies>(hGraph, from, to, edgeData, numDependencies);
}

CUresult cuGraphRemoveDependencies(CUgraph hGraph, const CUgraphNode* from, const CUgraphNode* to,
                                   size_t numDependencies) {
  return change_plain_edges<calls::GraphRemoveDependencies>(hGraph, from, to, numDependencies);
}

CUresult cuGraphDestroyNode(CUgraphNode hNode) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  return ask<calls::GraphDestroyNode>({.hNode = id_of(hNode)});
}

CUresult cuGraphDebugDotPrint(CUgraph hGraph, const char* path, unsigned int flags) {
  if (!is_graph(hGraph)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphDebugDotPrint> reply;
  calls::GraphDebugDotPrint::Request request;
  request.hGraph = id_of(hGraph);
  request.flags = flags;
  const CUresult result = call<calls::GraphDebugDotPrint>(request, reply);
  if (result != CUDA_SUCCESS) return result;
  const support::UniqueFd file{::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  std::string_view rest = reply.value.dot;
  bool good = static_cast<bool>(file);
  while (good && !rest.empty()) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    good = written > 0 || (written < 0 && errno == EINTR);
  }
  if (good) return CUDA_SUCCESS;
  log(LogLevel::error, "cuGraphDebugDotPrint cannot write ", path, ": ", std::strerror(errno));
  return CUDA_ERROR_OPERATING_SYSTEM;
}

}  // namespace vgpu::guest::written
