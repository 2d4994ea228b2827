#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

#include "allocation.hpp"
#include "capture.hpp"
#include "driver.hpp"
#include "work.hpp"

using namespace vgpu::softdevice;

namespace {

/// A context to work in, for a call that is unsafe during capture.
CUresult begin(std::shared_ptr<Context>& context) {
  if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
  return check_unsafe_call();
}

/// The same for a call that needs no context.
CUresult begin_anywhere() {
  if (const CUresult result = check_current_context(); result != CUDA_SUCCESS) return result;
  return check_unsafe_call();
}

/// For the forms of CUDA 2, before they take the way of the newer ones.
CUresult begin_old() {
  return entry([]() -> CUresult {
    std::shared_ptr<Context> context;
    return require_old_context(context);
  });
}

CUresult allocate(CUdeviceptr* out, std::size_t size, AllocationKind kind, unsigned flags) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = begin(context); result != CUDA_SUCCESS) return result;
    if (out == nullptr || size == 0) return CUDA_ERROR_INVALID_VALUE;
    std::uintptr_t address = 0;
    const CUresult result = allocate_device(context, kind, size, flags, address);
    if (result == CUDA_SUCCESS) *out = address;
    return result;
  });
}

CUresult free_device(CUdeviceptr address) {
  return entry([&]() -> CUresult {
    if (address == 0) return CUDA_SUCCESS;
    if (const CUresult result = begin_anywhere(); result != CUDA_SUCCESS) return result;
    const auto freeable = [](const Allocation& allocation) {
      return !allocation.freeing && !allocation.of_module &&
             (allocation.kind == AllocationKind::device ||
              allocation.kind == AllocationKind::managed ||
              allocation.kind == AllocationKind::pool);
    };
    const auto known = driver().allocations.find(address, 1);
    if (known == nullptr || known->base != address || !freeable(*known)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    // Work that was queued before may still use the memory.
    const auto owner = known->context.lock();
    if (owner != nullptr) owner->synchronise();
    const auto taken = driver().allocations.take(address, freeable);
    if (taken == nullptr) return CUDA_ERROR_INVALID_VALUE;
    release_allocation(*taken);
    return CUDA_SUCCESS;
  });
}

CUresult add_host_range(const std::shared_ptr<Context>& context, std::uintptr_t base,
                        std::size_t size, AllocationKind kind, unsigned flags) {
  auto allocation = std::make_shared<Allocation>();
  allocation->base = base;
  allocation->size = size;
  allocation->kind = kind;
  allocation->flags = flags;
  allocation->device = &context->device();
  allocation->context = context;
  allocation->buffer_id = driver().next_buffer_id.fetch_add(1);
  if (!driver().allocations.add(allocation)) return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
  auto& devices = driver().devices;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (devices[i]->memory().add_external({base, size})) continue;
    while (i-- > 0) devices[i]->memory().remove_external(base);
    driver().allocations.take(base, [](const Allocation&) { return true; });
    return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult allocate_host(void** out, std::size_t size, unsigned flags) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = begin(context); result != CUDA_SUCCESS) return result;
    constexpr unsigned known =
        CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;
    if (out == nullptr || (flags & ~known) != 0) return CUDA_ERROR_INVALID_VALUE;
    if (size == 0) {
      *out = nullptr;
      return CUDA_SUCCESS;
    }
    if (size > SIZE_MAX - 4095) return CUDA_ERROR_OUT_OF_MEMORY;
    const std::size_t mapped = (size + 4095) & ~std::size_t{4095};
    void* const base =
        ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
    const CUresult result = add_host_range(context, reinterpret_cast<std::uintptr_t>(base), size,
                                           AllocationKind::host, flags);
    if (result != CUDA_SUCCESS) {
      ::munmap(base, mapped);
      return result;
    }
    *out = base;
    return CUDA_SUCCESS;
  });
}

CUresult register_host(void* address, std::size_t size, unsigned flags) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = begin(context); result != CUDA_SUCCESS) return result;
    constexpr unsigned known = CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP |
                               CU_MEMHOSTREGISTER_IOMEMORY | CU_MEMHOSTREGISTER_READ_ONLY;
    const auto base = reinterpret_cast<std::uintptr_t>(address);
    if (address == nullptr || size == 0 || (flags & ~known) != 0 || size > UINTPTR_MAX - base) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if ((flags & (CU_MEMHOSTREGISTER_IOMEMORY | CU_MEMHOSTREGISTER_READ_ONLY)) != 0) {
      log_line("cuMemHostRegister: I/O memory and read-only memory are not supported");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    // Pages that are not mapped cannot be registered.
    const std::uintptr_t first = base & ~std::uintptr_t{4095};
    const std::size_t pages = (base + size - first + 4095) / 4096;
    std::vector<unsigned char> resident(std::min<std::size_t>(pages, 1U << 20));
    for (std::size_t done = 0; done < pages; done += resident.size()) {
      const std::size_t now = std::min(resident.size(), pages - done);
      if (::mincore(reinterpret_cast<void*>(first + done * 4096), now * 4096, resident.data()) !=
          0) {
        return CUDA_ERROR_INVALID_VALUE;
      }
    }
    if (const auto known_range = driver().allocations.find(base, 1);
        known_range != nullptr && known_range->kind != AllocationKind::registered) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    return add_host_range(context, base, size, AllocationKind::registered, flags);
  });
}

/// \param missing when nothing of the driver's is at `address`; CUDA_ERROR_INVALID_VALUE when it is
/// something else.
CUresult free_host(void* address, AllocationKind kind, CUresult missing) {
  return entry([&]() -> CUresult {
    if (const CUresult result = begin_anywhere(); result != CUDA_SUCCESS) return result;
    const auto base = reinterpret_cast<std::uintptr_t>(address);
    const auto known = driver().allocations.find(base, 1);
    if (known == nullptr) return missing;
    if (known->base != base || known->kind != kind) return CUDA_ERROR_INVALID_VALUE;
    for (const auto& other : driver().contexts.all()) {
      if (other->is_active()) other->synchronise();
    }
    const auto taken = driver().allocations.take(
        base, [kind](const Allocation& allocation) { return allocation.kind == kind; });
    if (taken == nullptr) return missing;
    release_allocation(*taken);
    return CUDA_SUCCESS;
  });
}

template <class Narrow>
CUresult narrow_address(CUdeviceptr address, Narrow* out) {
  // Addresses of the first ABI have 32 bits; none of the device's memory lies there.
  if (address > 0xffffffffU) {
    log_line("an address does not fit the 32-bit ABI of CUDA 2; use the _v2 function");
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  *out = static_cast<Narrow>(address);
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (free != nullptr) *free = context->device().free_bytes();
    if (total != nullptr) *total = context->device().memory().capacity();
    return CUDA_SUCCESS;
  });
}

CUresult cuMemGetInfo(unsigned int* free, unsigned int* total) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  const CUresult result = cuMemGetInfo_v2(&free_bytes, &total_bytes);
  if (result != CUDA_SUCCESS) return result;
  constexpr size_t most = 0xffffffffU;
  if (free != nullptr) *free = static_cast<unsigned>(std::min(free_bytes, most));
  if (total != nullptr) *total = static_cast<unsigned>(std::min(total_bytes, most));
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t size) {
  return allocate(out, size, AllocationKind::device, 0);
}

CUresult cuMemAlloc(CUdeviceptr_v1* out, unsigned int size) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr address = 0;
  const CUresult result = cuMemAlloc_v2(&address, size);
  if (result != CUDA_SUCCESS) return result;
  const CUresult narrow = narrow_address(address, out);
  if (narrow != CUDA_SUCCESS) cuMemFree_v2(address);
  return narrow;
}

CUresult cuMemAllocPitch_v2(CUdeviceptr* out, size_t* pitch, size_t width, size_t height,
                            unsigned int element) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (out == nullptr || pitch == nullptr || width == 0 || height == 0 ||
      (element != 4 && element != 8 && element != 16)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  size_t row = 0;
  size_t size = 0;
  if (__builtin_add_overflow(width, size_t{511}, &row)) return CUDA_ERROR_INVALID_VALUE;
  row &= ~size_t{511};
  if (__builtin_mul_overflow(row, height, &size)) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = cuMemAlloc_v2(out, size);
  if (result == CUDA_SUCCESS) *pitch = row;
  return result;
}

CUresult cuMemAllocPitch(CUdeviceptr_v1* out, unsigned int* pitch, unsigned int width,
                         unsigned int height, unsigned int element) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  if (out == nullptr || pitch == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr address = 0;
  size_t row = 0;
  const CUresult result = cuMemAllocPitch_v2(&address, &row, width, height, element);
  if (result != CUDA_SUCCESS) return result;
  const CUresult narrow = narrow_address(address, out);
  if (narrow != CUDA_SUCCESS) {
    cuMemFree_v2(address);
    return narrow;
  }
  *pitch = static_cast<unsigned>(row);
  return CUDA_SUCCESS;
}

CUresult cuMemAllocManaged(CUdeviceptr* out, size_t size, unsigned int flags) {
  if (is_initialised() && flags != CU_MEM_ATTACH_GLOBAL && flags != CU_MEM_ATTACH_HOST) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return allocate(out, size, AllocationKind::managed, flags);
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  return free_device(address);
}
CUresult cuMemFree(CUdeviceptr_v1 address) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return free_device(address);
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* size, CUdeviceptr address) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    CUdeviceptr begin = 0;
    size_t length = 0;
    if (const auto allocation = driver().allocations.find(address, 1)) {
      begin = allocation->base;
      length = allocation->size;
    } else {
      for (const auto& device : driver().devices) {
        const DeviceMemory::Range range = device->memory().find(address, 1);
        if (range.size == 0) continue;
        begin = range.begin;
        length = range.size;
      }
    }
    if (length == 0) return CUDA_ERROR_NOT_FOUND;
    if (base != nullptr) *base = begin;
    if (size != nullptr) *size = length;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemGetAddressRange(CUdeviceptr_v1* base, unsigned int* size, CUdeviceptr_v1 address) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  CUdeviceptr begin = 0;
  size_t length = 0;
  const CUresult result = cuMemGetAddressRange_v2(&begin, &length, address);
  if (result != CUDA_SUCCESS) return result;
  if (base != nullptr) *base = static_cast<CUdeviceptr_v1>(begin);
  if (size != nullptr) *size = static_cast<unsigned>(std::min<size_t>(length, 0xffffffffU));
  return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void** out, size_t size, unsigned int flags) {
  return allocate_host(out, size, flags);
}
CUresult cuMemAllocHost_v2(void** out, size_t size) {
  return allocate_host(out, size, 0);
}
CUresult cuMemAllocHost(void** out, unsigned int size) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return allocate_host(out, size, 0);
}
CUresult cuMemFreeHost(void* address) {
  if (is_initialised() && address == nullptr) return CUDA_SUCCESS;
  return free_host(address, AllocationKind::host, CUDA_ERROR_INVALID_VALUE);
}

CUresult cuMemHostRegister_v2(void* address, size_t size, unsigned int flags) {
  return register_host(address, size, flags);
}
// The first form does not look at flags that it does not know.
CUresult cuMemHostRegister(void* address, size_t size, unsigned int flags) {
  return register_host(address, size,
                       flags & (CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP |
                                CU_MEMHOSTREGISTER_IOMEMORY | CU_MEMHOSTREGISTER_READ_ONLY));
}
CUresult cuMemHostUnregister(void* address) {
  if (is_initialised() && address == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return free_host(address, AllocationKind::registered, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* address, unsigned int flags) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (out == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    const auto base = reinterpret_cast<std::uintptr_t>(address);
    const auto allocation = driver().allocations.find(base, 1);
    if (allocation == nullptr || !allocation->is_host()) return CUDA_ERROR_INVALID_VALUE;
    *out = base;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemHostGetDevicePointer(CUdeviceptr_v1* out, void* address, unsigned int flags) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr wide = 0;
  const CUresult result = cuMemHostGetDevicePointer_v2(&wide, address, flags);
  return result == CUDA_SUCCESS ? narrow_address(wide, out) : result;
}

CUresult cuMemHostGetFlags(unsigned int* flags, void* address) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    const auto allocation = driver().allocations.find(reinterpret_cast<std::uintptr_t>(address), 1);
    if (flags == nullptr || allocation == nullptr || !allocation->is_host()) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    // Under unified addressing every allocation is portable and mapped. Registered memory has other
    // flags beyond these two.
    constexpr unsigned common = CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP;
    const bool registered = allocation->kind == AllocationKind::registered;
    *flags =
        (registered ? allocation->flags & common : allocation->flags) | CU_MEMHOSTALLOC_DEVICEMAP;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
