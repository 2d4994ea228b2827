#include <algorithm>

#include "capture.hpp"
#include "event.hpp"
#include "graph_lookup.hpp"
#include "module.hpp"

using namespace vgpu::softdevice;

namespace {

using Step = GraphExec::Step;
using Steps = std::vector<Step>;

constexpr unsigned long long known_flags =
    CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH | CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD |
    CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH | CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY;

/// cuGraphExecGetFlags leaves these out.
constexpr unsigned long long unreported_flags =
    CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD | CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY;

/// What forbids the calling thread to instantiate, whatever is in the graph.
CUresult may_instantiate(const CUgraphExec* out, CUgraph handle, unsigned long long flags) {
  return entry([&]() -> CUresult {
    if (driver().graphs.find(handle) == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (out == nullptr || (flags & ~known_flags) != 0) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    return check_unsafe_call();
  });
}

CUresult instantiate(CUgraphExec* out, CUgraph handle, unsigned long long flags) {
  // Before the graphs are locked: a capture locks them after itself.
  if (const CUresult result = may_instantiate(out, handle, flags); result != CUDA_SUCCESS) {
    return result;
  }
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (graph->owner != nullptr) {
      log_line("a child graph node's graph cannot be instantiated by itself");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    if ((flags & CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH) != 0) {
      if ((flags & CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH) != 0) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      log_line("graphs cannot be launched from the device");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    if (graph->allocates() && graph->memory->exec.lock() != nullptr) {
      log_line("a graph that allocates has an executable already");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    auto steps = std::make_shared<Steps>();
    if (!make_steps(*graph, *steps)) return CUDA_ERROR_INVALID_VALUE;
    auto exec = std::make_shared<GraphExec>();
    exec->flags = flags & ~unreported_flags;
    exec->steps = std::move(steps);
    exec->memory = graph->memory;
    exec->memory->exec = exec;
    exec->handle = driver().graph_execs.add(exec);
    *out = exec->handle;
    return CUDA_SUCCESS;
  });
}

/// Takes note of what a launch of the steps allocates and leaves allocated.
/// \return false when some of that is still allocated by an earlier launch and not `freed_first`.
bool allocate_for_launch(const Steps& steps, bool freed_first) {
  std::vector<std::shared_ptr<Allocation>> left;
  for (const Step& step : steps) {
    if (const auto* const work = std::get_if<MemAllocWork>(&step.work)) {
      if (auto memory = driver().allocations.find(work->params.dptr, 1)) left.push_back(memory);
    } else if (const auto* const free = std::get_if<MemFreeWork>(&step.work)) {
      std::erase_if(left, [free](const auto& memory) { return memory->base == free->address; });
    }
  }
  for (const auto& memory : left) {
    if (!freed_first && !memory->freeing) return false;
  }
  for (const auto& memory : left) memory->freeing = false;
  return true;
}

CUresult launch(CUgraphExec handle, CUstream hStream, bool per_thread) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    const auto exec = driver().graph_execs.find(handle);
    if (exec == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    const std::lock_guard lock(exec->mutex);
    if (!allocate_for_launch(
            *exec->steps, (exec->flags & CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH) != 0)) {
      log_line("cuGraphLaunch: what the launch before allocated is not freed");
      return CUDA_ERROR_INVALID_VALUE;
    }
    Operation operation;
    operation.run = [steps = exec->steps, memory = exec->memory,
                     records = std::make_shared<LaunchRecords>(*exec->steps)](Context& owner) {
      return execute_steps(*steps, *records, owner);
    };
    if (exec->last != nullptr && !exec->last->is_done()) operation.after.push_back(exec->last);
    exec->last = context->enqueue(*stream, std::move(operation));
    return CUDA_SUCCESS;
  });
}

CUresult upload(CUgraphExec handle, CUstream hStream, bool per_thread) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (driver().graph_execs.find(handle) == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    return submit(stream, context, EmptyWork{});
  });
}

/// Replaces the work of one step of an executable by what `change` makes of it.
template <class Kind, class Change>
CUresult change_step(CUgraphExec handle, CUgraphNode node, Change&& change) noexcept {
  return entry([&]() -> CUresult {
    const auto exec = driver().graph_execs.find(handle);
    if (exec == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(exec->mutex);
    auto steps = std::make_shared<Steps>(*exec->steps);
    const auto found = std::find_if(steps->begin(), steps->end(),
                                    [node](const Step& step) { return step.node == node; });
    if (found == steps->end()) return CUDA_ERROR_INVALID_VALUE;
    auto* const work = std::get_if<Kind>(&found->work);
    if (work == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = change(*work);
    if (result == CUDA_SUCCESS) exec->steps = std::move(steps);
    return result;
  });
}

CUresult set_kernel(CUgraphExec exec, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS_v1& params,
                    CUkernel kernel, CUcontext ctx) {
  return change_step<KernelWork>(exec, node, [&](KernelWork& work) -> CUresult {
    KernelWork fresh;
    std::shared_ptr<Context> context;
    if (const CUresult result = read_kernel_params(params, kernel, ctx, fresh, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (fresh.function->module->context() != work.function->module->context()) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    fresh.config.cooperative = work.config.cooperative;
    work = std::move(fresh);
    return CUDA_SUCCESS;
  });
}

/// Whether `fresh` may take the place of the `now.size()` steps of an executable. If so, it gets
/// their nodes and states: later changes name the nodes that the executable was made from.
bool match_steps(const Step* now, Steps& fresh, CUgraphExecUpdateResultInfo& info) {
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (fresh[i].work.index() != now[i].work.index()) {
      info.result = CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
    } else if (fresh[i].after != now[i].after || fresh[i].children != now[i].children) {
      info.result = CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
    } else {
      continue;
    }
    info.errorNode = fresh[i].node;
    return false;
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    fresh[i].node = now[i].node;
    fresh[i].enabled = now[i].enabled;
  }
  return true;
}

CUresult update(CUgraphExec handle, CUgraph graph_handle, CUgraphExecUpdateResultInfo& info) {
  info = CUgraphExecUpdateResultInfo{};
  return with_graph(graph_handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    const auto exec = driver().graph_execs.find(handle);
    if (exec == nullptr) return CUDA_ERROR_INVALID_VALUE;
    auto fresh = std::make_shared<Steps>();
    if (!make_steps(*graph, *fresh)) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(exec->mutex);
    if (fresh->size() != exec->steps->size()) {
      info.result = CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
      return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
    }
    if (!match_steps(exec->steps->data(), *fresh, info)) {
      return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
    }
    exec->steps = std::move(fresh);
    exec->memory = graph->memory;
    info.result = CU_GRAPH_EXEC_UPDATE_SUCCESS;
    return CUDA_SUCCESS;
  });
}

/// The steps of one child graph's node get the parameters of `graph_handle`.
CUresult update_child(CUgraphExec handle, CUgraphNode node, CUgraph graph_handle) {
  return with_graph(graph_handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    const auto exec = driver().graph_execs.find(handle);
    if (exec == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Steps fresh;
    if (!make_steps(*graph, fresh)) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(exec->mutex);
    auto steps = std::make_shared<Steps>(*exec->steps);
    const auto found = std::find_if(steps->begin(), steps->end(),
                                    [node](const Step& step) { return step.node == node; });
    if (found == steps->end() || !std::holds_alternative<ChildGraphWork>(found->work)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    CUgraphExecUpdateResultInfo info{};
    if (found->children != fresh.size() ||
        (!fresh.empty() && !match_steps(&*(found + 1), fresh, info))) {
      return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
    }
    std::move(fresh.begin(), fresh.end(), found + 1);
    exec->steps = std::move(steps);
    return CUDA_SUCCESS;
  });
}

/// Nodes that can be disabled.
bool has_switch(const Work& work) noexcept {
  const auto type = node_type(work);
  return type == CU_GRAPH_NODE_TYPE_KERNEL || type == CU_GRAPH_NODE_TYPE_MEMCPY ||
         type == CU_GRAPH_NODE_TYPE_MEMSET;
}

/// Whether an executable's memset may become another: one row stays one row, and rows keep their
/// shape.
bool same_shape(const CUDA_MEMSET_NODE_PARAMS& now, const CUDA_MEMSET_NODE_PARAMS& fresh) noexcept {
  if (fresh.width == 0 || fresh.height != now.height) return false;
  return now.height <= 1 || (fresh.width == now.width && fresh.pitch == now.pitch &&
                             fresh.elementSize == now.elementSize);
}

void clear_log(char* log, std::size_t size) {
  if (log != nullptr && size > 0) *log = '\0';
}

template <class Kind>
CUresult set_event(CUgraphExec exec, CUgraphNode node, CUevent handle) {
  return change_step<Kind>(exec, node, [&](Kind& work) {
    auto event = driver().events.find(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_VALUE;
    work.event = std::move(event);
    return CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

CUresult cuGraphInstantiate(CUgraphExec* out, CUgraph graph, CUgraphNode* error_node, char* log,
                            size_t size) {
  if (error_node != nullptr) *error_node = nullptr;
  clear_log(log, size);
  return instantiate(out, graph, 0);
}
CUresult cuGraphInstantiate_v2(CUgraphExec* out, CUgraph graph, CUgraphNode* error_node, char* log,
                               size_t size) {
  return cuGraphInstantiate(out, graph, error_node, log, size);
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec* out, CUgraph graph, unsigned long long flags) {
  return instantiate(out, graph, flags);
}
CUresult cuGraphInstantiateWithParams(CUgraphExec* out, CUgraph graph,
                                      CUDA_GRAPH_INSTANTIATE_PARAMS* params) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = instantiate(out, graph, params->flags);
  params->hErrNode_out = nullptr;
  params->result_out =
      result == CUDA_SUCCESS ? CUDA_GRAPH_INSTANTIATE_SUCCESS : CUDA_GRAPH_INSTANTIATE_ERROR;
  return result;
}
CUresult cuGraphInstantiateWithParams_ptsz(CUgraphExec* out, CUgraph graph,
                                           CUDA_GRAPH_INSTANTIATE_PARAMS* params) {
  return cuGraphInstantiateWithParams(out, graph, params);
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  return launch(exec, stream, false);
}
CUresult cuGraphLaunch_ptsz(CUgraphExec exec, CUstream stream) {
  return launch(exec, stream, true);
}
CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  return upload(exec, stream, false);
}
CUresult cuGraphUpload_ptsz(CUgraphExec exec, CUstream stream) {
  return upload(exec, stream, true);
}

CUresult cuGraphExecDestroy(CUgraphExec exec) {
  return entry([&] {
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    return driver().graph_execs.remove(exec) == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
  });
}

CUresult cuGraphExecGetFlags(CUgraphExec handle, cuuint64_t* flags) {
  return entry([&]() -> CUresult {
    const auto exec = driver().graph_execs.find(handle);
    if (exec == nullptr || flags == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *flags = exec->flags;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphNodeSetEnabled(CUgraphExec handle, CUgraphNode node, unsigned int enabled) {
  return entry([&]() -> CUresult {
    const auto exec = driver().graph_execs.find(handle);
    if (exec == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(exec->mutex);
    auto steps = std::make_shared<Steps>(*exec->steps);
    for (Step& step : *steps) {
      if (step.node != node) continue;
      if (!has_switch(step.work)) return CUDA_ERROR_INVALID_VALUE;
      step.enabled = enabled != 0;
      exec->steps = std::move(steps);
      return CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuGraphNodeGetEnabled(CUgraphExec handle, CUgraphNode node, unsigned int* enabled) {
  return entry([&]() -> CUresult {
    const auto exec = driver().graph_execs.find(handle);
    if (exec == nullptr || enabled == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(exec->mutex);
    for (const Step& step : *exec->steps) {
      if (step.node != node) continue;
      if (!has_switch(step.work)) return CUDA_ERROR_INVALID_VALUE;
      *enabled = step.enabled ? 1 : 0;
      return CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuGraphExecKernelNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                        const CUDA_KERNEL_NODE_PARAMS_v1* params) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return set_kernel(exec, node, *params, nullptr, nullptr);
}
CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node,
                                           const CUDA_KERNEL_NODE_PARAMS* p) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (p == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return set_kernel(exec, node,
                    {p->func, p->gridDimX, p->gridDimY, p->gridDimZ, p->blockDimX, p->blockDimY,
                     p->blockDimZ, p->sharedMemBytes, p->kernelParams, p->extra},
                    p->kern, p->ctx);
}
CUresult cuGraphExecMemcpyNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                        const CUDA_MEMCPY3D* params, CUcontext) {
  return change_step<CopyWork>(exec, node, [&](CopyWork& work) -> CUresult {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    CopyWork fresh;
    const CUresult result = make_copy_work(*params, fresh);
    if (result == CUDA_SUCCESS) work = std::move(fresh);
    return result;
  });
}
CUresult cuGraphExecMemsetNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                        const CUDA_MEMSET_NODE_PARAMS* params, CUcontext) {
  return change_step<MemsetWork>(exec, node, [&](MemsetWork& work) -> CUresult {
    if (params == nullptr || !same_shape(work.params, *params)) return CUDA_ERROR_INVALID_VALUE;
    return make_memset_work(*params, work);
  });
}
CUresult cuGraphExecHostNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                      const CUDA_HOST_NODE_PARAMS* params) {
  return change_step<HostWork>(exec, node, [&](HostWork& work) {
    if (params == nullptr || params->fn == nullptr) return CUDA_ERROR_INVALID_VALUE;
    work = HostWork{params->fn, params->userData};
    return CUDA_SUCCESS;
  });
}
CUresult cuGraphExecChildGraphNodeSetParams(CUgraphExec exec, CUgraphNode node, CUgraph child) {
  return update_child(exec, node, child);
}
CUresult cuGraphExecEventRecordNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
  return set_event<EventRecordWork>(exec, node, event);
}
CUresult cuGraphExecEventWaitNodeSetEvent(CUgraphExec exec, CUgraphNode node, CUevent event) {
  return set_event<EventWaitWork>(exec, node, event);
}

CUresult cuGraphExecUpdate(CUgraphExec exec, CUgraph graph, CUgraphNode* error_node,
                           CUgraphExecUpdateResult* update_result) {
  CUgraphExecUpdateResultInfo info{};
  const CUresult result = update(exec, graph, info);
  if (result == CUDA_SUCCESS || result == CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE) {
    if (error_node != nullptr) *error_node = info.errorNode;
    if (update_result != nullptr) *update_result = info.result;
  }
  return result;
}
CUresult cuGraphExecUpdate_v2(CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResultInfo* out) {
  CUgraphExecUpdateResultInfo info{};
  const CUresult result = update(exec, graph, info);
  if (out != nullptr &&
      (result == CUDA_SUCCESS || result == CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE)) {
    *out = info;
  }
  return result;
}

}  // extern "C"
