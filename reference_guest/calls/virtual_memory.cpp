#include <cstdint>
#include <vgpu/calls/virtual_memory.hpp>
#include <vgpu/guest_written.hpp>

#include "vgpu/guest/core.hpp"
#include "vgpu/guest/memory_registry.hpp"

namespace vgpu::guest::written {

CUresult cuMemAddressReserve(CUdeviceptr* ptr, size_t size, size_t alignment, CUdeviceptr addr,
                             unsigned long long flags) {
  ReplyOf<calls::MemAddressReserve> reply;
  const CUresult result = call<calls::MemAddressReserve>(
      {.size = size, .alignment = alignment, .addr = addr, .flags = flags}, reply);
  if (result != CUDA_SUCCESS) return result;
  remember_memory(reply.value.ptr, size, RangeKind::reserved, 0);
  *ptr = reply.value.ptr;
  return CUDA_SUCCESS;
}

CUresult cuMemAddressFree(CUdeviceptr ptr, size_t size) {
  const Range range = memory_registry().find_reservation(ptr);
  if (!range || range.begin != ptr || range.size != size) return CUDA_ERROR_INVALID_VALUE;
  memory_registry().erase_reservation(ptr);
  ReplyOf<calls::MemAddressFree> reply;
  const CUresult result = call<calls::MemAddressFree>({.ptr = ptr, .size = size}, reply);
  if (result == CUDA_ERROR_INVALID_VALUE) {
    remember_memory(range.begin, range.size, range.attributes);
  }
  return result;
}

CUresult cuMemCreate(CUmemGenericAllocationHandle* handle, size_t size,
                     const CUmemAllocationProp* prop, unsigned long long flags) {
  if (prop->requestedHandleTypes != CU_MEM_HANDLE_TYPE_NONE &&
      prop->requestedHandleTypes != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR) {
    log(LogLevel::error, "cuMemCreate: shareable handles of type ", prop->requestedHandleTypes,
        " are not served");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  const std::uint64_t id = mint_handle(call::HandleKind::allocation);
  if (id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  calls::MemCreate::Request request;
  request.handle = id;
  request.size = size;
  request.prop = {reinterpret_cast<const std::byte*>(prop), sizeof *prop};
  request.flags = flags;
  ReplyOf<calls::MemCreate> reply;
  const CUresult result = call<calls::MemCreate>(request, reply);
  if (result != CUDA_SUCCESS) {
    retire_handle(id);
    return result;
  }
  *handle = id;
  return CUDA_SUCCESS;
}

CUresult cuMemRelease(CUmemGenericAllocationHandle handle) {
  if (!handle_valid(call::HandleKind::allocation, handle)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::MemRelease> reply;
  const CUresult result = call<calls::MemRelease>({.handle = handle}, reply);
  if (result == CUDA_SUCCESS) retire_handle(handle);
  return result;
}

CUresult cuMemMap(CUdeviceptr ptr, size_t size, size_t offset, CUmemGenericAllocationHandle handle,
                  unsigned long long flags) {
  if (!handle_valid(call::HandleKind::allocation, handle)) return CUDA_ERROR_INVALID_VALUE;
  if (!memory_registry().find_reservation(ptr).contains(ptr, size)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::MemMap> reply;
  const CUresult result = call<calls::MemMap>(
      {.ptr = ptr, .size = size, .offset = offset, .handle = handle, .flags = flags}, reply);
  if (result == CUDA_SUCCESS) remember_memory(ptr, size, RangeKind::mapped, 0, handle);
  return result;
}

CUresult cuMemUnmap(CUdeviceptr ptr, size_t size) {
  // Whole mappings; what is reserved and not mapped does not matter.
  if (!memory_registry().find_reservation(ptr).contains(ptr, size)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::MemUnmap> reply;
  const CUresult result = call<calls::MemUnmap>({.ptr = ptr, .size = size}, reply);
  if (result != CUDA_SUCCESS) return result;
  memory_registry().erase_if([ptr, size](const Range& range) {
    return range.attributes.kind == RangeKind::mapped && range.begin >= ptr &&
           range.begin - ptr < size;
  });
  return CUDA_SUCCESS;
}

CUresult cuMemSetAccess(CUdeviceptr ptr, size_t size, const CUmemAccessDesc* desc, size_t count) {
  if (!memory_registry().owns(ptr, size)) return CUDA_ERROR_INVALID_VALUE;
  calls::MemSetAccess::Request request;
  request.ptr = ptr;
  request.size = size;
  if (desc != nullptr) {
    request.desc = {reinterpret_cast<const std::byte*>(desc), count * sizeof *desc};
  }
  request.count = count;
  ReplyOf<calls::MemSetAccess> reply;
  return call<calls::MemSetAccess>(request, reply);
}

}  // namespace vgpu::guest::written
