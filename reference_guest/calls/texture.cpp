#include <cstddef>
#include <cstdint>
#include <span>
#include <vgpu/calls/texture.hpp>
#include <vgpu/guest_written.hpp>

#include "resource.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/guest/core.hpp"

// A texture object is the host driver's own value, because kernels use it as it is. So only the
// host can say whose one is.

namespace vgpu::guest::written {

CUresult cuTexObjectCreate(CUtexObject* pTexObject, const CUDA_RESOURCE_DESC* pResDesc,
                           const CUDA_TEXTURE_DESC* pTexDesc,
                           const CUDA_RESOURCE_VIEW_DESC* pResViewDesc) {
  CUDA_RESOURCE_DESC resource = *pResDesc;
  if (!settle_resource(resource)) return CUDA_ERROR_INVALID_VALUE;
  calls::TexObjectCreate::Request request;
  request.pResDesc = std::as_bytes(std::span(&resource, 1));
  request.pTexDesc = std::as_bytes(std::span(pTexDesc, 1));
  if (pResViewDesc != nullptr) request.pResViewDesc = std::as_bytes(std::span(pResViewDesc, 1));
  ReplyOf<calls::TexObjectCreate> reply;
  const CUresult result = call<calls::TexObjectCreate>(request, reply);
  if (result == CUDA_SUCCESS) *pTexObject = reply.value.pTexObject;
  return result;
}

CUresult cuTexObjectDestroy(CUtexObject texObject) {
  ReplyOf<calls::TexObjectDestroy> reply;
  return call<calls::TexObjectDestroy>({.texObject = texObject}, reply);
}

CUresult cuTexObjectGetResourceDesc(CUDA_RESOURCE_DESC* pResDesc, CUtexObject texObject) {
  ReplyOf<calls::TexObjectGetResourceDesc> reply;
  const CUresult result = call<calls::TexObjectGetResourceDesc>({.texObject = texObject}, reply);
  if (result != CUDA_SUCCESS) return result;
  return call::copy_layout(reply.value.pResDesc, *pResDesc) ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN;
}

CUresult cuTexObjectGetTextureDesc(CUDA_TEXTURE_DESC* pTexDesc, CUtexObject texObject) {
  ReplyOf<calls::TexObjectGetTextureDesc> reply;
  const CUresult result = call<calls::TexObjectGetTextureDesc>({.texObject = texObject}, reply);
  if (result != CUDA_SUCCESS) return result;
  return call::copy_layout(reply.value.pTexDesc, *pTexDesc) ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN;
}

CUresult cuTexObjectGetResourceViewDesc(CUDA_RESOURCE_VIEW_DESC* pResViewDesc,
                                        CUtexObject texObject) {
  ReplyOf<calls::TexObjectGetResourceViewDesc> reply;
  const CUresult result =
      call<calls::TexObjectGetResourceViewDesc>({.texObject = texObject}, reply);
  if (result != CUDA_SUCCESS) return result;
  return call::copy_layout(reply.value.pResViewDesc, *pResViewDesc) ? CUDA_SUCCESS
                                                                    : CUDA_ERROR_UNKNOWN;
}

// The forms of CUDA 2 take addresses of 32 bits, in contexts of that time.
CUresult cuTexRefSetAddress(unsigned int*, CUtexref, CUdeviceptr_v1, unsigned int) {
  const CUresult old = enter_old_interface();
  return old != CUDA_SUCCESS ? old : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuTexRefSetAddress2D(CUtexref, const CUDA_ARRAY_DESCRIPTOR_v1*, CUdeviceptr_v1,
                              unsigned int) {
  const CUresult old = enter_old_interface();
  return old != CUDA_SUCCESS ? old : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuTexRefGetAddress(CUdeviceptr_v1*, CUtexref) {
  const CUresult old = enter_old_interface();
  return old != CUDA_SUCCESS ? old : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace vgpu::guest::written
