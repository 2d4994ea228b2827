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

CUresult cuMemPrefetchAsync(CUdeviceptr devPtr, size_t count, CUdevice dstDevice,
                            CUstream hStream) {
  if (!device_known(dstDevice)) return CUDA_ERROR_INVALID_DEVICE;
  const auto stream = reinterpret_cast<std::uint64_t>(hStream);
  if (!handle_valid(call::HandleKind::stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const CUmemLocation location = location_of(dstDevice);
  calls::MemPrefetchAsync::Request request;
  request.devPtr = devPtr;
  request.count = count;
  request.location = bytes_of(location);
  request.hStream = stream;
  return post<calls::MemPrefetchAsync>(request);
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
