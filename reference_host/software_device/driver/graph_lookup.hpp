#pragma once

#include <mutex>
#include <vector>

#include "driver.hpp"
#include "graph.hpp"

namespace vgpu::softdevice {

/// Calls `body(graph)` under `graph_mutex()`; CUDA_ERROR_INVALID_VALUE for a bad handle.
template <class Body>
CUresult with_graph(CUgraph handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    const auto graph = driver().graphs.find(handle);
    if (graph == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(graph_mutex());
    return body(graph);
  });
}

/// Calls `body(node)` under `graph_mutex()`; CUDA_ERROR_INVALID_VALUE for a bad handle.
template <class Body>
CUresult with_node(CUgraphNode handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    const auto node = driver().graph_nodes.find(handle);
    if (node == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(graph_mutex());
    return body(node);
  });
}

/// The node's work, if it is of type `Kind`.
template <class Kind, class Body>
CUresult with_node_of(CUgraphNode handle, Body&& body) noexcept {
  return with_node(handle, [&](const std::shared_ptr<GraphNode>& node) -> CUresult {
    auto* const work = std::get_if<Kind>(&node->work);
    if (work == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return body(*work, *node);
  });
}

/// Adds a node to a graph after the nodes behind `dependencies`.
CUresult add_node(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                  std::size_t count, Work work, const std::shared_ptr<Context>& context);

/// The context a node's parameters name, or the current one.
CUresult node_context(CUcontext handle, std::shared_ptr<Context>& context);

/// Reads a kernel node's parameters. \param kernel may be null.
CUresult read_kernel_params(const CUDA_KERNEL_NODE_PARAMS_v1& params, CUkernel kernel,
                            CUcontext context_handle, KernelWork& work,
                            std::shared_ptr<Context>& context);

}  // namespace vgpu::softdevice
