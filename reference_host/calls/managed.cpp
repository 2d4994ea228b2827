#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vgpu/calls/managed.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "host_memory.hpp"
#include "managed_advice.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

// Managed memory is page-locked memory that guest and device see at one address: it never moves, so
// advice about where it should be, and requests to move it, are kept and change nothing.

namespace vgpu::host {

using memory::Range;
using memory::RangeKind;

namespace {

// Managed addresses are unique in the process, and a new allocation begins without advice.
AdviceMap& advice() {
  static AdviceMap map;
  return map;
}

bool managed_range(CallContext& context, std::uint64_t address, std::uint64_t bytes) {
  const Range range = context.session().memory().find(address);
  return bytes != 0 && is_managed(range.attributes) && range.contains(address, bytes);
}

/// CU_DEVICE_CPU or a device's ordinal; CU_DEVICE_INVALID for no place of ours.
int place_of(const DriverTable& driver, const CUmemLocation& location) {
  switch (location.type) {
    case CU_MEM_LOCATION_TYPE_DEVICE: {
      int devices = 0;
      const bool known = driver.cuDeviceGetCount != nullptr &&
                         driver.cuDeviceGetCount(&devices) == CUDA_SUCCESS && location.id >= 0 &&
                         location.id < devices;
      return known ? location.id : int{CU_DEVICE_INVALID};
    }
    case CU_MEM_LOCATION_TYPE_HOST:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
      return CU_DEVICE_CPU;
    default:
      return CU_DEVICE_INVALID;
  }
}

int location_type(int place) {
  if (place == CU_DEVICE_INVALID) return CU_MEM_LOCATION_TYPE_INVALID;
  return place == CU_DEVICE_CPU ? CU_MEM_LOCATION_TYPE_HOST : CU_MEM_LOCATION_TYPE_DEVICE;
}

/// No node of a graph can be such work: a capture of the stream ends, as the driver ends it.
CUresult refuse_capture(const DriverTable& driver, CUstream stream) {
  if (driver.cuStreamIsCapturing == nullptr || driver.cuStreamQuery == nullptr) return CUDA_SUCCESS;
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  CUresult result = driver.cuStreamIsCapturing(stream, &status);
  if (result == CUDA_SUCCESS && status != CU_STREAM_CAPTURE_STATUS_NONE) {
    result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  } else if (result != CUDA_ERROR_STREAM_CAPTURE_IMPLICIT) {
    return CUDA_SUCCESS;
  }
  driver.cuStreamQuery(stream);
  return result;
}

}  // namespace

CUresult execute(CallContext& context, const calls::MemAllocManaged::Request& request,
                 calls::MemAllocManaged::Reply& reply) {
  if (request.flags != CU_MEM_ATTACH_GLOBAL && request.flags != CU_MEM_ATTACH_HOST) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const CUresult result = map_window_memory(context, request.address, request.bytesize,
                                            RangeKind::managed, request.flags);
  if (result != CUDA_SUCCESS) return result;
  advice().reset(request.address, request.bytesize);
  reply.dptr = request.address;
  return CUDA_SUCCESS;
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
  if (const CUresult refused = refuse_capture(context.driver(), stream); refused != CUDA_SUCCESS) {
    return refused;
  }
  if (!managed_range(context, request.devPtr, request.count)) return CUDA_ERROR_INVALID_VALUE;
  const int place = place_of(context.driver(), location);
  if (place == CU_DEVICE_INVALID) {
    return location.type == CU_MEM_LOCATION_TYPE_DEVICE ? CUDA_ERROR_INVALID_DEVICE
                                                        : CUDA_ERROR_INVALID_VALUE;
  }
  advice().change(request.devPtr, request.count,
                  [place](Advice& pages) { pages.prefetched = place; });
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemAdvise::Request& request,
                 calls::MemAdvise::Reply&) {
  CUmemLocation location{};
  if (!call::copy_layout(request.location, location) ||
      request.advice < CU_MEM_ADVISE_SET_READ_MOSTLY ||
      request.advice > CU_MEM_ADVISE_UNSET_ACCESSED_BY) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (!managed_range(context, request.devPtr, request.count)) return CUDA_ERROR_INVALID_VALUE;
  // The others do not look at the location.
  int place = CU_DEVICE_INVALID;
  if (request.advice == CU_MEM_ADVISE_SET_PREFERRED_LOCATION ||
      request.advice == CU_MEM_ADVISE_SET_ACCESSED_BY ||
      request.advice == CU_MEM_ADVISE_UNSET_ACCESSED_BY) {
    place = place_of(context.driver(), location);
    if (place == CU_DEVICE_INVALID) return CUDA_ERROR_INVALID_VALUE;
  }
  const std::uint64_t bit = std::uint64_t{1} << (static_cast<unsigned>(place + 1) & 63U);
  advice().change(request.devPtr, request.count, [&](Advice& pages) {
    switch (request.advice) {
      case CU_MEM_ADVISE_SET_READ_MOSTLY:
      case CU_MEM_ADVISE_UNSET_READ_MOSTLY:
        pages.read_mostly = request.advice == CU_MEM_ADVISE_SET_READ_MOSTLY;
        break;
      case CU_MEM_ADVISE_SET_ACCESSED_BY:
        pages.accessed_by |= bit;
        break;
      case CU_MEM_ADVISE_UNSET_ACCESSED_BY:
        pages.accessed_by &= ~bit;
        break;
      default:
        pages.preferred = place;
    }
  });
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::StreamAttachMemAsync::Request& request,
                 calls::StreamAttachMemAsync::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (const CUresult refused = refuse_capture(context.driver(), stream); refused != CUDA_SUCCESS) {
    return refused;
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
  const Advice said = advice().common(request.devPtr, request.count);
  std::int32_t value = 0;
  switch (request.attribute) {
    case CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY:
      value = said.read_mostly ? 1 : 0;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION:
      value = said.preferred;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION:
      value = said.prefetched;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE:
      value = location_type(said.preferred);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE:
      value = location_type(said.prefetched);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID:
      value = std::max(said.preferred, 0);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID:
      value = std::max(said.prefetched, 0);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY: {
      if (request.dataSize == 0 || request.dataSize % sizeof(std::int32_t) != 0) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      const auto devices = context.scratch<std::int32_t>(request.dataSize / sizeof(std::int32_t));
      int place = -1;
      for (std::int32_t& device : devices) {
        while (place < 63 && (said.accessed_by >> static_cast<unsigned>(place + 1) & 1U) == 0) {
          ++place;
        }
        device = place < 63 ? place++ : int{CU_DEVICE_INVALID};
      }
      reply.data = std::as_bytes(devices);
      return CUDA_SUCCESS;
    }
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
  if (request.dataSize != sizeof(std::int32_t)) return CUDA_ERROR_INVALID_VALUE;
  const auto out = context.scratch<std::int32_t>(1);
  out[0] = value;
  reply.data = std::as_bytes(out);
  return CUDA_SUCCESS;
}

}  // namespace vgpu::host
