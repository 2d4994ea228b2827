#pragma once

/// \file
/// What a program said of its managed memory (cuMemAdvise, cuMemPrefetchAsync). Nothing follows
/// from it here, but cuMemRangeGetAttribute is asked for it.

#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>

#include "vgpu/call/cuda_types.hpp"

namespace vgpu::host {

/// Places are device ordinals, CU_DEVICE_CPU or CU_DEVICE_INVALID.
struct Advice {
  bool read_mostly = false;
  int preferred = CU_DEVICE_INVALID;
  int prefetched = CU_DEVICE_INVALID;
  std::uint64_t accessed_by = 0;  ///< bit n + 1 for place n, the host being place -1
};

/// The advice for every page of this process' managed memory. Thread-safe.
class AdviceMap {
 public:
  /// `change(Advice&)` for the pages that touch [address, address + size).
  template <class Change>
  void change(std::uint64_t address, std::uint64_t size, Change&& change) {
    const std::lock_guard lock(mutex_);
    const auto first = split(address / page);
    const auto last = split((address + size + page - 1) / page);
    for (auto run = first; run != last; ++run) change(run->second);
  }

  /// Forgets what was said of [address, address + size).
  void reset(std::uint64_t address, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    const auto first = split(address / page);
    const auto last = split((address + size + page - 1) / page);
    first->second = {};
    runs_.erase(std::next(first), last);
  }

  /// What holds for all of [address, address + size): a place that its pages differ in is none.
  Advice common(std::uint64_t address, std::uint64_t size) const {
    const std::lock_guard lock(mutex_);
    auto run = std::prev(runs_.upper_bound(address / page));
    const auto last = runs_.lower_bound((address + size + page - 1) / page);
    Advice all = run->second;
    while (++run != last) {
      const Advice& other = run->second;
      all.read_mostly = all.read_mostly && other.read_mostly;
      all.accessed_by &= other.accessed_by;
      if (all.preferred != other.preferred) all.preferred = CU_DEVICE_INVALID;
      if (all.prefetched != other.prefetched) all.prefetched = CU_DEVICE_INVALID;
    }
    return all;
  }

 private:
  static constexpr std::uint64_t page = 4096;
  using Runs = std::map<std::uint64_t, Advice>;

  Runs::iterator split(std::uint64_t at) {
    const auto before = std::prev(runs_.upper_bound(at));
    return runs_.try_emplace(at, before->second).first;
  }

  mutable std::mutex mutex_;
  Runs runs_{{0, Advice{}}};  ///< by first page, each up to the next one
};

}  // namespace vgpu::host
