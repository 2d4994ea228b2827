#include <vgpu/guest_written.hpp>

#include "code.hpp"

namespace vgpu::guest {
namespace {

/// Occupancy questions that take a launch configuration.
template <class Call>
CUresult ask(CUfunction func, const CUlaunchConfig* config, ReplyOf<Call>& reply) {
  const auto id = call::to_wire<std::uint64_t>(func);
  if (find_callable(id) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (config->numAttrs != 0 && config->attrs == nullptr) return CUDA_ERROR_INVALID_VALUE;
  // The pointer is the guest's own and says nothing to the host.
  CUlaunchConfig plain = *config;
  plain.attrs = nullptr;
  typename Call::Request request;
  request.func = id;
  request.config = std::as_bytes(std::span(&plain, 1));
  if (config->numAttrs != 0)
    request.attributes = std::as_bytes(std::span(config->attrs, config->numAttrs));
  return call<Call>(request, reply);
}

}  // namespace

namespace written {

CUresult cuOccupancyMaxPotentialClusterSize(int* clusterSize, CUfunction func,
                                            const CUlaunchConfig* config) {
  ReplyOf<calls::OccupancyMaxPotentialClusterSize> reply;
  const CUresult result = ask(func, config, reply);
  if (result == CUDA_SUCCESS) *clusterSize = reply.value.clusterSize;
  return result;
}

CUresult cuOccupancyMaxActiveClusters(int* numClusters, CUfunction func,
                                      const CUlaunchConfig* config) {
  ReplyOf<calls::OccupancyMaxActiveClusters> reply;
  const CUresult result = ask(func, config, reply);
  if (result == CUDA_SUCCESS) *numClusters = reply.value.numClusters;
  return result;
}

}  // namespace written
}  // namespace vgpu::guest
