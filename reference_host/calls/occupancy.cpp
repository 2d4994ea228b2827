#include <cstring>

#include "code.hpp"

namespace vgpu::host {
namespace {

template <class Ask, class Request>
CUresult ask(CallContext& context, Ask function, const Request& request, std::int32_t& answer) {
  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUfunction handle{};
  if (request.func == 0 || !call::resolve_function(context, request.func, handle))
    return CUDA_ERROR_INVALID_HANDLE;
  CUlaunchConfig config{};
  if (!call::copy_layout(request.config, config)) return CUDA_ERROR_INVALID_VALUE;
  std::span<CUlaunchAttribute> attributes;
  if (!call::copy_layouts(context, request.attributes, attributes)) return CUDA_ERROR_INVALID_VALUE;
  for (const CUlaunchAttribute& attribute : attributes) {
    // The other attributes that matter to occupancy hold numbers; these hold handles and addresses.
    if (attribute.id == CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT ||
        attribute.id == CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT ||
        attribute.id == CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW ||
        attribute.id == CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE) {
      return CUDA_ERROR_NOT_SUPPORTED;
    }
  }
  config.attrs = attributes.data();
  config.numAttrs = static_cast<unsigned>(attributes.size());
  if (!context.resolve(call::HandleKind::stream, call::to_wire<std::uint64_t>(config.hStream),
                       config.hStream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  int value = 0;
  const CUresult result = function(&value, handle, &config);
  answer = value;
  return result;
}

}  // namespace

CUresult execute(CallContext& context,
                 const calls::OccupancyMaxPotentialClusterSize::Request& request,
                 calls::OccupancyMaxPotentialClusterSize::Reply& reply) {
  return ask(context, context.driver().cuOccupancyMaxPotentialClusterSize, request,
             reply.clusterSize);
}

CUresult execute(CallContext& context, const calls::OccupancyMaxActiveClusters::Request& request,
                 calls::OccupancyMaxActiveClusters::Reply& reply) {
  return ask(context, context.driver().cuOccupancyMaxActiveClusters, request, reply.numClusters);
}

}  // namespace vgpu::host
