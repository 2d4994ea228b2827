#include <cstdint>
#include <vgpu/calls/surface.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "resource.hpp"
#include "vgpu/host/call_context.hpp"

// Surface objects are held as texture objects are, see texture.cpp.

namespace vgpu::host {
namespace {

std::uint64_t own(const CallContext& context, std::uint64_t value) {
  return value == 0 ? 0 : context.id_of(HandleKind::surface_object, value);
}

}  // namespace

CUresult execute(CallContext& context, const calls::SurfObjectCreate::Request& request,
                 calls::SurfObjectCreate::Reply& reply) {
  const DriverTable& driver = context.driver();
  if (driver.cuSurfObjectCreate == nullptr || driver.cuSurfObjectDestroy == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUDA_RESOURCE_DESC resource{};
  if (!resolve_resource(context, request.pResDesc, resource)) return CUDA_ERROR_INVALID_VALUE;
  CUsurfObject object = 0;
  const CUresult result = driver.cuSurfObjectCreate(&object, &resource);
  if (result != CUDA_SUCCESS) return result;
  if (context.mint(HandleKind::surface_object, object) == 0) {
    driver.cuSurfObjectDestroy(object);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.pSurfObject = object;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::SurfObjectDestroy::Request& request,
                 calls::SurfObjectDestroy::Reply&) {
  if (context.driver().cuSurfObjectDestroy == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  const std::uint64_t id = own(context, request.surfObject);
  if (id == 0) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = context.driver().cuSurfObjectDestroy(request.surfObject);
  if (result == CUDA_SUCCESS) context.release(HandleKind::surface_object, id);
  return result;
}

CUresult execute(CallContext& context, const calls::SurfObjectGetResourceDesc::Request& request,
                 calls::SurfObjectGetResourceDesc::Reply& reply) {
  if (context.driver().cuSurfObjectGetResourceDesc == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (own(context, request.surfObject) == 0) return CUDA_ERROR_INVALID_VALUE;
  CUDA_RESOURCE_DESC desc{};
  const CUresult result = context.driver().cuSurfObjectGetResourceDesc(&desc, request.surfObject);
  if (result == CUDA_SUCCESS) reply.pResDesc = describe_resource(context, desc);
  return result;
}

}  // namespace vgpu::host
