#pragma once

#include <cuda.h>

#include <memory>
#include <mutex>
#include <vector>

#include "completion.hpp"
#include "work.hpp"

namespace vgpu::softdevice {

struct Allocation;
struct Graph;
struct GraphExec;

/// A node; `graph_mutex()` guards everything but the work of an executable graph.
struct GraphNode {
  CUgraphNode handle = nullptr;
  std::weak_ptr<Graph> graph;
  Work work;
  std::weak_ptr<Context> context;
  std::vector<GraphNode*> dependencies;
  std::vector<GraphNode*> dependents;
  CUgraphNode original = nullptr;  ///< the node this one was cloned from
  std::vector<void*> pointers;     ///< what a query for kernel parameters handed out
  std::size_t buffer_bytes = 0;    ///< the same
};

/// Memory that graph nodes allocated: it lives as long as any graph or executable that knows it.
struct GraphMemory {
  std::vector<std::uintptr_t> addresses;
  std::weak_ptr<GraphExec> exec;  ///< a graph that allocates has one executable at a time
  GraphMemory() = default;
  GraphMemory(const GraphMemory&) = delete;
  GraphMemory& operator=(const GraphMemory&) = delete;
  ~GraphMemory();
};

struct Graph : std::enable_shared_from_this<Graph> {
  CUgraph handle = nullptr;
  std::vector<std::shared_ptr<GraphNode>> nodes;
  std::shared_ptr<GraphMemory> memory = std::make_shared<GraphMemory>();
  CUgraphNode owner = nullptr;  ///< of a child graph: the node it belongs to

  /// Adds a node after `dependencies`, which must be this graph's.
  std::shared_ptr<GraphNode> add(Work work, const std::vector<GraphNode*>& dependencies,
                                 const std::shared_ptr<Context>& context);
  /// Nodes so that each comes after its dependencies; empty for a graph with a cycle.
  std::vector<std::shared_ptr<GraphNode>> in_order() const;
  std::shared_ptr<Graph> clone() const;
  /// Whether it has nodes that allocate or free. Such a graph may lose no node and no edge, and
  /// nothing is made of it but one executable.
  bool allocates() const noexcept;
  /// Takes all handles out of use.
  void retire();
};

/// A graph made ready to run: its nodes in one valid order.
struct GraphExec {
  struct Step {
    CUgraphNode node = nullptr;  ///< of the graph it was made from
    Work work;
    bool enabled = true;
    std::vector<std::size_t> after;  ///< its dependencies: their places in its graph's order
    std::size_t children = 0;        ///< of a child graph's node: so many steps behind it are its
  };
  CUgraphExec handle = nullptr;
  unsigned long long flags = 0;
  std::mutex mutex;
  std::shared_ptr<std::vector<Step>> steps;  ///< replaced, not changed, by updates
  std::shared_ptr<GraphMemory> memory;
  CompletionPtr last;  ///< launches of one executable do not overlap
};

std::mutex& graph_mutex();

CUgraphNodeType node_type(const Work& work) noexcept;

/// Flattens a graph into steps, the steps of child graphs behind their nodes.
/// \return false when the graph has a cycle.
bool make_steps(const Graph& graph, std::vector<GraphExec::Step>& steps);

/// What the event record nodes of one launch become. Their events are pending from the launch on;
/// a launch that ends early, or never runs, leaves none of them so.
class LaunchRecords {
 public:
  explicit LaunchRecords(const std::vector<GraphExec::Step>& steps);
  ~LaunchRecords();
  LaunchRecords(const LaunchRecords&) = delete;
  LaunchRecords& operator=(const LaunchRecords&) = delete;

  /// The step has got there.
  void finish(std::size_t step) const noexcept;

 private:
  std::vector<CompletionPtr> by_step_;  ///< null where the step records nothing
};

/// Does the steps one after the other on the calling thread.
CUresult execute_steps(const std::vector<GraphExec::Step>& steps, const LaunchRecords& records,
                       Context& context);

}  // namespace vgpu::softdevice
