#include <algorithm>
#include <unordered_map>

#include "driver.hpp"
#include "event.hpp"
#include "graph.hpp"

namespace vgpu::softdevice {

std::mutex& graph_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

GraphMemory::~GraphMemory() {
  for (const std::uintptr_t address : addresses) {
    const auto taken = driver().allocations.take(address, [](const Allocation&) { return true; });
    if (taken != nullptr) release_allocation(*taken);
  }
}

CUgraphNodeType node_type(const Work& work) noexcept {
  static constexpr CUgraphNodeType types[] = {
      CU_GRAPH_NODE_TYPE_EMPTY,        CU_GRAPH_NODE_TYPE_KERNEL,
      CU_GRAPH_NODE_TYPE_MEMCPY,       CU_GRAPH_NODE_TYPE_MEMSET,
      CU_GRAPH_NODE_TYPE_HOST,         CU_GRAPH_NODE_TYPE_HOST,
      CU_GRAPH_NODE_TYPE_EVENT_RECORD, CU_GRAPH_NODE_TYPE_WAIT_EVENT,
      CU_GRAPH_NODE_TYPE_GRAPH,        CU_GRAPH_NODE_TYPE_MEM_ALLOC,
      CU_GRAPH_NODE_TYPE_MEM_FREE,     CU_GRAPH_NODE_TYPE_BATCH_MEM_OP,
  };
  static_assert(std::size(types) == std::variant_size_v<Work>);
  return types[work.index()];
}

std::shared_ptr<GraphNode> Graph::add(Work work, const std::vector<GraphNode*>& dependencies,
                                      const std::shared_ptr<Context>& context) {
  auto node = std::make_shared<GraphNode>();
  node->graph = weak_from_this();
  node->work = std::move(work);
  node->context = context;
  node->dependencies = dependencies;
  node->handle = driver().graph_nodes.add(node);
  nodes.push_back(node);
  for (GraphNode* const before : dependencies) before->dependents.push_back(node.get());
  if (auto* const child = std::get_if<ChildGraphWork>(&node->work)) {
    child->graph->owner = node->handle;
  }
  return node;
}

std::vector<std::shared_ptr<GraphNode>> Graph::in_order() const {
  std::unordered_map<const GraphNode*, std::size_t> open;
  for (const auto& node : nodes) open[node.get()] = node->dependencies.size();
  std::vector<std::shared_ptr<GraphNode>> order;
  std::unordered_map<const GraphNode*, std::shared_ptr<GraphNode>> owners;
  for (const auto& node : nodes) {
    owners[node.get()] = node;
    if (node->dependencies.empty()) order.push_back(node);
  }
  for (std::size_t next = 0; next < order.size(); ++next) {
    for (const GraphNode* const after : order[next]->dependents) {
      if (--open[after] == 0) order.push_back(owners[after]);
    }
  }
  if (order.size() != nodes.size()) order.clear();
  return order;
}

std::shared_ptr<Graph> Graph::clone() const {
  auto copy = std::make_shared<Graph>();
  copy->handle = driver().graphs.add(copy);
  copy->memory = memory;
  std::unordered_map<const GraphNode*, GraphNode*> twins;
  for (const auto& node : nodes) {
    Work work = node->work;
    if (auto* const child = std::get_if<ChildGraphWork>(&work))
      child->graph = child->graph->clone();
    const auto twin = copy->add(std::move(work), {}, node->context.lock());
    twin->original = node->handle;
    twins[node.get()] = twin.get();
  }
  for (const auto& node : nodes) {
    GraphNode* const twin = twins[node.get()];
    for (const GraphNode* const before : node->dependencies) {
      twin->dependencies.push_back(twins[before]);
      twins[before]->dependents.push_back(twin);
    }
  }
  return copy;
}

void Graph::retire() {
  for (const auto& node : nodes) {
    driver().graph_nodes.remove(node->handle);
    if (const auto* const child = std::get_if<ChildGraphWork>(&node->work)) {
      driver().graphs.remove(child->graph->handle);
      child->graph->retire();
    }
  }
}

bool Graph::allocates() const noexcept {
  return std::any_of(nodes.begin(), nodes.end(), [](const std::shared_ptr<GraphNode>& node) {
    return std::holds_alternative<MemAllocWork>(node->work) ||
           std::holds_alternative<MemFreeWork>(node->work);
  });
}

bool make_steps(const Graph& graph, std::vector<GraphExec::Step>& steps) {
  const auto order = graph.in_order();
  if (order.size() != graph.nodes.size()) return false;
  std::unordered_map<const GraphNode*, std::size_t> places;
  for (const auto& node : order) {
    const std::size_t place = places.size();
    places[node.get()] = place;
    GraphExec::Step step;
    step.node = node->handle;
    step.work = node->work;
    for (const GraphNode* const before : node->dependencies) step.after.push_back(places[before]);
    std::sort(step.after.begin(), step.after.end());
    const std::size_t index = steps.size();
    steps.push_back(std::move(step));
    if (const auto* const child = std::get_if<ChildGraphWork>(&node->work)) {
      if (!make_steps(*child->graph, steps)) return false;
      steps[index].children = steps.size() - index - 1;
    }
  }
  return true;
}

LaunchRecords::LaunchRecords(const std::vector<GraphExec::Step>& steps) : by_step_(steps.size()) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto* const record = std::get_if<EventRecordWork>(&steps[i].work);
    if (record == nullptr || !steps[i].enabled) continue;
    by_step_[i] = std::make_shared<Completion>();
    record->event->set_last(by_step_[i]);
  }
}

LaunchRecords::~LaunchRecords() {
  for (std::size_t i = 0; i < by_step_.size(); ++i) finish(i);
}

void LaunchRecords::finish(std::size_t step) const noexcept {
  if (by_step_[step] != nullptr && !by_step_[step]->is_done()) by_step_[step]->finish();
}

CUresult execute_steps(const std::vector<GraphExec::Step>& steps, const LaunchRecords& records,
                       Context& context) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].enabled) continue;
    if (std::holds_alternative<EventRecordWork>(steps[i].work)) {
      records.finish(i);
      continue;
    }
    const CUresult result = execute(steps[i].work, context);
    if (result != CUDA_SUCCESS) return result;
  }
  return CUDA_SUCCESS;
}

}  // namespace vgpu::softdevice
