#include <span>
#include <vgpu/calls/surface.hpp>
#include <vgpu/guest_written.hpp>

#include "resource.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/guest/core.hpp"

// As texture objects, surface objects are the host driver's own values.

namespace vgpu::guest::written {

CUresult cuSurfObjectCreate(CUsurfObject* pSurfObject, const CUDA_RESOURCE_DESC* pResDesc) {
  CUDA_RESOURCE_DESC resource = *pResDesc;
  if (!settle_resource(resource)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::SurfObjectCreate> reply;
  const CUresult result =
      call<calls::SurfObjectCreate>({.pResDesc = std::as_bytes(std::span(&resource, 1))}, reply);
  if (result == CUDA_SUCCESS) *pSurfObject = reply.value.pSurfObject;
  return result;
}

CUresult cuSurfObjectDestroy(CUsurfObject surfObject) {
  ReplyOf<calls::SurfObjectDestroy> reply;
  return call<calls::SurfObjectDestroy>({.surfObject = surfObject}, reply);
}

CUresult cuSurfObjectGetResourceDesc(CUDA_RESOURCE_DESC* pResDesc, CUsurfObject surfObject) {
  ReplyOf<calls::SurfObjectGetResourceDesc> reply;
  const CUresult result = call<calls::SurfObjectGetResourceDesc>({.surfObject = surfObject}, reply);
  if (result != CUDA_SUCCESS) return result;
  return call::copy_layout(reply.value.pResDesc, *pResDesc) ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN;
}

}  // namespace vgpu::guest::written
