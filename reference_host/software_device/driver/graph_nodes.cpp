#include "event.hpp"
#include "graph_lookup.hpp"
#include "module.hpp"

namespace vgpu::softdevice {

CUresult node_context(CUcontext handle, std::shared_ptr<Context>& context) {
  if (handle == nullptr) return require_context(context);
  context = driver().contexts.find(handle);
  if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  return context->is_active() ? context->report() : CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

CUresult add_node(CUgraphNode* out, CUgraph handle, const CUgraphNode* dependencies,
                  std::size_t count, Work work, const std::shared_ptr<Context>& context) {
  return with_graph(handle, [&](const std::shared_ptr<Graph>& graph) -> CUresult {
    if (out == nullptr || (count > 0 && dependencies == nullptr)) return CUDA_ERROR_INVALID_VALUE;
    std::vector<GraphNode*> before;
    for (std::size_t i = 0; i < count; ++i) {
      const auto node = driver().graph_nodes.find(dependencies[i]);
      if (node == nullptr || node->graph.lock() != graph) return CUDA_ERROR_INVALID_VALUE;
      for (const GraphNode* const other : before) {
        if (other == node.get()) return CUDA_ERROR_INVALID_VALUE;
      }
      before.push_back(node.get());
    }
    *out = graph->add(std::move(work), before, context)->handle;
    return CUDA_SUCCESS;
  });
}

CUresult read_kernel_params(const CUDA_KERNEL_NODE_PARAMS_v1& p, CUkernel kernel,
                            CUcontext context_handle, KernelWork& work,
                            std::shared_ptr<Context>& context) {
  CUfunction wanted = p.func;
  if (wanted == nullptr) wanted = reinterpret_cast<CUfunction>(kernel);
  if (wanted == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (context_handle != nullptr || driver().functions.find(wanted) == nullptr) {
    if (const CUresult result = node_context(context_handle, context); result != CUDA_SUCCESS) {
      return result;
    }
  }
  std::shared_ptr<Function> function;
  if (const CUresult result = resolve_function(wanted, context, function); result != CUDA_SUCCESS) {
    return result;
  }
  context = function->module->context();
  LaunchConfig config;
  config.grid = {p.gridDimX, p.gridDimY, p.gridDimZ};
  config.block = {p.blockDimX, p.blockDimY, p.blockDimZ};
  config.dynamic_shared_bytes = p.sharedMemBytes;
  if (driver().functions.find(wanted) == nullptr) work.kernel = reinterpret_cast<CUkernel>(wanted);
  return make_kernel_work(function, config, p.kernelParams, p.extra, work);
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

CUDA_KERNEL_NODE_PARAMS_v1 first_version(const CUDA_KERNEL_NODE_PARAMS& p) {
  return {p.func,      p.gridDimX,  p.gridDimY,       p.gridDimZ,     p.blockDimX,
          p.blockDimY, p.blockDimZ, p.sharedMemBytes, p.kernelParams, p.extra};
}

CUresult add_kernel(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                    std::size_t count, const CUDA_KERNEL_NODE_PARAMS_v1& params, CUkernel kernel,
                    CUcontext context_handle) {
  return entry([&]() -> CUresult {
    KernelWork work;
    std::shared_ptr<Context> context;
    if (const CUresult result = read_kernel_params(params, kernel, context_handle, work, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    return add_node(out, graph, dependencies, count, std::move(work), context);
  });
}

CUresult set_kernel(CUgraphNode handle, const CUDA_KERNEL_NODE_PARAMS_v1& params, CUkernel kernel,
                    CUcontext context_handle) {
  return entry([&]() -> CUresult {
    KernelWork fresh;
    std::shared_ptr<Context> context;
    if (const CUresult result = read_kernel_params(params, kernel, context_handle, fresh, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    return with_node_of<KernelWork>(handle, [&](KernelWork& work, GraphNode& node) {
      fresh.config.cooperative = work.config.cooperative;
      work = std::move(fresh);
      node.context = context;
      return CUDA_SUCCESS;
    });
  });
}

/// The parameters of a kernel node; pointers stay good until the node changes or is destroyed.
CUresult get_kernel(CUgraphNode handle, CUDA_KERNEL_NODE_PARAMS& out) {
  return with_node_of<KernelWork>(handle, [&](KernelWork& work, GraphNode& node) {
    out = CUDA_KERNEL_NODE_PARAMS{};
    if (work.kernel == nullptr) {
      out.func = work.function->handle;
    } else {
      out.kern = work.kernel;
    }
    const auto context = node.context.lock();
    out.ctx = context == nullptr ? nullptr : context->handle;
    out.gridDimX = work.config.grid.x;
    out.gridDimY = work.config.grid.y;
    out.gridDimZ = work.config.grid.z;
    out.blockDimX = work.config.block.x;
    out.blockDimY = work.config.block.y;
    out.blockDimZ = work.config.block.z;
    out.sharedMemBytes = static_cast<unsigned>(work.config.dynamic_shared_bytes);
    node.pointers.clear();
    if (work.one_buffer) {
      node.buffer_bytes = work.parameters.size();
      node.pointers = {CU_LAUNCH_PARAM_BUFFER_POINTER, work.parameters.data(),
                       CU_LAUNCH_PARAM_BUFFER_SIZE, &node.buffer_bytes, CU_LAUNCH_PARAM_END};
      out.extra = node.pointers.data();
      return CUDA_SUCCESS;
    }
    for (const KernelParameter& parameter : work.function->kernel->parameters()) {
      node.pointers.push_back(work.parameters.data() + parameter.offset);
    }
    out.kernelParams = node.pointers.empty() ? nullptr : node.pointers.data();
    return CUDA_SUCCESS;
  });
}

CUresult add_event(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                   std::size_t count, CUevent handle, bool record) {
  return entry([&]() -> CUresult {
    const auto event = driver().events.find(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Work work = record ? Work(EventRecordWork{event}) : Work(EventWaitWork{event});
    return add_node(out, graph, dependencies, count, std::move(work), event->context());
  });
}

template <class Kind>
CUresult get_event(CUgraphNode node, CUevent* out) {
  return with_node_of<Kind>(node, [&](Kind& work, GraphNode&) {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = work.event->handle;
    return CUDA_SUCCESS;
  });
}

template <class Kind>
CUresult set_event(CUgraphNode node, CUevent handle) {
  return with_node_of<Kind>(node, [&](Kind& work, GraphNode&) {
    auto event = driver().events.find(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_VALUE;
    work.event = std::move(event);
    return CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

CUresult cuGraphAddEmptyNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                             size_t count) {
  return add_node(out, graph, dependencies, count, EmptyWork{}, nullptr);
}

CUresult cuGraphAddKernelNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                              size_t count, const CUDA_KERNEL_NODE_PARAMS_v1* params) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return add_kernel(out, graph, dependencies, count, *params, nullptr, nullptr);
}
CUresult cuGraphAddKernelNode_v2(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                 size_t count, const CUDA_KERNEL_NODE_PARAMS* params) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return add_kernel(out, graph, dependencies, count, first_version(*params), params->kern,
                    params->ctx);
}
CUresult cuGraphKernelNodeGetParams(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS_v1* params) {
  if (is_initialised() && params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_KERNEL_NODE_PARAMS all{};
  const CUresult result = get_kernel(node, all);
  if (result != CUDA_SUCCESS) return result;
  *params = first_version(all);
  if (params->func == nullptr) params->func = reinterpret_cast<CUfunction>(all.kern);
  return CUDA_SUCCESS;
}
CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS* params) {
  if (is_initialised() && params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_KERNEL_NODE_PARAMS all{};
  const CUresult result = get_kernel(node, all);
  if (result == CUDA_SUCCESS) *params = all;
  return result;
}
CUresult cuGraphKernelNodeSetParams(CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS_v1* params) {
  if (is_initialised() && params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return set_kernel(node, params == nullptr ? CUDA_KERNEL_NODE_PARAMS_v1{} : *params, nullptr,
                    nullptr);
}
CUresult cuGraphKernelNodeSetParams_v2(CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS* params) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return set_kernel(node, first_version(*params), params->kern, params->ctx);
}

CUresult cuGraphKernelNodeGetAttribute(CUgraphNode node, CUkernelNodeAttrID attribute,
                                       CUkernelNodeAttrValue* value) {
  return with_node_of<KernelWork>(node, [&](KernelWork& work, GraphNode&) {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *value = CUkernelNodeAttrValue{};
    switch (attribute) {
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
        value->cooperative = work.config.cooperative ? 1 : 0;
        return CUDA_SUCCESS;
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
        value->clusterDim.x = value->clusterDim.y = value->clusterDim.z = 1;
        return CUDA_SUCCESS;
      case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
      case CU_LAUNCH_ATTRIBUTE_PRIORITY:
        return CUDA_SUCCESS;
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
  });
}
CUresult cuGraphKernelNodeSetAttribute(CUgraphNode node, CUkernelNodeAttrID attribute,
                                       const CUkernelNodeAttrValue* value) {
  return with_node_of<KernelWork>(node, [&](KernelWork& work, GraphNode&) {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    switch (attribute) {
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
        work.config.cooperative = value->cooperative != 0;
        return CUDA_SUCCESS;
      case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
      case CU_LAUNCH_ATTRIBUTE_PRIORITY:
        return CUDA_SUCCESS;
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
  });
}
CUresult cuGraphKernelNodeCopyAttributes(CUgraphNode target, CUgraphNode source) {
  bool cooperative = false;
  const CUresult result = with_node_of<KernelWork>(source, [&](KernelWork& work, GraphNode&) {
    cooperative = work.config.cooperative;
    return CUDA_SUCCESS;
  });
  if (result != CUDA_SUCCESS) return result;
  return with_node_of<KernelWork>(target, [&](KernelWork& work, GraphNode&) {
    work.config.cooperative = cooperative;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphAddMemcpyNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                              size_t count, const CUDA_MEMCPY3D* params, CUcontext ctx) {
  return entry([&]() -> CUresult {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = node_context(ctx, context); result != CUDA_SUCCESS) return result;
    CopyWork work;
    if (const CUresult result = make_copy_work(*params, work); result != CUDA_SUCCESS) {
      return result;
    }
    return add_node(out, graph, dependencies, count, std::move(work), context);
  });
}
CUresult cuGraphMemcpyNodeGetParams(CUgraphNode node, CUDA_MEMCPY3D* params) {
  return with_node_of<CopyWork>(node, [&](CopyWork& work, GraphNode&) {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *params = work.params;
    return CUDA_SUCCESS;
  });
}
CUresult cuGraphMemcpyNodeSetParams(CUgraphNode node, const CUDA_MEMCPY3D* params) {
  return with_node_of<CopyWork>(node, [&](CopyWork& work, GraphNode&) -> CUresult {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    CopyWork fresh;
    const CUresult result = make_copy_work(*params, fresh);
    if (result == CUDA_SUCCESS) work = std::move(fresh);
    return result;
  });
}

CUresult cuGraphAddMemsetNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                              size_t count, const CUDA_MEMSET_NODE_PARAMS* params, CUcontext ctx) {
  return entry([&]() -> CUresult {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = node_context(ctx, context); result != CUDA_SUCCESS) return result;
    MemsetWork work;
    if (const CUresult result = make_memset_work(*params, work); result != CUDA_SUCCESS) {
      return result;
    }
    return add_node(out, graph, dependencies, count, work, context);
  });
}
CUresult cuGraphMemsetNodeGetParams(CUgraphNode node, CUDA_MEMSET_NODE_PARAMS* params) {
  return with_node_of<MemsetWork>(node, [&](MemsetWork& work, GraphNode&) {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *params = work.params;
    return CUDA_SUCCESS;
  });
}
CUresult cuGraphMemsetNodeSetParams(CUgraphNode node, const CUDA_MEMSET_NODE_PARAMS* params) {
  return with_node_of<MemsetWork>(node, [&](MemsetWork& work, GraphNode&) -> CUresult {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return make_memset_work(*params, work);
  });
}

CUresult cuGraphAddHostNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                            size_t count, const CUDA_HOST_NODE_PARAMS* params) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (params == nullptr || params->fn == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return add_node(out, graph, dependencies, count, HostWork{params->fn, params->userData}, nullptr);
}
CUresult cuGraphHostNodeGetParams(CUgraphNode node, CUDA_HOST_NODE_PARAMS* params) {
  return with_node_of<HostWork>(node, [&](HostWork& work, GraphNode&) {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    params->fn = work.function;
    params->userData = work.user_data;
    return CUDA_SUCCESS;
  });
}
CUresult cuGraphHostNodeSetParams(CUgraphNode node, const CUDA_HOST_NODE_PARAMS* params) {
  return with_node_of<HostWork>(node, [&](HostWork& work, GraphNode&) {
    if (params == nullptr || params->fn == nullptr) return CUDA_ERROR_INVALID_VALUE;
    work = HostWork{params->fn, params->userData};
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphAddEventRecordNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                   size_t count, CUevent event) {
  return add_event(out, graph, dependencies, count, event, true);
}
CUresult cuGraphAddEventWaitNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                 size_t count, CUevent event) {
  return add_event(out, graph, dependencies, count, event, false);
}
CUresult cuGraphEventRecordNodeGetEvent(CUgraphNode node, CUevent* out) {
  return get_event<EventRecordWork>(node, out);
}
CUresult cuGraphEventRecordNodeSetEvent(CUgraphNode node, CUevent event) {
  return set_event<EventRecordWork>(node, event);
}
CUresult cuGraphEventWaitNodeGetEvent(CUgraphNode node, CUevent* out) {
  return get_event<EventWaitWork>(node, out);
}
CUresult cuGraphEventWaitNodeSetEvent(CUgraphNode node, CUevent event) {
  return set_event<EventWaitWork>(node, event);
}

CUresult cuGraphAddChildGraphNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                  size_t count, CUgraph child) {
  std::shared_ptr<Graph> copy;
  const CUresult result = with_graph(child, [&](const std::shared_ptr<Graph>& original) {
    if (original->allocates()) return CUDA_ERROR_NOT_SUPPORTED;
    copy = original->clone();
    return CUDA_SUCCESS;
  });
  if (result != CUDA_SUCCESS) return result;
  const CUresult added = add_node(out, graph, dependencies, count, ChildGraphWork{copy}, nullptr);
  if (added != CUDA_SUCCESS) {
    driver().graphs.remove(copy->handle);
    copy->retire();
  }
  return added;
}
CUresult cuGraphChildGraphNodeGetGraph(CUgraphNode node, CUgraph* out) {
  return with_node_of<ChildGraphWork>(node, [&](ChildGraphWork& work, GraphNode&) {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = work.graph->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphMemAllocNodeGetParams(CUgraphNode node, CUDA_MEM_ALLOC_NODE_PARAMS* params) {
  return with_node_of<MemAllocWork>(node, [&](MemAllocWork& work, GraphNode&) {
    if (params == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *params = work.params;
    return CUDA_SUCCESS;
  });
}
CUresult cuGraphMemFreeNodeGetParams(CUgraphNode node, CUdeviceptr* out) {
  return with_node_of<MemFreeWork>(node, [&](MemFreeWork& work, GraphNode&) {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = work.address;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphAddBatchMemOpNode(CUgraphNode* out, CUgraph graph, const CUgraphNode* dependencies,
                                  size_t count, const CUDA_BATCH_MEM_OP_NODE_PARAMS* params) {
  return entry([&]() -> CUresult {
    if (params == nullptr || params->flags != 0) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = node_context(params->ctx, context); result != CUDA_SUCCESS) {
      return result;
    }
    MemOpsWork work;
    if (const CUresult result = make_mem_ops_work(params->paramArray, params->count, work);
        result != CUDA_SUCCESS) {
      return result;
    }
    return add_node(out, graph, dependencies, count, std::move(work), context);
  });
}

}  // extern "C"
