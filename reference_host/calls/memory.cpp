#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vgpu/calls/memory.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "host_memory.hpp"
#include "vgpu/host/call_context.hpp"

namespace vgpu::host {

using memory::Range;
using memory::RangeKind;

namespace {

/// Whether the guest may have `bytes` more of device memory.
bool within_quota(Session& session, std::uint64_t bytes) {
  return bytes <= session.quota_left(session.device_bytes_used());
}

memory::RangeAttributes device_range(const CallContext& context) {
  memory::RangeAttributes attributes;
  attributes.kind = RangeKind::device;
  attributes.context = context.current_context();
  return attributes;
}

void* pointer(std::uint64_t address) noexcept {
  return reinterpret_cast<void*>(address);
}

/// Memory that both sides have a copy of.
bool is_host_memory(const Session& session, std::uint64_t address, std::uint64_t bytes) {
  const Range range = session.memory().find(address);
  return range.contains(address, bytes) &&
         (range.attributes.kind == RangeKind::pinned || is_managed(range.attributes));
}

}  // namespace

CUresult execute(CallContext& context, const calls::MemGetInfo::Request&,
                 calls::MemGetInfo::Reply& reply) {
  if (context.driver().cuMemGetInfo_v2 == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  std::size_t free = 0;
  std::size_t total = 0;
  const CUresult result = context.driver().cuMemGetInfo_v2(&free, &total);
  if (result != CUDA_SUCCESS) return result;
  Session& session = context.session();
  reply.free = std::min<std::uint64_t>(free, session.quota_left(session.device_bytes_used()));
  reply.total = std::min<std::uint64_t>(total, session.quota_left(0));
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemAlloc::Request& request,
                 calls::MemAlloc::Reply& reply) {
  const DriverTable& driver = context.driver();
  if (driver.cuMemAlloc_v2 == nullptr || driver.cuMemFree_v2 == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  Session& session = context.session();
  if (!within_quota(session, request.bytesize)) return CUDA_ERROR_OUT_OF_MEMORY;
  CUdeviceptr address = 0;
  const CUresult result = driver.cuMemAlloc_v2(&address, request.bytesize);
  if (result != CUDA_SUCCESS) return result;
  if (!session.add_range(address, request.bytesize, device_range(context))) {
    driver.cuMemFree_v2(address);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.dptr = address;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemAllocPitch::Request& request,
                 calls::MemAllocPitch::Reply& reply) {
  const DriverTable& driver = context.driver();
  if (driver.cuMemAllocPitch_v2 == nullptr || driver.cuMemFree_v2 == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  Session& session = context.session();
  std::uint64_t least = 0;
  if (__builtin_mul_overflow(request.widthInBytes, request.height, &least) ||
      !within_quota(session, least)) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  CUdeviceptr address = 0;
  std::size_t pitch = 0;
  const CUresult result = driver.cuMemAllocPitch_v2(&address, &pitch, request.widthInBytes,
                                                    request.height, request.elementSizeBytes);
  if (result != CUDA_SUCCESS) return result;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(pitch, request.height, &bytes) || !within_quota(session, bytes) ||
      !session.add_range(address, bytes, device_range(context))) {
    driver.cuMemFree_v2(address);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.dptr = address;
  reply.pPitch = pitch;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemFree::Request& request,
                 calls::MemFree::Reply&) {
  if (context.driver().cuMemFree_v2 == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (request.dptr == 0) return CUDA_SUCCESS;
  memory::IntervalMap& map = context.session().memory();
  const Range found = map.find(request.dptr);
  if (!found || found.begin != request.dptr || found.attributes.kind != RangeKind::device) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  // Out of the map first: once the driver has freed it, another thread may be given the address.
  const Range range = map.erase(request.dptr);
  if (!range) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = context.driver().cuMemFree_v2(request.dptr);
  if (result == CUDA_ERROR_INVALID_VALUE || result == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) {
    map.insert(range.begin, range.size, range.attributes);
  }
  return result;
}

CUresult execute(CallContext& context, const calls::MemGetAddressRange::Request& request,
                 calls::MemGetAddressRange::Reply& reply) {
  const Range range = context.session().memory().find(request.dptr);
  if (!range) return CUDA_ERROR_NOT_FOUND;
  reply.pbase = range.begin;
  reply.psize = range.size;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemAllocHost::Request& request,
                 calls::MemAllocHost::Reply& reply) {
  const CUresult result =
      map_window_memory(context, request.address, request.bytesize, RangeKind::pinned, 0);
  if (result == CUDA_SUCCESS) reply.pp = request.address;
  return result;
}

CUresult execute(CallContext& context, const calls::MemHostAlloc::Request& request,
                 calls::MemHostAlloc::Reply& reply) {
  const CUresult result =
      map_window_memory(context, request.address, request.bytesize, RangeKind::pinned,
                        request.flags & (CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP |
                                         CU_MEMHOSTALLOC_WRITECOMBINED));
  if (result == CUDA_SUCCESS) reply.pp = request.address;
  return result;
}

CUresult execute(CallContext& context, const calls::MemFreeHost::Request& request,
                 calls::MemFreeHost::Reply&) {
  memory::IntervalMap& map = context.session().memory();
  const Range found = map.find(request.p);
  if (!found || found.begin != request.p ||
      (found.attributes.kind != RangeKind::pinned && found.attributes.kind != RangeKind::managed) ||
      (found.attributes.flags & range_registered) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const Range range = map.erase(request.p);
  return range ? unmap_host_memory(context, range) : CUDA_ERROR_INVALID_VALUE;
}

CUresult execute(CallContext& context, const calls::MemHostGetDevicePointer::Request& request,
                 calls::MemHostGetDevicePointer::Reply& reply) {
  if (request.flags != 0 || !is_host_memory(context.session(), request.p, 1)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (context.driver().cuMemHostGetDevicePointer_v2 == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUdeviceptr device = 0;
  const CUresult result =
      context.driver().cuMemHostGetDevicePointer_v2(&device, pointer(request.p), 0);
  if (result == CUDA_SUCCESS) reply.pdptr = device;
  return result;
}

CUresult execute(CallContext& context, const calls::MemHostGetFlags::Request& request,
                 calls::MemHostGetFlags::Reply& reply) {
  const Range range = context.session().memory().find(request.p);
  if (!range || range.attributes.kind != RangeKind::pinned) return CUDA_ERROR_INVALID_VALUE;
  reply.pFlags = (range.attributes.flags & (range_registered - 1)) | CU_MEMHOSTALLOC_DEVICEMAP;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemHostRegister::Request& request,
                 calls::MemHostRegister::Reply& reply) {
  Session& session = context.session();
  const DriverTable& driver = context.driver();
  if (driver.cuMemHostRegister_v2 == nullptr || driver.cuMemHostUnregister == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  const support::UniqueFd file = context.take_descriptor();
  constexpr std::uint64_t user_space_end = std::uint64_t{1} << 47;
  if (request.bytesize == 0 || request.p >= user_space_end ||
      request.bytesize > user_space_end - host_page - request.p) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const std::uint64_t begin = request.p / host_page * host_page;
  const std::uint64_t bytes =
      (request.p + request.bytesize + host_page - 1) / host_page * host_page - begin;
  const bool shares = request.sharedBytes != 0;
  if (shares &&
      (!file || request.sharedOffset % host_page != 0 || request.sharedBytes % host_page != 0 ||
       request.sharedOffset > bytes || request.sharedBytes > bytes - request.sharedOffset ||
       !file_is_solid(file.get(), request.sharedBytes))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  // At the guest's own address if this process has nothing there, else somewhere.
  constexpr int protection = PROT_READ | PROT_WRITE;
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  void* place = begin == 0
                    ? MAP_FAILED
                    : ::mmap(pointer(begin), bytes, protection, flags | MAP_FIXED_NOREPLACE, -1, 0);
  if (place != MAP_FAILED && place != pointer(begin)) {
    ::munmap(place, bytes);
    place = MAP_FAILED;
  }
  if (place == MAP_FAILED) {
    place = ::mmap(nullptr, bytes, protection, flags, -1, 0);
    if (place == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
    session.log(LogLevel::warning,
                "registered memory has another address on the device than in "
                "the program, because the worker uses the program's address");
  }
  const auto base = reinterpret_cast<std::uint64_t>(place);
  if (shares && ::mmap(pointer(base + request.sharedOffset), request.sharedBytes, protection,
                       MAP_SHARED | MAP_FIXED, file.get(), 0) == MAP_FAILED) {
    ::munmap(place, bytes);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  const std::uint64_t address = base + (request.p - begin);
  CUresult result =
      driver.cuMemHostRegister_v2(pointer(address), request.bytesize,
                                  CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP);
  if (result == CUDA_SUCCESS) {
    CUdeviceptr device = 0;
    if (driver.cuMemHostGetDevicePointer_v2 == nullptr ||
        driver.cuMemHostGetDevicePointer_v2(&device, pointer(address), 0) != CUDA_SUCCESS ||
        device != address) {
      result = CUDA_ERROR_NOT_SUPPORTED;
    }
    memory::RangeAttributes attributes;
    attributes.kind = RangeKind::pinned;
    attributes.flags = (request.flags & (range_registered - 1)) | range_registered;
    attributes.context = context.current_context();
    attributes.owner = base;
    attributes.tag = bytes;
    if (result == CUDA_SUCCESS && !session.add_range(address, request.bytesize, attributes)) {
      result = CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
    }
    if (result != CUDA_SUCCESS) driver.cuMemHostUnregister(pointer(address));
  }
  if (result != CUDA_SUCCESS) {
    ::munmap(place, bytes);
    return result;
  }
  reply.address = address;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemHostUnregister::Request& request,
                 calls::MemHostUnregister::Reply&) {
  memory::IntervalMap& map = context.session().memory();
  const Range found = map.find(request.p);
  if (!found || found.begin != request.p || found.attributes.kind != RangeKind::pinned ||
      (found.attributes.flags & range_registered) == 0) {
    return CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
  }
  const Range range = map.erase(request.p);
  return range ? unmap_host_memory(context, range) : CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
}

CUresult execute(CallContext& context, const calls::MirrorWrite::Request& request,
                 calls::MirrorWrite::Reply&) {
  const std::span<const std::byte> bytes = context.trailing();
  const std::uint64_t count = request.byteCount;
  if (count > bytes.size() || bytes.size() - count != (count + 7) / 8 ||
      !is_host_memory(context.session(), request.address, count)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  auto* target = static_cast<std::byte*>(pointer(request.address));
  const std::byte* mask = bytes.data() + count;
  for (std::uint64_t i = 0; i < count; ++i) {
    if ((mask[i / 8] >> (i % 8) & std::byte{1}) != std::byte{0}) target[i] = bytes[i];
  }
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MirrorRead::Request& request,
                 calls::MirrorRead::Reply& reply) {
  if (!is_host_memory(context.session(), request.address, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const std::span<std::byte> copy = context.scratch<std::byte>(request.byteCount);
  std::memcpy(copy.data(), pointer(request.address), copy.size());
  context.set_trailing_reply(copy);
  reply.trailingBytes = copy.size();
  return CUDA_SUCCESS;
}

}  // namespace vgpu::host
