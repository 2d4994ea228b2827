#include "host_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vgpu/driver_table.hpp>

namespace vgpu::host {

CUresult map_window_memory(CallContext& context, std::uint64_t address, std::uint64_t bytes,
                           memory::RangeKind kind, std::uint32_t flags) {
  Session& session = context.session();
  const DriverTable& driver = context.driver();
  if (driver.cuMemHostRegister_v2 == nullptr || driver.cuMemHostUnregister == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  const support::UniqueFd file = context.take_descriptor();
  if (bytes == 0 || bytes > UINT64_MAX - host_page) return CUDA_ERROR_INVALID_VALUE;
  const std::uint64_t whole = (bytes + host_page - 1) / host_page * host_page;
  if (address % host_page != 0 || !session.window().contains(address, whole)) {
    session.log(LogLevel::warning, "host memory lies outside the address window of the session");
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (file && !file_is_solid(file.get(), whole)) {
    session.log(LogLevel::warning, "the file of shared host memory is too short or can shrink");
    return CUDA_ERROR_INVALID_VALUE;
  }
  // Entering it first keeps any other call of the guest from taking the place.
  memory::RangeAttributes attributes;
  attributes.kind = kind;
  attributes.flags = flags;
  attributes.context = context.current_context();
  attributes.owner = address;
  attributes.tag = whole;
  if (!session.add_range(address, bytes, attributes)) return CUDA_ERROR_INVALID_VALUE;
  const auto mapped = file ? session.window().map(file.get(), 0, address, whole)
                           : session.window().map_private(address, whole);
  if (!mapped) {
    session.memory().erase(address);
    session.log(LogLevel::warning, mapped.message());
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  const CUresult result =
      driver.cuMemHostRegister_v2(reinterpret_cast<void*>(address), bytes,
                                  CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP);
  if (result != CUDA_SUCCESS) {
    session.memory().erase(address);
    static_cast<void>(session.window().unmap(address, whole).ok());
    return result;
  }
  CUdeviceptr device = 0;
  if (driver.cuMemHostGetDevicePointer_v2 == nullptr ||
      driver.cuMemHostGetDevicePointer_v2(&device, reinterpret_cast<void*>(address), 0) !=
          CUDA_SUCCESS ||
      device != address) {
    session.log(LogLevel::error,
                "the device sees page-locked memory at another address than the "
                "program; such devices are not supported");
    const memory::Range range = session.memory().erase(address);
    unmap_host_memory(context, range);
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  return CUDA_SUCCESS;
}

CUresult unmap_host_memory(CallContext& context, const memory::Range& range) {
  Session& session = context.session();
  const DriverTable& driver = context.driver();
  // The driver lets work finish that still uses the memory; afterwards the pages are gone.
  const CUresult result = driver.cuMemHostUnregister(reinterpret_cast<void*>(range.begin));
  if (result == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) {
    session.memory().insert(range.begin, range.size, range.attributes);
    return result;
  }
  const std::uint64_t begin = range.attributes.owner;
  const std::uint64_t bytes = range.attributes.tag;
  if (session.window().contains(begin, bytes)) {
    static_cast<void>(session.window().unmap(begin, bytes).ok());
  } else {
    ::munmap(reinterpret_cast<void*>(begin), bytes);
  }
  return result;
}

}  // namespace vgpu::host
