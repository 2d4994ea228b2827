#include <cstddef>
#include <cstdint>
#include <vgpu/guest_written.hpp>

#include "vgpu/guest/core.hpp"

// The forms of CUDA 2, whose sizes have 32 bits. Those of CUDA 3.2 take the same way from here on
// as when the program calls them.
extern "C" {
CUresult CUDAAPI cuArrayCreate_v2(CUarray*, const CUDA_ARRAY_DESCRIPTOR*);
CUresult CUDAAPI cuArrayGetDescriptor_v2(CUDA_ARRAY_DESCRIPTOR*, CUarray);
CUresult CUDAAPI cuArray3DCreate_v2(CUarray*, const CUDA_ARRAY3D_DESCRIPTOR*);
CUresult CUDAAPI cuArray3DGetDescriptor_v2(CUDA_ARRAY3D_DESCRIPTOR*, CUarray);
}

namespace vgpu::guest::written {
namespace {

unsigned narrow(std::size_t size) noexcept {
  return size > UINT32_MAX ? UINT32_MAX : static_cast<unsigned>(size);
}

}  // namespace

CUresult cuArrayCreate(CUarray* pHandle, const CUDA_ARRAY_DESCRIPTOR_v1* pAllocateArray) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (pAllocateArray == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUDA_ARRAY_DESCRIPTOR descriptor{pAllocateArray->Width, pAllocateArray->Height,
                                         pAllocateArray->Format, pAllocateArray->NumChannels};
  return ::cuArrayCreate_v2(pHandle, &descriptor);
}

CUresult cuArrayGetDescriptor(CUDA_ARRAY_DESCRIPTOR_v1* pArrayDescriptor, CUarray hArray) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (pArrayDescriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_ARRAY_DESCRIPTOR descriptor{};
  const CUresult result = ::cuArrayGetDescriptor_v2(&descriptor, hArray);
  if (result != CUDA_SUCCESS) return result;
  *pArrayDescriptor = {narrow(descriptor.Width), narrow(descriptor.Height), descriptor.Format,
                       descriptor.NumChannels};
  return CUDA_SUCCESS;
}

CUresult cuArray3DCreate(CUarray* pHandle, const CUDA_ARRAY3D_DESCRIPTOR_v1* pAllocateArray) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (pAllocateArray == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUDA_ARRAY3D_DESCRIPTOR descriptor{pAllocateArray->Width,       pAllocateArray->Height,
                                           pAllocateArray->Depth,       pAllocateArray->Format,
                                           pAllocateArray->NumChannels, pAllocateArray->Flags};
  return ::cuArray3DCreate_v2(pHandle, &descriptor);
}

CUresult cuArray3DGetDescriptor(CUDA_ARRAY3D_DESCRIPTOR_v1* pArrayDescriptor, CUarray hArray) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (pArrayDescriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  const CUresult result = ::cuArray3DGetDescriptor_v2(&descriptor, hArray);
  if (result != CUDA_SUCCESS) return result;
  *pArrayDescriptor = {narrow(descriptor.Width), narrow(descriptor.Height),
                       narrow(descriptor.Depth), descriptor.Format,
                       descriptor.NumChannels,   descriptor.Flags};
  return CUDA_SUCCESS;
}

}  // namespace vgpu::guest::written
