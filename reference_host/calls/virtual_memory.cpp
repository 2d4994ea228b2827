#include <cstdint>
#include <span>
#include <vgpu/calls/virtual_memory.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

namespace vgpu::host {

using memory::Range;
using memory::RangeKind;

CUresult execute(CallContext& context, const calls::MemAddressReserve::Request& request,
                 calls::MemAddressReserve::Reply& reply) {
  const DriverTable& driver = context.driver();
  if (driver.cuMemAddressReserve == nullptr || driver.cuMemAddressFree == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUdeviceptr address = 0;
  const CUresult result = driver.cuMemAddressReserve(&address, request.size, request.alignment,
                                                     request.addr, request.flags);
  if (result != CUDA_SUCCESS) return result;
  memory::RangeAttributes attributes;
  attributes.kind = RangeKind::reserved;
  if (!context.session().add_range(address, request.size, attributes)) {
    driver.cuMemAddressFree(address, request.size);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.ptr = address;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemAddressFree::Request& request,
                 calls::MemAddressFree::Reply&) {
  if (context.driver().cuMemAddressFree == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  memory::IntervalMap& map = context.session().memory();
  const Range found = map.find_reservation(request.ptr);
  if (!found || found.begin != request.ptr || found.size != request.size) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const Range range = map.erase_reservation(request.ptr);
  if (!range) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = context.driver().cuMemAddressFree(request.ptr, request.size);
  if (result != CUDA_SUCCESS) map.insert(range.begin, range.size, range.attributes);
  return result;
}

CUresult execute(CallContext& context, const calls::MemCreate::Request& request,
                 calls::MemCreate::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuMemCreate == nullptr || driver.cuMemRelease == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUmemAllocationProp prop{};
  if (!call::copy_layout(request.prop, prop)) return CUDA_ERROR_INVALID_VALUE;
  // A pointer of the guest: security attributes of another operating system.
  prop.win32HandleMetaData = nullptr;
  if (!context.can_bind(HandleKind::allocation, request.handle)) return CUDA_ERROR_INVALID_VALUE;
  Session& session = context.session();
  if (request.size >
      session.quota_left(session.device_bytes_used() + session.memory().bytes(RangeKind::mapped))) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  CUmemGenericAllocationHandle handle = 0;
  const CUresult result = driver.cuMemCreate(&handle, request.size, &prop, request.flags);
  if (result != CUDA_SUCCESS) return result;
  if (!context.bind_new(HandleKind::allocation, request.handle, handle)) {
    driver.cuMemRelease(handle);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemRelease::Request& request,
                 calls::MemRelease::Reply&) {
  if (context.driver().cuMemRelease == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUmemGenericAllocationHandle handle = 0;
  if (request.handle == 0 || !context.resolve(HandleKind::allocation, request.handle, handle) ||
      !context.release(HandleKind::allocation, request.handle)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return context.driver().cuMemRelease(handle);
}

CUresult execute(CallContext& context, const calls::MemMap::Request& request,
                 calls::MemMap::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuMemMap == nullptr || driver.cuMemUnmap == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUmemGenericAllocationHandle handle = 0;
  if (request.handle == 0 || !context.resolve(HandleKind::allocation, request.handle, handle)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  Session& session = context.session();
  if (!session.memory().find_reservation(request.ptr).contains(request.ptr, request.size)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  // Entered first: of two threads that map one place, one fails here.
  memory::RangeAttributes attributes;
  attributes.kind = RangeKind::mapped;
  attributes.owner = request.handle;
  if (!session.add_range(request.ptr, request.size, attributes)) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result =
      driver.cuMemMap(request.ptr, request.size, request.offset, handle, request.flags);
  if (result != CUDA_SUCCESS) session.memory().erase(request.ptr);
  return result;
}

CUresult execute(CallContext& context, const calls::MemUnmap::Request& request,
                 calls::MemUnmap::Reply&) {
  if (context.driver().cuMemUnmap == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  memory::IntervalMap& map = context.session().memory();
  if (!map.find_reservation(request.ptr).contains(request.ptr, request.size)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const CUresult result = context.driver().cuMemUnmap(request.ptr, request.size);
  if (result != CUDA_SUCCESS) return result;
  // The reservation is still the guest's, so nobody else can be given these addresses meanwhile.
  map.erase_if([&request](const Range& range) {
    return range.attributes.kind == RangeKind::mapped && range.begin >= request.ptr &&
           range.begin - request.ptr < request.size;
  });
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemSetAccess::Request& request,
                 calls::MemSetAccess::Reply&) {
  if (context.driver().cuMemSetAccess == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  std::span<CUmemAccessDesc> descriptors;
  if (!call::copy_layouts(context, request.desc, descriptors) ||
      descriptors.size() != request.count || !context.owns(request.ptr, request.size) ||
      context.session().memory().find(request.ptr).attributes.kind != RangeKind::mapped) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return context.driver().cuMemSetAccess(request.ptr, request.size, descriptors.data(),
                                         descriptors.size());
}

}  // namespace vgpu::host
