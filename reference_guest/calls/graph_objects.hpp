#pragma once

/// \file
/// Graph and node handles on their way to the host. Nodes are known to the host alone: it names
/// them, they end with their graph, and every call that takes one waits for it. So the guest keeps
/// no table of them and looks at the kind only.

#include <cstddef>
#include <cstdint>
#include <span>

#include "vgpu/call/convert.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest {

inline std::uint64_t id_of(CUgraph graph) noexcept {
  return call::to_wire<std::uint64_t>(graph);
}
inline std::uint64_t id_of(CUgraphExec graph) noexcept {
  return call::to_wire<std::uint64_t>(graph);
}
inline std::uint64_t id_of(CUgraphNode node) noexcept {
  return call::to_wire<std::uint64_t>(node);
}

inline bool is_graph(CUgraph graph) noexcept {
  return handle_valid(call::HandleKind::graph, id_of(graph));
}
inline bool is_executable(CUgraphExec graph) noexcept {
  return handle_valid(call::HandleKind::graph_exec, id_of(graph));
}
inline bool is_node(CUgraphNode node) noexcept {
  return call::HandleId{id_of(node)}.kind() == call::HandleKind::graph_node;
}

/// An array of nodes as a list of ids; NULL and empty are the same.
inline std::span<const std::uint64_t> ids_of(const CUgraphNode* nodes, std::size_t count) noexcept {
  static_assert(sizeof(CUgraphNode) == sizeof(std::uint64_t));
  if (nodes == nullptr) return {};
  return {reinterpret_cast<const std::uint64_t*>(nodes), count};
}

template <class T>
std::span<const std::byte> bytes_of(const T* values, std::size_t count) noexcept {
  if (values == nullptr) return {};
  return {reinterpret_cast<const std::byte*>(values), count * sizeof(T)};
}

/// Sends a request whose answer is its result alone.
template <class Call>
CUresult ask(const typename Call::Request& request) noexcept {
  ReplyOf<Call> reply;
  return call<Call>(request, reply);
}

}  // namespace vgpu::guest
