#pragma once

/// \file
/// The handles of a graph that is being captured, and of graph nodes. The guest learns nodes by
/// asking; their ids are the host's choice and end with their graph. A backend says of no node
/// which graph it belongs to, so each id remembers it.

#include <cstdint>
#include <memory>
#include <span>
#include <vgpu/driver_table.hpp>

#include "vgpu/host/call_context.hpp"

namespace vgpu::host {

/// What a backend says about the capture of a stream.
struct CaptureState {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  cuuint64_t id = 0;
  CUgraph graph = nullptr;
  const CUgraphNode* dependencies = nullptr;
  const CUgraphEdgeData* edges = nullptr;  ///< nullptr where the backend knows none
  std::size_t count = 0;
};

/// cuStreamGetCaptureInfo in the newest form the backend has. CUDA_ERROR_LOSSY_QUERY cannot happen
/// with the third; the second returns it where edges carry data.
inline CUresult query_capture(const DriverTable& driver, CUstream stream, CaptureState& state) {
  if (driver.cuStreamGetCaptureInfo_v3 != nullptr) {
    return driver.cuStreamGetCaptureInfo_v3(stream, &state.status, &state.id, &state.graph,
                                            &state.dependencies, &state.edges, &state.count);
  }
  if (driver.cuStreamGetCaptureInfo_v2 == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return driver.cuStreamGetCaptureInfo_v2(stream, &state.status, &state.id, &state.graph,
                                          &state.dependencies, &state.count);
}

/// The id that the host gave the graph of a capture in progress; 0 when nothing is captured in
/// `stream`, when the guest never asked for the graph, and when the graph was the guest's before.
inline std::uint64_t known_capture_graph(CallContext& context, CUstream stream) {
  CaptureState state;
  if (query_capture(context.driver(), stream, state) != CUDA_SUCCESS ||
      state.status != CU_STREAM_CAPTURE_STATUS_ACTIVE) {
    return 0;
  }
  const std::uint64_t id = context.id_of(call::HandleKind::graph, state.graph);
  const bool chosen_here = call::HandleId{id}.index() >= call::HandleId::host_index_begin;
  return chosen_here ? id : 0;
}

/// The id of a node of `graph` (an id); 0 when the guest has as many objects as it may.
inline std::uint64_t node_id(CallContext& context, CUgraphNode node, std::uint64_t graph) {
  const std::uint64_t known = context.id_of(call::HandleKind::graph_node, node);
  if (known != 0 || node == nullptr) return known;
  const std::uint64_t id = context.mint(call::HandleKind::graph_node, node, graph);
  if (id != 0) {
    context.session().handles().attach(call::HandleKind::graph_node, id,
                                       std::make_shared<std::uint64_t>(graph));
  }
  return id;
}

/// The graph (an id) of a node (an id); 0 when unknown.
inline std::uint64_t graph_of_node(CallContext& context, std::uint64_t node) {
  const auto graph = context.session().handles().attachment<std::uint64_t>(node);
  return graph == nullptr ? 0 : *graph;
}

/// Ids of several nodes of `graph`, in scratch memory. False when the guest has as many objects as
/// it may.
inline bool node_ids(CallContext& context, std::span<const CUgraphNode> nodes, std::uint64_t graph,
                     std::span<const std::uint64_t>& out) {
  const auto ids = context.scratch<std::uint64_t>(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    ids[i] = node_id(context, nodes[i], graph);
    if (ids[i] == 0) return false;
  }
  out = ids;
  return true;
}

/// The backend's node; false, also for NULL, when there is no such one.
inline bool resolve_node(const CallContext& context, std::uint64_t id, CUgraphNode& node) {
  return id != 0 && context.resolve(call::HandleKind::graph_node, id, node);
}
inline bool resolve_graph(const CallContext& context, std::uint64_t id, CUgraph& graph) {
  return id != 0 && context.resolve(call::HandleKind::graph, id, graph);
}

/// The backend's nodes for a list of ids, in scratch memory. A NULL list stays NULL.
inline bool resolve_nodes(CallContext& context, std::span<const std::uint64_t> ids,
                          std::span<CUgraphNode>& nodes) {
  nodes = {};
  if (ids.empty()) return true;
  nodes = context.scratch<CUgraphNode>(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!resolve_node(context, ids[i], nodes[i])) return false;
  }
  return true;
}

}  // namespace vgpu::host
