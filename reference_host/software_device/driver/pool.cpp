#include "pool.hpp"

#include "allocation.hpp"
#include "capture.hpp"
#include "driver.hpp"
#include "work.hpp"

namespace vgpu::softdevice {

CUresult MemoryPool::attribute(CUmemPool_attribute attribute, void* value) const {
  if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const auto number = [&](std::uint64_t v) { *static_cast<cuuint64_t*>(value) = v; };
  switch (attribute) {
    case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
      *static_cast<int*>(value) = reuse_[attribute - 1];
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
      number(threshold_);
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
    case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
      number(used_);
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
      number(reserved_high_);
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
      number(high_);
      return CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult MemoryPool::set_attribute(CUmemPool_attribute attribute, void* value) {
  if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
  switch (attribute) {
    case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
      reuse_[attribute - 1] = *static_cast<int*>(value);
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
      threshold_ = *static_cast<cuuint64_t*>(value);
      return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
      if (*static_cast<cuuint64_t*>(value) != 0) return CUDA_ERROR_INVALID_VALUE;
      (attribute == CU_MEMPOOL_ATTR_USED_MEM_HIGH ? high_ : reserved_high_) = used_.load();
      return CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

void create_default_pool(Driver& driver, Device& device) {
  auto pool = std::make_shared<MemoryPool>(device, true);
  pool->handle = driver.pools.add(pool);
  device.default_pool = pool->handle;
  device.current_pool = pool->handle;
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

CUresult allocate(CUdeviceptr* out, std::size_t size, CUmemoryPool handle, bool current_pool,
                  CUstream hStream, bool per_thread) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (current_pool) {
      Device& device = context->device();
      const std::lock_guard lock(device.pool_mutex);
      handle = device.current_pool;
    }
    const auto pool = driver().pools.find(handle);
    if (pool == nullptr) return CUDA_ERROR_INVALID_VALUE;
    bool capturing = false;
    if (any_capture()) {
      const std::lock_guard lock(capture_mutex());
      if (const CUresult result = check_capture_locked(*stream, *context, capturing);
          result != CUDA_SUCCESS) {
        return result;
      }
    }
    if (size == 0) {
      *out = 0;
      return CUDA_SUCCESS;
    }
    // What is captured is memory of the graph, not of the pool.
    if (!capturing && size > pool->room()) return CUDA_ERROR_OUT_OF_MEMORY;
    std::uintptr_t address = 0;
    const CUresult result = allocate_device(context, AllocationKind::pool, size, 0, address,
                                            capturing ? nullptr : pool);
    if (result != CUDA_SUCCESS) return result;
    if (capturing) {
      // The memory is the graph's: it has one address and lives as long as the graph.
      const std::lock_guard lock(capture_mutex());
      bool captured = false;
      if (check_capture_locked(*stream, *context, captured) == CUDA_SUCCESS && captured) {
        stream->capture->graph->memory->addresses.push_back(address);
        const auto allocation = driver().allocations.find(address, 1);
        allocation->of_graph = true;
        allocation->freeing = true;  // nothing to free before the graph runs
        allocation->device->take_graph_memory(size);
        MemAllocWork work;
        work.params.bytesize = size;
        work.params.dptr = address;
        work.params.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
        work.params.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, pool->device().ordinal()};
        capture_locked(*stream, context, work);
      }
    }
    *out = address;
    return CUDA_SUCCESS;
  });
}

CUresult free_async(CUdeviceptr address, CUstream hStream, bool per_thread) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (address == 0) return CUDA_SUCCESS;
    const auto allocation = driver().allocations.find(address, 1);
    if (allocation == nullptr || allocation->base != address ||
        (allocation->kind != AllocationKind::pool && allocation->kind != AllocationKind::device)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    MemFreeWork work;
    work.address = address;
    // A graph keeps its memory: it may run again.
    work.owned_by_graph = allocation->of_graph;
    if (any_capture()) {
      const std::lock_guard lock(capture_mutex());
      bool capturing = false;
      if (const CUresult result = check_capture_locked(*stream, *context, capturing);
          result != CUDA_SUCCESS) {
        return result;
      }
      if (capturing) {
        if (!allocation->of_graph) return CUDA_ERROR_INVALID_VALUE;
        capture_locked(*stream, context, work);
        return CUDA_SUCCESS;
      }
    }
    if (allocation->freeing.exchange(true)) return CUDA_ERROR_INVALID_VALUE;
    return submit(stream, context, work);
  });
}

CUresult check_location(const CUmemLocation* location, CUmemAllocationType type, Device*& device) {
  if (location == nullptr || type != CU_MEM_ALLOCATION_TYPE_PINNED) return CUDA_ERROR_INVALID_VALUE;
  if (location->type == CU_MEM_LOCATION_TYPE_HOST ||
      location->type == CU_MEM_LOCATION_TYPE_HOST_NUMA) {
    log_line("memory pools are of a device, not of the host");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (location->type != CU_MEM_LOCATION_TYPE_DEVICE) return CUDA_ERROR_INVALID_VALUE;
  device = find_device(location->id);
  return device == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

/// What a capture forbids.
template <class Body>
CUresult with_pool(CUmemoryPool handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    const auto pool = driver().pools.find(handle);
    if (pool == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    return body(*pool);
  });
}

CUresult get_pool(CUmemoryPool* out, CUdevice dev, bool current) {
  return entry([&]() -> CUresult {
    Device* const device = find_device(dev);
    if (device == nullptr) return current ? CUDA_ERROR_INVALID_VALUE : CUDA_ERROR_INVALID_DEVICE;
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(device->pool_mutex);
    *out = current ? device->current_pool : device->default_pool;
    return CUDA_SUCCESS;
  });
}

CUresult set_pool(Device& device, CUmemoryPool handle) {
  const auto pool = driver().pools.find(handle);
  if (pool == nullptr || &pool->device() != &device) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
  const std::lock_guard lock(device.pool_mutex);
  device.current_pool = handle;
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuMemAllocAsync(CUdeviceptr* out, size_t size, CUstream stream) {
  return allocate(out, size, nullptr, true, stream, false);
}
CUresult cuMemAllocAsync_ptsz(CUdeviceptr* out, size_t size, CUstream stream) {
  return allocate(out, size, nullptr, true, stream, true);
}
CUresult cuMemAllocFromPoolAsync(CUdeviceptr* out, size_t size, CUmemoryPool pool,
                                 CUstream stream) {
  return allocate(out, size, pool, false, stream, false);
}
CUresult cuMemAllocFromPoolAsync_ptsz(CUdeviceptr* out, size_t size, CUmemoryPool pool,
                                      CUstream stream) {
  return allocate(out, size, pool, false, stream, true);
}
CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
  return free_async(address, stream, false);
}
CUresult cuMemFreeAsync_ptsz(CUdeviceptr address, CUstream stream) {
  return free_async(address, stream, true);
}

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* out, CUdevice dev) {
  return get_pool(out, dev, false);
}
CUresult cuDeviceGetMemPool(CUmemoryPool* out, CUdevice dev) {
  return get_pool(out, dev, true);
}
CUresult cuDeviceSetMemPool(CUdevice dev, CUmemoryPool pool) {
  return entry([&]() -> CUresult {
    Device* const device = find_device(dev);
    return device == nullptr ? CUDA_ERROR_INVALID_VALUE : set_pool(*device, pool);
  });
}

CUresult cuMemGetDefaultMemPool(CUmemoryPool* out, CUmemLocation* location,
                                CUmemAllocationType type) {
  return entry([&]() -> CUresult {
    Device* device = nullptr;
    const CUresult result = check_location(location, type, device);
    return result == CUDA_SUCCESS ? get_pool(out, device->ordinal(), false) : result;
  });
}
CUresult cuMemGetMemPool(CUmemoryPool* out, CUmemLocation* location, CUmemAllocationType type) {
  return entry([&]() -> CUresult {
    Device* device = nullptr;
    const CUresult result = check_location(location, type, device);
    return result == CUDA_SUCCESS ? get_pool(out, device->ordinal(), true) : result;
  });
}
CUresult cuMemSetMemPool(CUmemLocation* location, CUmemAllocationType type, CUmemoryPool pool) {
  return entry([&]() -> CUresult {
    Device* device = nullptr;
    const CUresult result = check_location(location, type, device);
    return result == CUDA_SUCCESS ? set_pool(*device, pool) : result;
  });
}

CUresult cuMemPoolCreate(CUmemoryPool* out, const CUmemPoolProps* properties) {
  return entry([&]() -> CUresult {
    if (out == nullptr || properties == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Device* device = nullptr;
    if (const CUresult result =
            check_location(&properties->location, properties->allocType, device);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (properties->handleTypes != CU_MEM_HANDLE_TYPE_NONE) {
      log_line("cuMemPoolCreate: pools cannot be exported (attribute 119 is 0)");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    auto pool = std::make_shared<MemoryPool>(*device, false, properties->maxSize);
    pool->handle = driver().pools.add(pool);
    *out = pool->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemPoolDestroy(CUmemoryPool handle) {
  return with_pool(handle, [&](MemoryPool& pool) {
    if (pool.is_default()) return CUDA_ERROR_INVALID_VALUE;
    {
      const std::lock_guard lock(pool.device().pool_mutex);
      if (pool.device().current_pool == handle) {
        pool.device().current_pool = pool.device().default_pool;
      }
    }
    driver().pools.remove(handle);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemPoolTrimTo(CUmemoryPool handle, size_t) {
  return with_pool(handle, [](MemoryPool&) { return CUDA_SUCCESS; });
}
CUresult cuMemPoolGetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void* value) {
  return with_pool(handle, [&](MemoryPool& pool) { return pool.attribute(attribute, value); });
}
CUresult cuMemPoolSetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void* value) {
  return with_pool(handle, [&](MemoryPool& pool) { return pool.set_attribute(attribute, value); });
}

CUresult cuMemPoolSetAccess(CUmemoryPool handle, const CUmemAccessDesc* map, size_t count) {
  return with_pool(handle, [&](MemoryPool& pool) -> CUresult {
    if (map == nullptr && count > 0) return CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; i < count; ++i) {
      if (map[i].location.type != CU_MEM_LOCATION_TYPE_DEVICE) return CUDA_ERROR_NOT_SUPPORTED;
      Device* const device = find_device(map[i].location.id);
      if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
      const bool own = device == &pool.device();
      if (map[i].flags != CU_MEM_ACCESS_FLAGS_PROT_NONE &&
          map[i].flags != CU_MEM_ACCESS_FLAGS_PROT_READ &&
          map[i].flags != CU_MEM_ACCESS_FLAGS_PROT_READWRITE) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      if (own && map[i].flags != CU_MEM_ACCESS_FLAGS_PROT_READWRITE) {
        return CUDA_ERROR_INVALID_DEVICE;
      }
      if (!own && map[i].flags != CU_MEM_ACCESS_FLAGS_PROT_NONE) {
        return CUDA_ERROR_PEER_ACCESS_UNSUPPORTED;
      }
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuMemPoolGetAccess(CUmemAccess_flags* flags, CUmemoryPool handle,
                            CUmemLocation* location) {
  return with_pool(handle, [&](MemoryPool& pool) -> CUresult {
    if (flags == nullptr || location == nullptr) return CUDA_ERROR_INVALID_VALUE;
    bool own = false;
    switch (location->type) {
      case CU_MEM_LOCATION_TYPE_DEVICE: {
        const Device* const device = find_device(location->id);
        if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
        own = device == &pool.device();
        break;
      }
      case CU_MEM_LOCATION_TYPE_HOST:
      case CU_MEM_LOCATION_TYPE_HOST_NUMA:
        break;
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
    *flags = own ? CU_MEM_ACCESS_FLAGS_PROT_READWRITE : CU_MEM_ACCESS_FLAGS_PROT_NONE;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
