#include <cstring>

#include "allocation.hpp"
#include "capture.hpp"
#include "driver.hpp"
#include "work.hpp"

using namespace vgpu::softdevice;

namespace {

/// -1 for the host, a device's ordinal, -3 for what is neither.
int place(const CUmemLocation& location) {
  switch (location.type) {
    case CU_MEM_LOCATION_TYPE_DEVICE:
      return find_device(location.id) == nullptr ? -3 : location.id;
    case CU_MEM_LOCATION_TYPE_HOST:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
      return -1;
    default:
      return -3;
  }
}

CUmemLocation location_of(CUdevice device) {
  if (device == CU_DEVICE_CPU) return {CU_MEM_LOCATION_TYPE_HOST, 0};
  return {CU_MEM_LOCATION_TYPE_DEVICE, device};
}

std::shared_ptr<Allocation> managed(CUdeviceptr address, std::size_t size) {
  auto allocation = driver().allocations.find(address, size);
  if (size == 0 || allocation == nullptr || allocation->kind != AllocationKind::managed) {
    return nullptr;
  }
  return allocation;
}

CUresult prefetch(CUdeviceptr address, std::size_t size, CUmemLocation location, unsigned flags,
                  CUstream hStream, bool per_thread) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    const auto allocation = managed(address, size);
    if (allocation == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    const int where = place(location);
    if (where == -3) return CUDA_ERROR_INVALID_DEVICE;
    allocation->prefetched = where;
    // Host and device share the memory: nothing moves.
    return submit(stream, context, EmptyWork{});
  });
}

CUresult advise(CUdeviceptr address, std::size_t size, CUmem_advise advice,
                CUmemLocation location) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    const auto allocation = managed(address, size);
    if (allocation == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const int where = place(location);
    switch (advice) {
      case CU_MEM_ADVISE_SET_READ_MOSTLY:
        allocation->read_mostly = true;
        return CUDA_SUCCESS;
      case CU_MEM_ADVISE_UNSET_READ_MOSTLY:
        allocation->read_mostly = false;
        return CUDA_SUCCESS;
      case CU_MEM_ADVISE_SET_PREFERRED_LOCATION:
        if (where == -3) return CUDA_ERROR_INVALID_DEVICE;
        allocation->preferred = where;
        return CUDA_SUCCESS;
      case CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION:
        allocation->preferred = -2;
        return CUDA_SUCCESS;
      case CU_MEM_ADVISE_SET_ACCESSED_BY:
      case CU_MEM_ADVISE_UNSET_ACCESSED_BY:
        return where == -3 ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
  });
}

int location_type(int place) {
  if (place == -2) return CU_MEM_LOCATION_TYPE_INVALID;
  return place == -1 ? CU_MEM_LOCATION_TYPE_HOST : CU_MEM_LOCATION_TYPE_DEVICE;
}

CUresult range_attribute(void* data, std::size_t data_size, CUmem_range_attribute attribute,
                         const Allocation& allocation) {
  if (data == nullptr || data_size < sizeof(int) || data_size % sizeof(int) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  int value = 0;
  switch (attribute) {
    case CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY:
      value = allocation.read_mostly ? 1 : 0;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION:
      value = allocation.preferred;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION:
      value = allocation.prefetched;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY: {
      auto* const devices = static_cast<int*>(data);
      for (std::size_t i = 0; i < data_size / sizeof(int); ++i) devices[i] = CU_DEVICE_INVALID;
      return CUDA_SUCCESS;
    }
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE:
      value = location_type(allocation.preferred);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID:
      value = allocation.preferred >= 0 ? allocation.preferred.load() : 0;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE:
      value = location_type(allocation.prefetched);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID:
      value = allocation.prefetched >= 0 ? allocation.prefetched.load() : 0;
      break;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
  if (data_size != sizeof(int)) return CUDA_ERROR_INVALID_VALUE;
  std::memcpy(data, &value, sizeof value);
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuMemPrefetchAsync(CUdeviceptr address, size_t size, CUdevice device, CUstream stream) {
  return prefetch(address, size, location_of(device), 0, stream, false);
}
CUresult cuMemPrefetchAsync_ptsz(CUdeviceptr address, size_t size, CUdevice device,
                                 CUstream stream) {
  return prefetch(address, size, location_of(device), 0, stream, true);
}
CUresult cuMemPrefetchAsync_v2(CUdeviceptr address, size_t size, CUmemLocation location,
                               unsigned int flags, CUstream stream) {
  return prefetch(address, size, location, flags, stream, false);
}
CUresult cuMemPrefetchAsync_v2_ptsz(CUdeviceptr address, size_t size, CUmemLocation location,
                                    unsigned int flags, CUstream stream) {
  return prefetch(address, size, location, flags, stream, true);
}
CUresult cuMemAdvise(CUdeviceptr address, size_t size, CUmem_advise advice, CUdevice device) {
  return advise(address, size, advice, location_of(device));
}
CUresult cuMemAdvise_v2(CUdeviceptr address, size_t size, CUmem_advise advice,
                        CUmemLocation location) {
  return advise(address, size, advice, location);
}

CUresult cuMemRangeGetAttribute(void* data, size_t data_size, CUmem_range_attribute attribute,
                                CUdeviceptr address, size_t size) {
  return entry([&]() -> CUresult {
    const auto allocation = managed(address, size);
    if (allocation == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return range_attribute(data, data_size, attribute, *allocation);
  });
}

CUresult cuMemRangeGetAttributes(void** data, size_t* data_sizes, CUmem_range_attribute* attributes,
                                 size_t count, CUdeviceptr address, size_t size) {
  return entry([&]() -> CUresult {
    const auto allocation = managed(address, size);
    if (allocation == nullptr || data == nullptr || data_sizes == nullptr ||
        attributes == nullptr || count == 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    for (size_t i = 0; i < count; ++i) {
      const CUresult result = range_attribute(data[i], data_sizes[i], attributes[i], *allocation);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
