#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vgpu/calls/pointer.hpp>
#include <vgpu/guest_written.hpp>

#include "vgpu/guest/core.hpp"
#include "vgpu/guest/memory_registry.hpp"

namespace vgpu::guest::written {
namespace {

/// The value of an attribute, and how many bytes of it the program gets.
struct Value {
  std::uint64_t bits = 0;
  std::size_t size = 0;
};

Value number(unsigned value) noexcept {
  return {value, sizeof(unsigned)};
}
Value wide(std::uint64_t value) noexcept {
  return {value, sizeof value};
}

/// Bytes of an attribute of an address that CUDA does not know; 0 = no such attribute.
std::size_t size_of(CUpointer_attribute attribute) noexcept {
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
    case CU_POINTER_ATTRIBUTE_MAPPED:
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
    case CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
      return sizeof(unsigned);
    case CU_POINTER_ATTRIBUTE_CONTEXT:
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      return sizeof(std::uint64_t);
    default:
      return 0;
  }
}

CUresult ask_host(const Range& range, CUpointer_attribute attribute, std::uint64_t address,
                  Value& value) {
  if ((range.attributes.flags & range_flag::plain) != 0) return CUDA_ERROR_NOT_SUPPORTED;
  calls::PointerGetAttribute::Request request;
  request.attribute = static_cast<std::uint32_t>(attribute);
  request.ptr = host_address(range, address);
  ReplyOf<calls::PointerGetAttribute> reply;
  const CUresult result = call<calls::PointerGetAttribute>(request, reply);
  if (result != CUDA_SUCCESS) return result;
  value.size = size_of(attribute);
  if (reply.value.data.size() < value.size) return CUDA_ERROR_UNKNOWN;
  std::memcpy(&value.bits, reply.value.data.data(), value.size);
  return CUDA_SUCCESS;
}

CUresult pool_of(const Range& range, std::uint64_t address, Value& value) {
  value = wide(range.attributes.owner);
  if ((range.attributes.flags & range_flag::pool) == 0) return CUDA_ERROR_INVALID_VALUE;
  if (value.bits != 0) return CUDA_SUCCESS;
  // It came from the pool that was its device's current one then.
  const CUresult result = ask_host(range, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, address, value);
  if (result == CUDA_SUCCESS) adopt_handle(value.bits);
  return result;
}

CUresult attribute_of(const Range& range, CUpointer_attribute attribute, std::uint64_t address,
                      Value& value) {
  const RangeKind kind = range.attributes.kind;
  const bool managed = is_managed(range.attributes);
  const bool host_memory = kind == RangeKind::pinned || managed;
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_CONTEXT:
      value = wide(range.attributes.context);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      value = number(kind == RangeKind::pinned ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      // The one attribute that is the current context's.
      if (current_context() == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
      if ((range.attributes.flags & range_flag::plain) != 0) return CUDA_ERROR_INVALID_VALUE;
      value = wide(host_address(range, address));
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      if (!host_memory) return CUDA_ERROR_INVALID_VALUE;
      value = wide(address);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
      value = number(managed ? 1 : 0);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
      value =
          number(static_cast<unsigned>(range.attributes.device < 0 ? 0 : range.attributes.device));
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
      value = wide(host_address(range, range.begin));
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
      value = wide(range.size);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_MAPPED:
      value = number(1);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
      value = number(CU_POINTER_ATTRIBUTE_ACCESS_FLAG_READWRITE);
      return CUDA_SUCCESS;
    // Memory of a device that another machine may have: neither its IPC handles nor direct access
    // by network adapters reach this process.
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
    case CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
      value = number(0);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
      if (kind == RangeKind::mapped) return ask_host(range, attribute, address, value);
      value = wide(CU_MEM_HANDLE_TYPE_NONE);
      return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
      return pool_of(range, address, value);
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      return ask_host(range, attribute, address, value);
    default:
      return size_of(attribute) == 0 && attribute != CU_POINTER_ATTRIBUTE_P2P_TOKENS
                 ? CUDA_ERROR_INVALID_VALUE
                 : CUDA_ERROR_NOT_SUPPORTED;
  }
}

}  // namespace

CUresult cuPointerGetAttribute(void* data, CUpointer_attribute attribute, CUdeviceptr ptr) {
  const Range range = find_memory(ptr);
  if (!range) {
    // A reserved address has a place and no memory.
    const Range reserved = memory_registry().find_reservation(ptr);
    if (!reserved) return CUDA_ERROR_INVALID_VALUE;
    switch (attribute) {
      case CU_POINTER_ATTRIBUTE_MAPPED: {
        const unsigned no = 0;
        std::memcpy(data, &no, sizeof no);
        return CUDA_SUCCESS;
      }
      case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
        std::memcpy(data, &reserved.begin, sizeof reserved.begin);
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
        std::memcpy(data, &reserved.size, sizeof reserved.size);
        return CUDA_SUCCESS;
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
  }
  Value value;
  const CUresult result = attribute_of(range, attribute, ptr, value);
  if (result == CUDA_SUCCESS) std::memcpy(data, &value.bits, value.size);
  return result;
}

CUresult cuPointerGetAttributes(unsigned int numAttributes, CUpointer_attribute* attributes,
                                void** data, CUdeviceptr ptr) {
  if (numAttributes == 0) return CUDA_ERROR_INVALID_VALUE;
  const Range range = find_memory(ptr);
  for (unsigned i = 0; i < numAttributes; ++i) {
    if (data[i] == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Value value;
    CUresult result = CUDA_ERROR_INVALID_VALUE;
    if (range) result = attribute_of(range, attributes[i], ptr, value);
    if (result != CUDA_SUCCESS) {
      if (size_of(attributes[i]) == 0 || result == detail::phase_error(detail::Phase::lost)) {
        return result;
      }
      // What an address has not is NULL; no device is CU_DEVICE_INVALID.
      value = {0, size_of(attributes[i])};
      if (attributes[i] == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL) {
        value = number(static_cast<unsigned>(CU_DEVICE_INVALID));
      }
      // An address that is not known is taken for one of the host.
      if (!range && attributes[i] == CU_POINTER_ATTRIBUTE_HOST_POINTER) value = wide(ptr);
    }
    std::memcpy(data[i], &value.bits, value.size);
  }
  return CUDA_SUCCESS;
}

}  // namespace vgpu::guest::written
