#include "graph.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "capture.hpp"
#include "graph_lookup.hpp"
#include "module.hpp"

using namespace vgpu::softdevice;

namespace {

/// Fills a caller's array in the way of all graph queries: a null array asks for the count; room
/// that is left over is set to null.
CUresult give_nodes(const std::vector<CUgraphNode>& nodes, CUgraphNode* out, std::size_t* count) {
  if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (out == nullptr) {
    *count = nodes.size();
    return CUDA_SUCCESS;
  }
  const std::size_t room = *count;
  for (std::size_t i = 0; i < room; ++i) out[i] = i < nodes.size() ? nodes[i] : nullptr;
  *count = std::min(room, nodes.size());
  return CUDA_SUCCESS;
}

std::vector<CUgraphNode> handles_of(const std::vector<GraphNode*>& nodes) {
  std::vector<CUgraphNode> result;
  result.reserve(nodes.size());
  for (const GraphNode* const node : nodes) result.push_back(node->handle);
  return result;
}

CUresult edges(CUgraph handle, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data,
               std::size_t* count) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (count == nullptr || (from == nullptr) != (to == nullptr) ||
        (data != nullptr && from == nullptr)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    std::vector<CUgraphNode> begins;
    std::vector<CUgraphNode> ends;
    for (const auto& node : graph->nodes) {
      for (const GraphNode* const before : node->dependencies) {
        begins.push_back(before->handle);
        ends.push_back(node->handle);
      }
    }
    const std::size_t room = from == nullptr ? 0 : *count;
    std::size_t given = room;
    give_nodes(begins, from, &given);
    std::size_t same = room;
    give_nodes(ends, to, &same);
    if (data != nullptr) std::fill_n(data, std::min(room, begins.size()), CUgraphEdgeData{});
    *count = from == nullptr ? begins.size() : given;
    return CUDA_SUCCESS;
  });
}

CUresult neighbours(CUgraphNode handle, bool before, CUgraphNode* out, CUgraphEdgeData* data,
                    std::size_t* count) {
  return with_node(handle, [&](const std::shared_ptr<GraphNode>& node) -> CUresult {
    if (data != nullptr && out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const auto list = handles_of(before ? node->dependencies : node->dependents);
    if (count != nullptr && out != nullptr && data != nullptr) {
      std::fill_n(data, std::min(*count, list.size()), CUgraphEdgeData{});
    }
    return give_nodes(list, out, count);
  });
}

bool reaches(const GraphNode* from, const GraphNode* target) {
  std::vector<const GraphNode*> open{from};
  std::vector<const GraphNode*> seen;
  while (!open.empty()) {
    const GraphNode* const node = open.back();
    open.pop_back();
    if (node == target) return true;
    if (std::find(seen.begin(), seen.end(), node) != seen.end()) continue;
    seen.push_back(node);
    open.insert(open.end(), node->dependents.begin(), node->dependents.end());
  }
  return false;
}

/// Edges of this device carry no data: kernels start when what they depend on has ended.
bool is_plain(const CUgraphEdgeData& edge) noexcept {
  const CUgraphEdgeData plain{};
  return std::memcmp(&edge, &plain, sizeof edge) == 0;
}

CUresult change_edges(CUgraph handle, const CUgraphNode* from, const CUgraphNode* to,
                      const CUgraphEdgeData* data, std::size_t count, bool add) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (count == 0) return CUDA_SUCCESS;
    if (from == nullptr || to == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (data != nullptr && !std::all_of(data, data + count, is_plain)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (!add && graph->allocates()) return CUDA_ERROR_NOT_SUPPORTED;
    for (const bool apply : {false, true}) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto first = driver().graph_nodes.find(from[i]);
        const auto second = driver().graph_nodes.find(to[i]);
        if (first == nullptr || second == nullptr || first == second ||
            first->graph.lock() != graph || second->graph.lock() != graph) {
          return CUDA_ERROR_INVALID_VALUE;
        }
        auto& out = first->dependents;
        auto& in = second->dependencies;
        const bool exists = std::find(in.begin(), in.end(), first.get()) != in.end();
        if (exists == add) {
          if (apply && add) continue;
          return CUDA_ERROR_INVALID_VALUE;
        }
        if (add && reaches(second.get(), first.get())) return CUDA_ERROR_INVALID_VALUE;
        if (!apply) continue;
        if (add) {
          in.push_back(first.get());
          out.push_back(second.get());
        } else {
          std::erase(in, first.get());
          std::erase(out, second.get());
        }
      }
    }
    return CUDA_SUCCESS;
  });
}

const char* type_name(CUgraphNodeType type) {
  switch (type) {
    case CU_GRAPH_NODE_TYPE_KERNEL:
      return "KERNEL";
    case CU_GRAPH_NODE_TYPE_MEMCPY:
      return "MEMCPY";
    case CU_GRAPH_NODE_TYPE_MEMSET:
      return "MEMSET";
    case CU_GRAPH_NODE_TYPE_HOST:
      return "HOST";
    case CU_GRAPH_NODE_TYPE_GRAPH:
      return "GRAPH";
    case CU_GRAPH_NODE_TYPE_EMPTY:
      return "EMPTY";
    case CU_GRAPH_NODE_TYPE_WAIT_EVENT:
      return "WAIT_EVENT";
    case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
      return "EVENT_RECORD";
    case CU_GRAPH_NODE_TYPE_MEM_ALLOC:
      return "MEM_ALLOC";
    case CU_GRAPH_NODE_TYPE_MEM_FREE:
      return "MEM_FREE";
    default:
      return "BATCH_MEM_OP";
  }
}

/// What a DOT file says in a node.
std::string label(const GraphNode& node, unsigned flags) {
  std::string text = type_name(node_type(node.work));
  const bool verbose = (flags & CU_GRAPH_DEBUG_DOT_FLAGS_VERBOSE) != 0;
  const auto* const kernel = std::get_if<KernelWork>(&node.work);
  if (kernel == nullptr) return text;
  text += "\\n" + kernel->function->name;
  if (!verbose && (flags & CU_GRAPH_DEBUG_DOT_FLAGS_KERNEL_NODE_PARAMS) == 0) return text;
  for (const auto& extent : {kernel->config.grid, kernel->config.block}) {
    text += "\\n" + std::to_string(extent.x) + " x " + std::to_string(extent.y) + " x " +
            std::to_string(extent.z);
  }
  return text + "\\n" + std::to_string(kernel->config.dynamic_shared_bytes) + " B shared";
}

}  // namespace

extern "C" {

CUresult cuGraphCreate(CUgraph* out, unsigned int flags) {
  return entry([&]() -> CUresult {
    if (out == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    auto graph = std::make_shared<Graph>();
    graph->handle = driver().graphs.add(graph);
    *out = graph->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphDestroy(CUgraph handle) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (graph->owner != nullptr) return CUDA_ERROR_INVALID_VALUE;
    driver().graphs.remove(handle);
    graph->retire();
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphClone(CUgraph* out, CUgraph handle) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (graph->allocates()) return CUDA_ERROR_NOT_SUPPORTED;
    *out = graph->clone()->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphNodeFindInClone(CUgraphNode* out, CUgraphNode original, CUgraph clone) {
  return with_graph(clone, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    for (const auto& node : graph->nodes) {
      if (node->original != original || original == nullptr) continue;
      *out = node->handle;
      return CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuGraphNodeGetType(CUgraphNode handle, CUgraphNodeType* type) {
  return with_node(handle, [&](const std::shared_ptr<GraphNode>& node) -> CUresult {
    if (type == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *type = node_type(node->work);
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) {
    std::vector<CUgraphNode> all;
    for (const auto& node : graph->nodes) all.push_back(node->handle);
    return give_nodes(all, nodes, count);
  });
}

CUresult cuGraphGetRootNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) {
    std::vector<CUgraphNode> roots;
    for (const auto& node : graph->nodes) {
      if (node->dependencies.empty()) roots.push_back(node->handle);
    }
    return give_nodes(roots, nodes, count);
  });
}

CUresult cuGraphGetEdges(CUgraph graph, CUgraphNode* from, CUgraphNode* to, size_t* count) {
  return edges(graph, from, to, nullptr, count);
}
CUresult cuGraphGetEdges_v2(CUgraph graph, CUgraphNode* from, CUgraphNode* to,
                            CUgraphEdgeData* data, size_t* count) {
  return edges(graph, from, to, data, count);
}
CUresult cuGraphNodeGetDependencies(CUgraphNode node, CUgraphNode* out, size_t* count) {
  return neighbours(node, true, out, nullptr, count);
}
CUresult cuGraphNodeGetDependencies_v2(CUgraphNode node, CUgraphNode* out, CUgraphEdgeData* data,
                                       size_t* count) {
  return neighbours(node, true, out, data, count);
}
CUresult cuGraphNodeGetDependentNodes(CUgraphNode node, CUgraphNode* out, size_t* count) {
  return neighbours(node, false, out, nullptr, count);
}
CUresult cuGraphNodeGetDependentNodes_v2(CUgraphNode node, CUgraphNode* out, CUgraphEdgeData* data,
                                         size_t* count) {
  return neighbours(node, false, out, data, count);
}
CUresult cuGraphAddDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                size_t count) {
  return change_edges(graph, from, to, nullptr, count, true);
}
CUresult cuGraphAddDependencies_v2(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                   const CUgraphEdgeData* data, size_t count) {
  return change_edges(graph, from, to, data, count, true);
}
CUresult cuGraphRemoveDependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                   size_t count) {
  return change_edges(graph, from, to, nullptr, count, false);
}
CUresult cuGraphRemoveDependencies_v2(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                      const CUgraphEdgeData* data, size_t count) {
  return change_edges(graph, from, to, data, count, false);
}

CUresult cuGraphDestroyNode(CUgraphNode handle) {
  return with_node(handle, [&](const std::shared_ptr<GraphNode>& node) -> CUresult {
    const auto graph = node->graph.lock();
    if (graph == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (graph->allocates()) return CUDA_ERROR_NOT_SUPPORTED;
    for (GraphNode* const before : node->dependencies) std::erase(before->dependents, node.get());
    for (GraphNode* const after : node->dependents) std::erase(after->dependencies, node.get());
    if (const auto* const child = std::get_if<ChildGraphWork>(&node->work)) {
      driver().graphs.remove(child->graph->handle);
      child->graph->retire();
    }
    driver().graph_nodes.remove(handle);
    std::erase(graph->nodes, node);
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphDebugDotPrint(CUgraph handle, const char* path, unsigned int flags) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (path == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::FILE* const file = std::fopen(path, "w");
    if (file == nullptr) return CUDA_ERROR_OPERATING_SYSTEM;
    std::fputs("digraph vgpu {\n", file);
    for (const auto& node : graph->nodes) {
      const void* const name = node->handle;
      std::fprintf(file, "  \"%p\" [label=\"%s\"];\n", name, label(*node, flags).c_str());
      for (const GraphNode* const before : node->dependencies) {
        std::fprintf(file, "  \"%p\" -> \"%p\";\n", static_cast<const void*>(before->handle), name);
      }
    }
    std::fputs("}\n", file);
    return std::fclose(file) == 0 ? CUDA_SUCCESS : CUDA_ERROR_OPERATING_SYSTEM;
  });
}

}  // extern "C"
