#include "virtual_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "allocation.hpp"
#include "driver.hpp"

namespace vgpu::softdevice {

PhysicalMemory::~PhysicalMemory() {
  if (descriptor >= 0) ::close(descriptor);
  if (device != nullptr) device->give_physical(size);
}

namespace {

constexpr std::size_t granularity = std::size_t{2} << 20;

struct Mapping {
  std::size_t size = 0;
  std::shared_ptr<PhysicalMemory> memory;
  CUmemAccess_flags access = CU_MEM_ACCESS_FLAGS_PROT_NONE;
};

/// Address space and what is mapped into it. Guarded by `mutex`.
struct AddressSpace {
  std::mutex mutex;
  std::map<std::uintptr_t, std::size_t> reservations;
  std::map<std::uintptr_t, Mapping> mappings;
};

AddressSpace& space() {
  static AddressSpace* const instance = new AddressSpace;
  return *instance;
}

bool reserved(const AddressSpace& all, std::uintptr_t address, std::size_t size) {
  auto found = all.reservations.upper_bound(address);
  if (found == all.reservations.begin()) return false;
  --found;
  const std::size_t offset = address - found->first;
  return offset <= found->second && found->second - offset >= size;
}

bool overlaps(const AddressSpace& all, std::uintptr_t address, std::size_t size) {
  const auto next = all.mappings.lower_bound(address);
  if (next != all.mappings.end() && next->first - address < size) return true;
  if (next == all.mappings.begin()) return false;
  const auto previous = std::prev(next);
  return address - previous->first < previous->second.size;
}

/// The mappings that make up exactly [address, address + size); empty when they do not.
std::vector<std::uintptr_t> covering(const AddressSpace& all, std::uintptr_t address,
                                     std::size_t size) {
  std::vector<std::uintptr_t> result;
  std::size_t done = 0;
  while (done < size) {
    const auto found = all.mappings.find(address + done);
    if (found == all.mappings.end() || found->second.size > size - done) return {};
    result.push_back(found->first);
    done += found->second.size;
  }
  return result;
}

/// The mappings in [address, address + size), which need not fill it. False when one is only partly
/// inside, or when the range is not reserved.
bool inside(const AddressSpace& all, std::uintptr_t address, std::size_t size,
            std::vector<std::uintptr_t>& parts) {
  if (!reserved(all, address, size)) return false;
  auto next = all.mappings.lower_bound(address);
  if (next != all.mappings.begin()) {
    const auto previous = std::prev(next);
    if (address - previous->first < previous->second.size) return false;
  }
  for (; next != all.mappings.end() && next->first - address < size; ++next) {
    if (next->second.size > size - (next->first - address)) return false;
    parts.push_back(next->first);
  }
  return true;
}

void hide(std::uintptr_t address) {
  driver().allocations.take(
      address, [](const Allocation& known) { return known.kind == AllocationKind::mapped; });
  for (const auto& device : driver().devices) device->memory().remove_external(address);
}

/// Takes [address, address + size) from kernels first, then gives its pages back and keeps the
/// range reserved. False when the machine has no room for another mapping: the pages stay.
bool close_off(std::uintptr_t address, std::size_t size) {
  hide(address);
  return ::mmap(reinterpret_cast<void*>(address), size, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

CUresult show(std::uintptr_t address, const Mapping& mapping) {
  auto allocation = std::make_shared<Allocation>();
  allocation->base = address;
  allocation->size = mapping.size;
  allocation->kind = AllocationKind::mapped;
  allocation->device = mapping.memory->device;
  if (allocation->device != nullptr) allocation->context = allocation->device->primary();
  allocation->buffer_id = driver().next_buffer_id.fetch_add(1);
  if (!driver().allocations.add(allocation)) return CUDA_ERROR_INVALID_VALUE;
  for (const auto& device : driver().devices) {
    device->memory().add_external({address, mapping.size});
  }
  return CUDA_SUCCESS;
}

CUresult check_properties(const CUmemAllocationProp* properties) {
  if (properties == nullptr || properties->type != CU_MEM_ALLOCATION_TYPE_PINNED) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (properties->location.type == CU_MEM_LOCATION_TYPE_HOST ||
      properties->location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA) {
    log_line("cuMemCreate: only memory of a device, not of the host, can be created");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (properties->location.type != CU_MEM_LOCATION_TYPE_DEVICE) return CUDA_ERROR_INVALID_VALUE;
  if (find_device(properties->location.id) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  if (properties->requestedHandleTypes != CU_MEM_HANDLE_TYPE_NONE) {
    log_line("cuMemCreate: handles cannot be exported (attribute 103 is 0)");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

extern "C" {

CUresult cuMemGetAllocationGranularity(size_t* out, const CUmemAllocationProp* properties,
                                       CUmemAllocationGranularity_flags option) {
  return entry([&]() -> CUresult {
    if (out == nullptr || (option != CU_MEM_ALLOC_GRANULARITY_MINIMUM &&
                           option != CU_MEM_ALLOC_GRANULARITY_RECOMMENDED)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (properties == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = granularity;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemAddressReserve(CUdeviceptr* out, size_t size, size_t alignment, CUdeviceptr hint,
                             unsigned long long flags) {
  return entry([&]() -> CUresult {
    if (out == nullptr || size == 0 || size % granularity != 0 || flags != 0 ||
        (alignment & (alignment - 1)) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const std::uintptr_t base =
        driver().devices.front()->memory().reserve(size, std::max(alignment, granularity), hint);
    if (base == 0) return CUDA_ERROR_OUT_OF_MEMORY;
    AddressSpace& all = space();
    const std::lock_guard lock(all.mutex);
    all.reservations.emplace(base, size);
    *out = base;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemAddressFree(CUdeviceptr address, size_t size) {
  return entry([&]() -> CUresult {
    AddressSpace& all = space();
    const std::lock_guard lock(all.mutex);
    const auto found = all.reservations.find(address);
    if (found == all.reservations.end() || found->second != size || overlaps(all, address, size)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (!driver().devices.front()->memory().unreserve(address, size)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    all.reservations.erase(found);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemCreate(CUmemGenericAllocationHandle* out, size_t size,
                     const CUmemAllocationProp* properties, unsigned long long flags) {
  return entry([&]() -> CUresult {
    if (out == nullptr || size == 0 || size % granularity != 0 || flags != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (const CUresult result = check_properties(properties); result != CUDA_SUCCESS) return result;
    auto memory = std::make_shared<PhysicalMemory>();
    Device* const device = find_device(properties->location.id);
    if (!device->take_physical(size)) return CUDA_ERROR_OUT_OF_MEMORY;
    memory->device = device;
    memory->size = size;
    memory->properties = *properties;
    memory->descriptor = ::memfd_create("vgpu-physical", MFD_CLOEXEC);
    if (memory->descriptor < 0 || ::ftruncate(memory->descriptor, static_cast<off_t>(size)) != 0) {
      return CUDA_ERROR_OUT_OF_MEMORY;
    }
    memory->handle = driver().physical.add(memory);
    *out = memory->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemRelease(CUmemGenericAllocationHandle handle) {
  return entry([&]() -> CUresult {
    const std::lock_guard lock(space().mutex);
    const auto memory = driver().physical.find(handle);
    if (memory == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (--memory->references == 0) driver().physical.remove(handle);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemRetainAllocationHandle(CUmemGenericAllocationHandle* out, void* address) {
  return entry([&]() -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    AddressSpace& all = space();
    const std::lock_guard lock(all.mutex);
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    auto found = all.mappings.upper_bound(wanted);
    if (found == all.mappings.begin()) return CUDA_ERROR_INVALID_VALUE;
    --found;
    if (wanted - found->first >= found->second.size) return CUDA_ERROR_INVALID_VALUE;
    const auto& memory = found->second.memory;
    if (memory->references == 0) {
      memory->handle = driver().physical.add(memory);
    }
    ++memory->references;
    *out = memory->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemGetAllocationPropertiesFromHandle(CUmemAllocationProp* out,
                                                CUmemGenericAllocationHandle handle) {
  return entry([&]() -> CUresult {
    const auto memory = driver().physical.find(handle);
    if (out == nullptr || memory == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = memory->properties;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemMap(CUdeviceptr address, size_t size, size_t offset,
                  CUmemGenericAllocationHandle handle, unsigned long long flags) {
  return entry([&]() -> CUresult {
    AddressSpace& all = space();
    const std::lock_guard lock(all.mutex);
    const auto memory = driver().physical.find(handle);
    if (memory == nullptr || size == 0 || address % granularity != 0 || flags != 0 ||
        !reserved(all, address, size)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (size != memory->size || offset != 0) {
      log_line("cuMemMap: only the whole of an allocation can be mapped");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    if (overlaps(all, address, size)) return CUDA_ERROR_INVALID_VALUE;
    Mapping mapping;
    mapping.size = size;
    mapping.memory = memory;
    all.mappings.emplace(address, std::move(mapping));
    return CUDA_SUCCESS;
  });
}

CUresult cuMemUnmap(CUdeviceptr address, size_t size) {
  return entry([&]() -> CUresult {
    for (const auto& context : driver().contexts.all()) {
      if (context->is_active()) context->synchronise();
    }
    AddressSpace& all = space();
    const std::lock_guard lock(all.mutex);
    std::vector<std::uintptr_t> parts;
    if (size == 0 || !inside(all, address, size, parts)) return CUDA_ERROR_INVALID_VALUE;
    for (const std::uintptr_t part : parts) {
      const auto found = all.mappings.find(part);
      if (!close_off(part, found->second.size)) return CUDA_ERROR_OUT_OF_MEMORY;
      all.mappings.erase(found);
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuMemSetAccess(CUdeviceptr address, size_t size, const CUmemAccessDesc* descriptions,
                        size_t count) {
  return entry([&]() -> CUresult {
    if (descriptions == nullptr || count == 0) return CUDA_ERROR_INVALID_VALUE;
    AddressSpace& all = space();
    const std::lock_guard lock(all.mutex);
    const auto parts = covering(all, address, size);
    if (parts.empty()) return CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; i < count; ++i) {
      const CUmemAccessDesc& wanted = descriptions[i];
      if (wanted.location.type == CU_MEM_LOCATION_TYPE_HOST ||
          wanted.location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA) {
        return CUDA_ERROR_NOT_SUPPORTED;
      }
      if (wanted.location.type != CU_MEM_LOCATION_TYPE_DEVICE) return CUDA_ERROR_INVALID_VALUE;
      Device* const device = find_device(wanted.location.id);
      if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
      for (const std::uintptr_t part : parts) {
        if (all.mappings[part].memory->device != device) return CUDA_ERROR_NOT_SUPPORTED;
      }
      if (wanted.flags != CU_MEM_ACCESS_FLAGS_PROT_NONE &&
          wanted.flags != CU_MEM_ACCESS_FLAGS_PROT_READ &&
          wanted.flags != CU_MEM_ACCESS_FLAGS_PROT_READWRITE) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      if (wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_READ) {
        log_line("cuMemSetAccess: read-only access cannot be enforced");
        return CUDA_ERROR_NOT_SUPPORTED;
      }
    }
    const CUmemAccess_flags flags = descriptions[count - 1].flags;
    for (const std::uintptr_t part : parts) {
      Mapping& mapping = all.mappings[part];
      if (mapping.access == flags) continue;
      if (flags == CU_MEM_ACCESS_FLAGS_PROT_NONE) {
        if (!close_off(part, mapping.size)) return CUDA_ERROR_OUT_OF_MEMORY;
      } else {
        void* const mapped =
            ::mmap(reinterpret_cast<void*>(part), mapping.size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_FIXED, mapping.memory->descriptor, 0);
        if (mapped == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
        if (const CUresult result = show(part, mapping); result != CUDA_SUCCESS) return result;
      }
      mapping.access = flags;
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuMemGetAccess(unsigned long long* flags, const CUmemLocation* location,
                        CUdeviceptr address) {
  return entry([&]() -> CUresult {
    if (flags == nullptr || location == nullptr) return CUDA_ERROR_INVALID_VALUE;
    AddressSpace& all = space();
    const std::lock_guard lock(all.mutex);
    auto found = all.mappings.upper_bound(address);
    if (found == all.mappings.begin()) return CUDA_ERROR_INVALID_VALUE;
    --found;
    if (address - found->first >= found->second.size) return CUDA_ERROR_INVALID_VALUE;
    if (location->type == CU_MEM_LOCATION_TYPE_HOST ||
        location->type == CU_MEM_LOCATION_TYPE_HOST_NUMA) {
      *flags = CU_MEM_ACCESS_FLAGS_PROT_NONE;
      return CUDA_SUCCESS;
    }
    if (location->type != CU_MEM_LOCATION_TYPE_DEVICE) return CUDA_ERROR_INVALID_DEVICE;
    const Device* const device = find_device(location->id);
    if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *flags = device == found->second.memory->device ? found->second.access
                                                    : CU_MEM_ACCESS_FLAGS_PROT_NONE;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
