#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "allocation.hpp"
#include "capture.hpp"
#include "driver.hpp"
#include "work.hpp"

using namespace vgpu::softdevice;

namespace {

constexpr int nowhere = -2;

/// -1 for the host, or a device's ordinal. Other locations are an error.
CUresult find_place(const CUmemLocation& location, int& place) {
  switch (location.type) {
    case CU_MEM_LOCATION_TYPE_DEVICE:
      place = location.id;
      return find_device(location.id) == nullptr ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
    case CU_MEM_LOCATION_TYPE_HOST:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA:
    case CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
      place = -1;
      return CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
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
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    const auto allocation = managed(address, size);
    if (allocation == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    int where = nowhere;
    if (const CUresult result = find_place(location, where); result != CUDA_SUCCESS) return result;
    allocation->advice.change(address - allocation->base, size,
                              [where](Advice& advice) { advice.prefetched = where; });
    // Host and device share the memory: nothing moves.
    return submit(stream, context, EmptyWork{});
  });
}

/// \param no_such_place the error for a location that there is not.
CUresult advise(CUdeviceptr address, std::size_t size, CUmem_advise advice, CUmemLocation location,
                CUresult no_such_place) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    const auto allocation = managed(address, size);
    if (allocation == nullptr) return CUDA_ERROR_INVALID_VALUE;
    int where = nowhere;
    if (advice == CU_MEM_ADVISE_SET_PREFERRED_LOCATION || advice == CU_MEM_ADVISE_SET_ACCESSED_BY ||
        advice == CU_MEM_ADVISE_UNSET_ACCESSED_BY) {
      if (find_place(location, where) != CUDA_SUCCESS) return no_such_place;
    }
    const auto change = [&](auto&& set) {
      allocation->advice.change(address - allocation->base, size, set);
      return CUDA_SUCCESS;
    };
    const std::uint64_t bit = std::uint64_t{1} << ((where + 1) & 63);
    switch (advice) {
      case CU_MEM_ADVISE_SET_READ_MOSTLY:
        return change([](Advice& page) { page.read_mostly = true; });
      case CU_MEM_ADVISE_UNSET_READ_MOSTLY:
        return change([](Advice& page) { page.read_mostly = false; });
      case CU_MEM_ADVISE_SET_PREFERRED_LOCATION:
      case CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION:
        return change([where](Advice& page) { page.preferred = where; });
      case CU_MEM_ADVISE_SET_ACCESSED_BY:
        return change([bit](Advice& page) { page.accessed_by |= bit; });
      case CU_MEM_ADVISE_UNSET_ACCESSED_BY:
        return change([bit](Advice& page) { page.accessed_by &= ~bit; });
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
  });
}

int location_type(int place) {
  if (place == nowhere) return CU_MEM_LOCATION_TYPE_INVALID;
  return place == -1 ? CU_MEM_LOCATION_TYPE_HOST : CU_MEM_LOCATION_TYPE_DEVICE;
}

/// What holds for all pages of a range: a place that they differ in is none.
Advice common_advice(const Allocation& allocation, CUdeviceptr address, std::size_t size) {
  Advice all;
  bool first = true;
  allocation.advice.visit(address - allocation.base, size, [&](const Advice& page) {
    if (std::exchange(first, false)) {
      all = page;
      return;
    }
    all.read_mostly = all.read_mostly && page.read_mostly;
    all.accessed_by &= page.accessed_by;
    if (all.preferred != page.preferred) all.preferred = nowhere;
    if (all.prefetched != page.prefetched) all.prefetched = nowhere;
  });
  return all;
}

void list_places(std::uint64_t bits, int* places, std::size_t count) {
  std::size_t used = 0;
  for (int place = -1; place < 63 && used < count; ++place) {
    if ((bits >> (place + 1) & 1) != 0) places[used++] = place;
  }
  std::fill(places + used, places + count, int{CU_DEVICE_INVALID});
}

CUresult range_attribute(void* data, std::size_t data_size, CUmem_range_attribute attribute,
                         const Advice& advice) {
  if (data == nullptr || data_size < sizeof(int) || data_size % sizeof(int) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  int value = 0;
  switch (attribute) {
    case CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY:
      value = advice.read_mostly ? 1 : 0;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION:
      value = advice.preferred;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION:
      value = advice.prefetched;
      break;
    case CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY:
      list_places(advice.accessed_by, static_cast<int*>(data), data_size / sizeof(int));
      return CUDA_SUCCESS;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE:
      value = location_type(advice.preferred);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID:
      value = std::max(advice.preferred, 0);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE:
      value = location_type(advice.prefetched);
      break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID:
      value = std::max(advice.prefetched, 0);
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
  return advise(address, size, advice, location_of(device), CUDA_ERROR_INVALID_DEVICE);
}
CUresult cuMemAdvise_v2(CUdeviceptr address, size_t size, CUmem_advise advice,
                        CUmemLocation location) {
  return advise(address, size, advice, location, CUDA_ERROR_INVALID_VALUE);
}

CUresult cuMemRangeGetAttribute(void* data, size_t data_size, CUmem_range_attribute attribute,
                                CUdeviceptr address, size_t size) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    const auto allocation = managed(address, size);
    if (allocation == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return range_attribute(data, data_size, attribute, common_advice(*allocation, address, size));
  });
}

CUresult cuMemRangeGetAttributes(void** data, size_t* data_sizes, CUmem_range_attribute* attributes,
                                 size_t count, CUdeviceptr address, size_t size) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    const auto allocation = managed(address, size);
    if (allocation == nullptr || data == nullptr || data_sizes == nullptr ||
        attributes == nullptr || count == 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const Advice advice = common_advice(*allocation, address, size);
    for (size_t i = 0; i < count; ++i) {
      const CUresult result = range_attribute(data[i], data_sizes[i], attributes[i], advice);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  });
}

// The descriptor is a file in memory rather than a DMA-BUF: it can be mapped, at its offset 0, by
// another process that is to see a module's managed variables.
CUresult cuMemGetHandleForAddressRange(void* handle, CUdeviceptr address, size_t size,
                                       CUmemRangeHandleType type, unsigned long long flags) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (handle == nullptr || size == 0 || type != CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD ||
        flags != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const auto allocation = driver().allocations.find(address, size);
    if (allocation == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const int file =
        allocation->of_module && allocation->base == address && allocation->size == size
            ? allocation->device->memory().shared_file(address)
            : -1;
    if (file < 0) return CUDA_ERROR_NOT_SUPPORTED;
    const int copy = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return CUDA_ERROR_OPERATING_SYSTEM;
    std::memcpy(handle, &copy, sizeof copy);
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
