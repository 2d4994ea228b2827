#include <cstdint>
#include <cstring>
#include <vgpu/calls/pool.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

namespace vgpu::host {

using memory::Range;
using memory::RangeKind;

namespace {

/// Memory that a capture recorded. It is there whenever the graph has run, so it stays the guest's
/// after it was freed, until the driver gives its place to other memory.
constexpr std::uint32_t range_of_graph = 1U << 31;

bool is_capturing(const DriverTable& driver, CUstream stream) {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  return driver.cuStreamIsCapturing != nullptr &&
         driver.cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS &&
         status != CU_STREAM_CAPTURE_STATUS_NONE;
}

/// Enters stream-ordered memory as the guest's.
bool enter_ordered(CallContext& context, std::uint64_t address, std::uint64_t bytes,
                   std::uint64_t pool, CUstream stream) {
  memory::RangeAttributes attributes;
  attributes.kind = RangeKind::device;
  attributes.context = context.current_context();
  attributes.owner = pool;
  if (is_capturing(context.driver(), stream)) attributes.flags |= range_of_graph;
  return context.session().add_range(address, bytes, attributes);
}

/// For an allocation of 0 bytes the guest gets address 0, whatever the driver has made of it.
CUresult give_back_nothing(const DriverTable& driver, CUdeviceptr address, CUstream stream) {
  if (address != 0) driver.cuMemFreeAsync(address, stream);
  return CUDA_SUCCESS;
}

bool within_quota(Session& session, std::uint64_t bytes) {
  return bytes <= session.quota_left(session.device_bytes_used());
}

}  // namespace

CUresult execute(CallContext& context, const calls::MemAllocAsync::Request& request,
                 calls::MemAllocAsync::Reply& reply) {
  const DriverTable& driver = context.driver();
  CUstream stream{};
  if (driver.cuMemAllocAsync == nullptr || driver.cuMemFreeAsync == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (!within_quota(context.session(), request.bytesize)) return CUDA_ERROR_OUT_OF_MEMORY;
  CUdeviceptr address = 0;
  const CUresult result = driver.cuMemAllocAsync(&address, request.bytesize, stream);
  if (result != CUDA_SUCCESS) return result;
  if (request.bytesize == 0) return give_back_nothing(driver, address, stream);
  if (!enter_ordered(context, address, request.bytesize, 0, stream)) {
    driver.cuMemFreeAsync(address, stream);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.dptr = address;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemAllocFromPoolAsync::Request& request,
                 calls::MemAllocFromPoolAsync::Reply& reply) {
  const DriverTable& driver = context.driver();
  CUstream stream{};
  CUmemoryPool pool{};
  if (driver.cuMemAllocFromPoolAsync == nullptr || driver.cuMemFreeAsync == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (!context.resolve(HandleKind::stream, request.hStream, stream) || request.pool == 0 ||
      !context.resolve(HandleKind::memory_pool, request.pool, pool)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (!within_quota(context.session(), request.bytesize)) return CUDA_ERROR_OUT_OF_MEMORY;
  CUdeviceptr address = 0;
  const CUresult result = driver.cuMemAllocFromPoolAsync(&address, request.bytesize, pool, stream);
  if (result != CUDA_SUCCESS) return result;
  if (request.bytesize == 0) return give_back_nothing(driver, address, stream);
  if (!enter_ordered(context, address, request.bytesize, request.pool, stream)) {
    driver.cuMemFreeAsync(address, stream);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.dptr = address;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemFreeAsync::Request& request,
                 calls::MemFreeAsync::Reply&) {
  CUstream stream{};
  if (context.driver().cuMemFreeAsync == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  memory::IntervalMap& map = context.session().memory();
  const Range found = map.find(request.dptr);
  if (!found || found.begin != request.dptr || found.attributes.kind != RangeKind::device) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if ((found.attributes.flags & range_of_graph) != 0) {
    return context.driver().cuMemFreeAsync(request.dptr, stream);
  }
  // Out of the map first: once the driver has freed it, another thread may be given the address.
  const Range range = map.erase(request.dptr);
  if (!range) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = context.driver().cuMemFreeAsync(request.dptr, stream);
  if (result != CUDA_SUCCESS) map.insert(range.begin, range.size, range.attributes);
  return result;
}

CUresult execute(CallContext& context, const calls::MemPoolCreate::Request& request,
                 calls::MemPoolCreate::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuMemPoolCreate == nullptr || driver.cuMemPoolDestroy == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUmemPoolProps properties{};
  if (!call::copy_layout(request.poolProps, properties)) return CUDA_ERROR_INVALID_VALUE;
  properties.win32SecurityAttributes = nullptr;  // a pointer of the guest
  if (!context.can_bind(HandleKind::memory_pool, request.pool)) return CUDA_ERROR_INVALID_VALUE;
  CUmemoryPool pool{};
  const CUresult result = driver.cuMemPoolCreate(&pool, &properties);
  if (result != CUDA_SUCCESS) return result;
  if (!context.bind_new(HandleKind::memory_pool, request.pool, pool)) {
    driver.cuMemPoolDestroy(pool);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::MemPoolDestroy::Request& request,
                 calls::MemPoolDestroy::Reply&) {
  CUmemoryPool pool{};
  if (context.driver().cuMemPoolDestroy == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (request.pool == 0 || !context.resolve(HandleKind::memory_pool, request.pool, pool)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  // A device's default pool cannot be destroyed; the driver says so.
  const CUresult result = context.driver().cuMemPoolDestroy(pool);
  if (result == CUDA_SUCCESS) context.release(HandleKind::memory_pool, request.pool);
  return result;
}

CUresult execute(CallContext& context, const calls::MemPoolSetAttribute::Request& request,
                 calls::MemPoolSetAttribute::Reply&) {
  CUmemoryPool pool{};
  if (context.driver().cuMemPoolSetAttribute == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (request.pool == 0 || !context.resolve(HandleKind::memory_pool, request.pool, pool)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  std::uint64_t value = 0;
  if (request.value.empty() || request.value.size() > sizeof value) return CUDA_ERROR_INVALID_VALUE;
  std::memcpy(&value, request.value.data(), request.value.size());
  return context.driver().cuMemPoolSetAttribute(
      pool, static_cast<CUmemPool_attribute>(request.attr), &value);
}

CUresult execute(CallContext& context, const calls::DeviceSetGraphMemAttribute::Request& request,
                 calls::DeviceSetGraphMemAttribute::Reply&) {
  if (context.driver().cuDeviceSetGraphMemAttribute == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  std::uint64_t value = 0;
  if (request.value.size() != sizeof value) return CUDA_ERROR_INVALID_VALUE;
  std::memcpy(&value, request.value.data(), sizeof value);
  return context.driver().cuDeviceSetGraphMemAttribute(
      request.device, static_cast<CUgraphMem_attribute>(request.attr), &value);
}

}  // namespace vgpu::host
