#pragma once

/// \file
/// What the driver knows about every range of memory that a program may name.

#include <cuda.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
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

/// What cuMemAdvise and cuMemPrefetchAsync said of managed memory. Places are device ordinals,
/// -1 the host, -2 none.
struct Advice {
  bool read_mostly = false;
  int preferred = -2;
  int prefetched = -2;
  std::uint64_t accessed_by = 0;  ///< bit n + 1 for place n
};

/// The advice for each page of an allocation. Thread-safe.
class AdviceMap {
 public:
  static constexpr std::size_t page = 4096;

  /// `change(Advice&)` for the pages that touch [offset, offset + size).
  template <class Change>
  void change(std::size_t offset, std::size_t size, Change&& change) {
    const std::lock_guard lock(mutex_);
    const auto first = split(offset / page);
    const auto last = split((offset + size + page - 1) / page);
    for (auto segment = first; segment != last; ++segment) change(segment->second);
  }
  /// `visit(const Advice&)` for every different advice in [offset, offset + size).
  template <class Visit>
  void visit(std::size_t offset, std::size_t size, Visit&& visit) const {
    const std::lock_guard lock(mutex_);
    auto segment = std::prev(segments_.upper_bound(offset / page));
    const auto last = segments_.lower_bound((offset + size + page - 1) / page);
    for (; segment != last; ++segment) visit(segment->second);
  }

 private:
  using Segments = std::map<std::size_t, Advice>;

  Segments::iterator split(std::size_t at) {
    const auto before = std::prev(segments_.upper_bound(at));
    return segments_.try_emplace(at, before->second).first;
  }

  mutable std::mutex mutex_;
  Segments segments_{{0, Advice{}}};  ///< by first page, each up to the next one
};

/// One range. Immutable after it was entered, except for the atomics and the advice.
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
  /// cuMemFreeAsync was called and has not taken effect; of a graph's: no launch left it allocated.
  std::atomic<bool> freeing{false};
  std::atomic<bool> of_graph{false};  ///< lives as long as the graph that allocates it
  bool of_module = false;             ///< a module's managed variables: lives as long as the module
  AdviceMap advice;                   ///< of managed memory

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
