#include <cstdint>
#include <cstring>
#include <vgpu/calls/managed.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "host_memory.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

// Managed memory is page-locked memory that guest and device see at one address: it never moves, so
// advice about where it should be, and requests to move it, are accepted and change nothing.

namespace vgpu::host {

using memory::Range;
using memory::RangeKind;

namespace {

bool managed_range(CallContext& context, std::uint64_t address, std::uint64_t bytes) {
  const Range range = context.session().memory().find(address);
  return range.attributes.kind == RangeKind::managed && range.contains(address, bytes);
}

}  // namespace

CUresult execute(CallContext& context, const calls::MemAllocManaged::Request& request,
                 calls::MemAllocManaged::Reply& reply) {
  if (request.flags != CU_MEM_ATTACH_GLOBAL && request.flags != CU_MEM_ATTACH_HOST) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const CUresult result = map_window_memory(context, request.address, request.bytesize,
                                            RangeKind::managed, request.flags);
  if (result == CUDA_SUCCESS) reply.dptr = request.address;
  return result;
}

CUresult execute(CallContext& context, const calls::MemPrefetchAsync::Request& request,
                 calls::MemPrefetchAsync::Reply&) {
  CUstream stream{};
  CUmemLocation location{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (!call::copy_layout(request.location, location) || request.flags != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return managed_range(context, request.devPtr, request.count) ? CUDA_SUCCESS
                                                               : CUDA_ERROR_INVALID_VALUE;
}

CUresult execute(CallContext& context, const calls::MemAdvise::Request& request,
                 calls::MemAdvise::Reply&) {
  CUmemLocation location{};
  if (!call::copy_layout(request.location, location) ||
      request.advice < CU_MEM_ADVISE_SET_READ_MOSTLY ||
      request.advice > CU_MEM_ADVISE_UNSET_ACCESSED_BY) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return managed_range(context, request.devPtr, request.count) ? CUDA_SUCCESS
                                                               : CUDA_ERROR_INVALID_VALUE;
}

CUresult execute(CallContext& context, const calls::StreamAttachMemAsync::Request& request,
                 calls::StreamAttachMemAsync::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (request.flags != CU_MEM_ATTACH_GLOBAL && request.flags != CU_MEM_ATTACH_HOST &&
      request.flags != CU_MEM_ATTACH_SINGLE) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const Range range = context.session().memory().find(request.dptr);
  // Length 0 means all of the allocation, and no other length is a part of it.
  if (range.attributes.kind != RangeKind::managed || range.begin != request.dptr ||
      (request.length != 0 && request.length != range.size)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemRangeGetAttribute::Request& request,
                 calls::MemRangeGetAttribute::Reply& reply) {
  if (!managed_range(context, request.devPtr, request.count)) return CUDA_ERROR_INVALID_VALUE;
  std::int64_t value = 0;
  switch (request.attribute) {
    case CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY:
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION:
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION:
      value = CU_DEVICE_INVALID;  // nothing was asked for that had an effect
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE:
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE:
      value = CU_MEM_LOCATION_TYPE_INVALID;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID:
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID:
      break;
    case CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY: {
      if (request.dataSize == 0 || request.dataSize % sizeof(std::int32_t) != 0) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      const auto devices = context.scratch<std::int32_t>(request.dataSize / sizeof(std::int32_t));
      for (std::int32_t& device : devices) device = CU_DEVICE_INVALID;
      reply.data = std::as_bytes(devices);
      return CUDA_SUCCESS;
    }
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
  if (request.dataSize != sizeof(std::int32_t)) return CUDA_ERROR_INVALID_VALUE;
  const auto out = context.scratch<std::int32_t>(1);
  out[0] = static_cast<std::int32_t>(value);
  reply.data = std::as_bytes(out);
  return CUDA_SUCCESS;
}

}  // namespace vgpu::host
