#pragma once

/// \file
/// What the driver knows about every range of memory that a program may name.

#include <cuda.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace vgpu::softdevice {

class Context;
class Device;
class MemoryPool;

enum class AllocationKind {
  device,      ///< cuMemAlloc, cuMemAllocPitch
  managed,     ///< cuMemAllocManaged
  pool,        ///< cuMemAllocAsync and kin
  host,        ///< cuMemHostAlloc, cuMemAllocHost
  registered,  ///< cuMemHostRegister
  mapped,      ///< cuMemMap
};

/// One range. Immutable after it was entered, except for the atomics.
struct Allocation {
  std::uintptr_t base = 0;
  std::size_t size = 0;
  AllocationKind kind = AllocationKind::device;
  unsigned flags = 0;  ///< of cuMemHostAlloc, cuMemHostRegister or cuMemAllocManaged
  Device* device = nullptr;
  std::weak_ptr<Context> context;
  std::shared_ptr<MemoryPool> pool;
  std::uint64_t buffer_id = 0;
  std::atomic<bool> sync_memops{false};
  std::atomic<bool> freeing{false};  ///< cuMemFreeAsync was called and has not taken effect
  std::atomic<int> preferred{-2};    ///< cuMemAdvise: preferred location, -2 none, -1 CPU
  std::atomic<bool> read_mostly{false};
  std::atomic<int> prefetched{-2};  ///< last cuMemPrefetchAsync, -2 none, -1 CPU

  bool is_host() const noexcept {
    return kind == AllocationKind::host || kind == AllocationKind::registered;
  }
};

/// All allocations of the process by address. Thread-safe.
class AllocationMap {
 public:
  /// \return false when the range overlaps one that is there already.
  bool add(std::shared_ptr<Allocation> allocation);
  /// The allocation that contains [address, address + size); null when none does.
  std::shared_ptr<Allocation> find(std::uintptr_t address, std::size_t size) const;
  /// Takes out the allocation that begins at `base`, if `kinds` accepts it.
  template <class Accept>
  std::shared_ptr<Allocation> take(std::uintptr_t base, Accept&& accept) {
    const std::unique_lock lock(mutex_);
    const auto found = by_base_.find(base);
    if (found == by_base_.end() || !accept(*found->second)) return nullptr;
    std::shared_ptr<Allocation> result = std::move(found->second);
    by_base_.erase(found);
    return result;
  }
  std::vector<std::shared_ptr<Allocation>> all() const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::uintptr_t, std::shared_ptr<Allocation>> by_base_;
};

/// True when [address, address + size) may be read and written by the device: an allocation, a
/// mapped range or a module's variable.
bool is_accessible(std::uintptr_t address, std::size_t size);

/// True when the bytes belong to the program's ordinary, unregistered memory.
bool is_pageable(const void* address);

/// Takes `size` bytes of device memory and enters them in the map.
/// \return CUDA_ERROR_OUT_OF_MEMORY when there is no room even after pending frees took effect.
CUresult allocate_device(const std::shared_ptr<Context>& context, AllocationKind kind,
                         std::size_t size, unsigned flags, std::uintptr_t& address,
                         const std::shared_ptr<MemoryPool>& pool = nullptr);

/// Gives the memory of an allocation that was taken out of the map back to where it came from.
void release_allocation(Allocation& allocation);

}  // namespace vgpu::softdevice
