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
  /// \param most  bytes that may be allocated at a time; 0 = as many as the device has.
  MemoryPool(Device& device, bool is_default, std::uint64_t most = 0)
      : device_(device), default_(is_default), most_(most == 0 ? UINT64_MAX : most) {}

  Device& device() const noexcept { return device_; }
  bool is_default() const noexcept { return default_; }

  /// Bytes that may still be allocated.
  std::uint64_t room() const noexcept {
    const std::uint64_t used = used_.load();
    return used < most_ ? most_ - used : 0;
  }
  void take(std::uint64_t bytes) noexcept {
    const std::uint64_t now = used_.fetch_add(bytes) + bytes;
    raise(high_, now);
    raise(reserved_high_, now);
  }
  void give(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes); }

  CUresult attribute(CUmemPool_attribute attribute, void* value) const;
  CUresult set_attribute(CUmemPool_attribute attribute, void* value);

  CUmemoryPool handle = nullptr;

 private:
  static void raise(std::atomic<std::uint64_t>& high, std::uint64_t now) noexcept {
    std::uint64_t before = high.load();
    while (now > before && !high.compare_exchange_weak(before, now)) {
    }
  }

  Device& device_;
  const bool default_;
  const std::uint64_t most_;
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> high_{0};
  std::atomic<std::uint64_t> reserved_high_{0};
  std::atomic<std::uint64_t> threshold_{0};
  std::atomic<int> reuse_[3] = {1, 1, 1};
};

/// Makes the pool that every device has.
void create_default_pool(Driver& driver, Device& device);

}  // namespace vgpu::softdevice
