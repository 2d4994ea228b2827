#include <cstring>

#include "allocation.hpp"
#include "capture.hpp"
#include "driver.hpp"
#include "pool.hpp"

using namespace vgpu::softdevice;

namespace {

/// A pointer as the attributes see it: an allocation, or a variable of a module.
struct Target {
  std::shared_ptr<Allocation> allocation;
  std::uintptr_t base = 0;
  std::size_t size = 0;
  Device* device = nullptr;

  bool known() const noexcept { return size != 0; }
};

Target look_up(CUdeviceptr address) {
  Target target;
  target.allocation = driver().allocations.find(address, 1);
  if (target.allocation != nullptr) {
    target.base = target.allocation->base;
    target.size = target.allocation->size;
    target.device = target.allocation->device;
    return target;
  }
  for (const auto& device : driver().devices) {
    const DeviceMemory::Range range = device->memory().find(address, 1);
    if (range.size == 0) continue;
    target.base = range.begin;
    target.size = range.size;
    target.device = device.get();
  }
  return target;
}

template <class Value>
CUresult store(void* data, Value value) {
  std::memcpy(data, &value, sizeof(Value));
  return CUDA_SUCCESS;
}

CUresult read_attribute(void* data, CUpointer_attribute attribute, const Target& target,
                        CUdeviceptr address) {
  const Allocation* const allocation = target.allocation.get();
  const bool host = allocation != nullptr && allocation->is_host();
  const bool managed = allocation != nullptr && allocation->kind == AllocationKind::managed;
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_CONTEXT: {
      const auto context =
          allocation != nullptr ? allocation->context.lock() : target.device->primary();
      return store<CUcontext>(data, context == nullptr ? nullptr : context->handle);
    }
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      return store<unsigned>(data, host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE);
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      return store(data, address);
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      if (!host && !managed) return CUDA_ERROR_INVALID_VALUE;
      return store(data, address);
    case CU_POINTER_ATTRIBUTE_P2P_TOKENS:
      return CUDA_ERROR_NOT_SUPPORTED;
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
      return store<unsigned>(data, allocation != nullptr && allocation->sync_memops ? 1 : 0);
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      return store<unsigned long long>(data,
                                       allocation != nullptr ? allocation->buffer_id : target.base);
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
      return store<unsigned>(data, managed ? 1 : 0);
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
      return store<int>(data, target.device == nullptr ? -2 : target.device->ordinal());
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
    case CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
      return store<unsigned>(data, 0);
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
      return store<CUdeviceptr>(data, target.base);
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
      return store<size_t>(data, target.size);
    case CU_POINTER_ATTRIBUTE_MAPPED:
      return store<unsigned>(data, 1);
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
      return store<unsigned long long>(data, 0);
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
      return store<unsigned>(data, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
      return store<CUmemoryPool>(data, allocation != nullptr && allocation->pool != nullptr
                                           ? allocation->pool->handle
                                           : nullptr);
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

/// Width of an attribute's value; zero is what an unknown pointer has.
std::size_t width(CUpointer_attribute attribute) {
  switch (attribute) {
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
      return 8;
    default:
      return 4;
  }
}

}  // namespace

extern "C" {

CUresult cuPointerGetAttribute(void* data, CUpointer_attribute attribute, CUdeviceptr address) {
  return entry([&]() -> CUresult {
    // The device pointer is that of the current context; the rest is the same in all of them.
    if (std::shared_ptr<Context> context; attribute == CU_POINTER_ATTRIBUTE_DEVICE_POINTER) {
      if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    }
    if (data == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const Target target = look_up(address);
    if (!target.known()) {
      if (attribute != CU_POINTER_ATTRIBUTE_MAPPED) return CUDA_ERROR_INVALID_VALUE;
      return store<unsigned>(data, 0);
    }
    return read_attribute(data, attribute, target, address);
  });
}

CUresult cuPointerGetAttributes(unsigned int count, CUpointer_attribute* attributes, void** data,
                                CUdeviceptr address) {
  return entry([&]() -> CUresult {
    if (count == 0 || attributes == nullptr || data == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const Target target = look_up(address);
    for (unsigned i = 0; i < count; ++i) {
      const CUpointer_attribute attribute = attributes[i];
      if (data[i] == nullptr || attribute < CU_POINTER_ATTRIBUTE_CONTEXT ||
          attribute > CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE ||
          attribute == CU_POINTER_ATTRIBUTE_P2P_TOKENS) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      // A pointer that is not known, or an attribute it does not have, is no error here.
      std::memset(data[i], 0, width(attribute));
      if (attribute == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL) store<int>(data[i], -2);
      // What is not known is taken for memory of the host.
      if (!target.known() && attribute == CU_POINTER_ATTRIBUTE_HOST_POINTER)
        store(data[i], address);
      if (target.known()) static_cast<void>(read_attribute(data[i], attribute, target, address));
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuPointerSetAttribute(const void* value, CUpointer_attribute attribute,
                               CUdeviceptr address) {
  return entry([&]() -> CUresult {
    if (const CUresult result = check_current_context(); result != CUDA_SUCCESS) return result;
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    if (value == nullptr || attribute != CU_POINTER_ATTRIBUTE_SYNC_MEMOPS) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const Target target = look_up(address);
    if (target.allocation == nullptr || target.allocation->is_host()) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    target.allocation->sync_memops = *static_cast<const unsigned*>(value) != 0;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
