#pragma once

#include <cuda.h>

#include <atomic>
#include <cstdint>

namespace vgpu::softdevice {

class Device;
struct Driver;

/// A memory pool. Memory goes back to the device as soon as it is freed, so reserved equals used.
class MemoryPool {
 public:
  explicit MemoryPool(Device& device, bool is_default) : device_(device), default_(is_default) {}

  Device& device() const noexcept { return device_; }
  bool is_default() const noexcept { return default_; }

  void take(std::uint64_t bytes) noexcept {
    const std::uint64_t now = used_.fetch_add(bytes) + bytes;
    std::uint64_t high = high_.load();
    while (now > high && !high_.compare_exchange_weak(high, now)) {
    }
  }
  void give(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes); }

  CUresult attribute(CUmemPool_attribute attribute, void* value) const;
  CUresult set_attribute(CUmemPool_attribute attribute, void* value);

  CUmemoryPool handle = nullptr;

 private:
  Device& device_;
  const bool default_;
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> high_{0};
  std::atomic<std::uint64_t> reserved_high_{0};
  std::atomic<std::uint64_t> threshold_{0};
  std::atomic<int> reuse_[3] = {1, 1, 1};
};

/// Makes the pool that every device has.
void create_default_pool(Driver& driver, Device& device);

}  // namespace vgpu::softdevice
