#include "allocation.hpp"

#include <sys/mman.h>

#include <mutex>

#include "driver.hpp"
#include "pool.hpp"

namespace vgpu::softdevice {

bool AllocationMap::add(std::shared_ptr<Allocation> allocation) {
  const std::unique_lock lock(mutex_);
  const auto next = by_base_.lower_bound(allocation->base);
  if (next != by_base_.end() && next->first - allocation->base < allocation->size) return false;
  if (next != by_base_.begin()) {
    const auto previous = std::prev(next);
    if (allocation->base - previous->first < previous->second->size) return false;
  }
  by_base_.emplace_hint(next, allocation->base, std::move(allocation));
  return true;
}

std::shared_ptr<Allocation> AllocationMap::find(std::uintptr_t address, std::size_t size) const {
  const std::shared_lock lock(mutex_);
  auto found = by_base_.upper_bound(address);
  if (found == by_base_.begin()) return nullptr;
  --found;
  const std::size_t offset = address - found->first;
  const std::size_t room = found->second->size;
  if (offset >= room || room - offset < size) return nullptr;
  return found->second;
}

std::vector<std::shared_ptr<Allocation>> AllocationMap::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<Allocation>> result;
  result.reserve(by_base_.size());
  for (const auto& [base, allocation] : by_base_) result.push_back(allocation);
  return result;
}

bool is_accessible(std::uintptr_t address, std::size_t size) {
  if (size == 0) return true;
  std::size_t left = size;
  while (left > 0) {
    const auto allocation = driver().allocations.find(address, 1);
    if (allocation == nullptr) break;
    const std::size_t room = allocation->size - (address - allocation->base);
    if (room >= left) return true;
    // Only mappings side by side make one range.
    if (allocation->kind != AllocationKind::mapped) return false;
    address += room;
    left -= room;
  }
  for (const auto& device : driver().devices) {
    if (device->memory().find(address, left).size != 0) return true;
  }
  return false;
}

bool is_pageable(const void* address) {
  return !is_accessible(reinterpret_cast<std::uintptr_t>(address), 1);
}

CUresult allocate_device(const std::shared_ptr<Context>& context, AllocationKind kind,
                         std::size_t size, unsigned flags, std::uintptr_t& address,
                         const std::shared_ptr<MemoryPool>& pool) {
  Device& device = pool != nullptr ? pool->device() : context->device();
  std::uintptr_t base = 0;
  for (int attempt = 0; base == 0 && attempt < 2; ++attempt) {
    if (attempt == 1) {
      // Frees that are still queued may make room.
      if (kind != AllocationKind::pool) break;
      context->synchronise();
    }
    if (device.free_bytes() >= size) base = device.memory().allocate(size, 512);
  }
  if (base == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  auto allocation = std::make_shared<Allocation>();
  allocation->base = base;
  allocation->size = size;
  allocation->kind = kind;
  allocation->flags = flags;
  allocation->device = &device;
  allocation->context = context;
  allocation->pool = pool;
  allocation->buffer_id = driver().next_buffer_id.fetch_add(1);
  if (!driver().allocations.add(allocation)) {
    device.memory().release(base);
    return CUDA_ERROR_UNKNOWN;
  }
  // The program writes managed memory unseen.
  if (kind != AllocationKind::managed) memcheck_track(base, size);
  if (pool != nullptr) pool->take(size);
  address = base;
  return CUDA_SUCCESS;
}

void release_allocation(Allocation& allocation) {
  switch (allocation.kind) {
    case AllocationKind::device:
    case AllocationKind::managed:
    case AllocationKind::pool:
      memcheck_forget(allocation.base);
      allocation.device->memory().release(allocation.base);
      if (allocation.pool != nullptr) allocation.pool->give(allocation.size);
      if (allocation.of_graph) allocation.device->give_graph_memory(allocation.size);
      break;
    case AllocationKind::host:
    case AllocationKind::registered:
      for (const auto& device : driver().devices) {
        device->memory().remove_external(allocation.base);
      }
      if (allocation.kind == AllocationKind::host) {
        const std::size_t mapped = (allocation.size + 4095) & ~std::size_t{4095};
        ::munmap(reinterpret_cast<void*>(allocation.base), mapped);
      }
      break;
    case AllocationKind::mapped:
      break;
  }
}

}  // namespace vgpu::softdevice
