#include "device_heap.hpp"

#include <iterator>

namespace vgpu::softdevice {

void DeviceHeap::reset(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (begin_ != 0) memory_.release(begin_);
  begin_ = 0;
  free_.clear();
  blocks_.clear();
  limit_ = limit;
}

bool DeviceHeap::set_limit(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (begin_ != 0) return false;
  limit_ = limit;
  return true;
}

std::uintptr_t DeviceHeap::allocate(std::size_t size) {
  constexpr std::size_t unit = 16;
  const std::lock_guard lock(mutex_);
  if (size == 0 || size > limit_) return 0;
  size = (size + unit - 1) / unit * unit;
  if (begin_ == 0) {
    begin_ = memory_.allocate(limit_);
    if (begin_ == 0) return 0;
    free_.emplace(begin_, limit_);
  }
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    if (it->second < size) continue;
    const std::uintptr_t address = it->first;
    const std::size_t left = it->second - size;
    free_.erase(it);
    if (left != 0) free_.emplace(address + size, left);
    blocks_.emplace(address, size);
    return address;
  }
  return 0;
}

bool DeviceHeap::free(std::uintptr_t address) {
  const std::lock_guard lock(mutex_);
  const auto block = blocks_.find(address);
  if (block == blocks_.end()) return false;
  auto [place, added] = free_.emplace(block->first, block->second);
  blocks_.erase(block);
  if (const auto next = std::next(place);
      next != free_.end() && place->first + place->second == next->first) {
    place->second += next->second;
    free_.erase(next);
  }
  if (place != free_.begin()) {
    const auto previous = std::prev(place);
    if (previous->first + previous->second == place->first) {
      previous->second += place->second;
      free_.erase(place);
    }
  }
  return true;
}

}  // namespace vgpu::softdevice
