#include <cstdint>
#include <vgpu/calls/managed.hpp>
#include <vgpu/guest_written.hpp>

#include "host_memory.hpp"
#include "mirrored_memory.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest::written {
namespace {

/// The location that a device ordinal of the older forms means.
CUmemLocation location_of(CUdevice device) noexcept {
  CUmemLocation location{};
  location.type = device == CU_DEVICE_CPU ? CU_MEM_LOCATION_TYPE_HOST : CU_MEM_LOCATION_TYPE_DEVICE;
  location.id = device == CU_DEVICE_CPU ? 0 : device;
  return location;
}

bool device_known(CUdevice device) noexcept {
  return device == CU_DEVICE_CPU || find_device(device) != nullptr;
}

/// A kind of location that memory can be moved to.
bool is_place(const CUmemLocation& location) noexcept {
  return location.type == CU_MEM_LOCATION_TYPE_DEVICE ||
         location.type == CU_MEM_LOCATION_TYPE_HOST ||
         location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA ||
         location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT;
}

bool is_managed(CUdeviceptr address, size_t bytes) noexcept {
  const Range range = find_memory(address);
  return bytes != 0 && guest::is_managed(range.attributes) && range.contains(address, bytes);
}

std::span<const std::byte> bytes_of(const CUmemLocation& location) noexcept {
  return {reinterpret_cast<const std::byte*>(&location), sizeof location};
}

}  // namespace

CUresult cuMemAllocManaged(CUdeviceptr* dptr, size_t bytesize, unsigned int flags) {
  if (flags != CU_MEM_ATTACH_GLOBAL && flags != CU_MEM_ATTACH_HOST) return CUDA_ERROR_INVALID_VALUE;
  std::uint64_t address = 0;
  const CUresult result = allocate_host_memory(
      bytesize, RangeKind::managed, flags, address, [&](std::uint64_t place, int descriptor) {
        ReplyOf<calls::MemAllocManaged> reply;
        return call<calls::MemAllocManaged>(
            {.bytesize = bytesize, .flags = flags, .address = place}, reply, {}, descriptor);
      });
  if (result == CUDA_SUCCESS) *dptr = address;
  return result;
}

CUresult cuMemPrefetchAsync_v2(CUdeviceptr devPtr, size_t count, CUmemLocation location,
                               unsigned int flags, CUstream hStream) {
  const auto stream = reinterpret_cast<std::uint64_t>(hStream);
  if (!handle_valid(call::HandleKind::stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (flags != 0 || !is_managed(devPtr, count)) return CUDA_ERROR_INVALID_VALUE;
  if (location.type == CU_MEM_LOCATION_TYPE_DEVICE && find_device(location.id) == nullptr) {
    return CUDA_ERROR_INVALID_DEVICE;
  }
  calls::MemPrefetchAsync::Request request;
  request.devPtr = devPtr;
  request.count = count;
  request.location = bytes_of(location);
  request.hStream = stream;
  return post_if<calls::MemPrefetchAsync>(is_place(location), request);
}

CUresult cuMemPrefetchAsync(CUdeviceptr devPtr, size_t count, CUdevice dstDevice,
                            CUstream hStream) {
  return written::cuMemPrefetchAsync_v2(devPtr, count, location_of(dstDevice), 0, hStream);
}

CUresult cuStreamAttachMemAsync(CUstream hStream, CUdeviceptr dptr, size_t length,
                                unsigned int flags) {
  const auto stream = reinterpret_cast<std::uint64_t>(hStream);
  if (!handle_valid(call::HandleKind::stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  const Range range = find_memory(dptr);
  // Length 0 means all of the allocation, and no other length is a part of it.
  if (range.attributes.kind != RangeKind::managed || range.begin != dptr ||
      (length != 0 && length != range.size)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const bool single = flags == CU_MEM_ATTACH_SINGLE;
  if ((flags != CU_MEM_ATTACH_GLOBAL && flags != CU_MEM_ATTACH_HOST && !single) ||
      (single && (hStream == nullptr || hStream == CU_STREAM_LEGACY))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return post<calls::StreamAttachMemAsync>(
      {.hStream = stream, .dptr = dptr, .length = length, .flags = flags});
}

CUresult cuMemAdvise(CUdeviceptr devPtr, size_t count, CUmem_advise advice, CUdevice device) {
  // These say nothing of a device, and it is ignored.
  const bool without_device = advice == CU_MEM_ADVISE_SET_READ_MOSTLY ||
                              advice == CU_MEM_ADVISE_UNSET_READ_MOSTLY ||
                              advice == CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION;
  if (!without_device && !device_known(device)) return CUDA_ERROR_INVALID_DEVICE;
  const CUmemLocation location = location_of(without_device ? CU_DEVICE_CPU : device);
  calls::MemAdvise::Request request;
  request.devPtr = devPtr;
  request.count = count;
  request.advice = static_cast<std::uint32_t>(advice);
  request.location = bytes_of(location);
  ReplyOf<calls::MemAdvise> reply;
  return call<calls::MemAdvise>(request, reply);
}

}  // namespace vgpu::guest::written
