#pragma once

/// \file
/// The session's staging area: shared memory, page-locked by the host, through which pageable bytes
/// travel. The program's thread fills or empties one lane while the device copies another.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "vgpu/support/mapping.hpp"

namespace vgpu::guest {

class Staging {
 public:
  static constexpr std::size_t lane_bytes = std::size_t{4} << 20;
  static constexpr int lane_count = 6;
  static constexpr int no_lane = -1;

  /// The area of this process, shared with the host on first use; nullptr where the session has
  /// none. Any thread.
  static Staging* find();

  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// A lane nobody uses, or no_lane.
  int try_acquire() {
    const std::lock_guard lock(mutex_);
    return take();
  }
  /// Waits for a lane. Only for a thread that holds none, so that no two wait for each other.
  int acquire() {
    std::unique_lock lock(mutex_);
    int lane = no_lane;
    freed_.wait(lock, [&] { return (lane = take()) != no_lane; });
    return lane;
  }
  /// The host no longer uses the lane.
  void release(int lane) {
    {
      const std::lock_guard lock(mutex_);
      free_ |= 1U << lane;
    }
    freed_.notify_one();
  }

  std::byte* data(int lane) const noexcept { return mapping_.data() + offset(lane); }
  static constexpr std::size_t offset(int lane) noexcept {
    return static_cast<std::size_t>(lane) * lane_bytes;
  }

 private:
  explicit Staging(support::Mapping mapping) noexcept : mapping_(std::move(mapping)) {}
  static Staging* share();

  int take() noexcept {
    for (int lane = 0; lane < lane_count; ++lane) {
      if ((free_ >> lane & 1U) == 0) continue;
      free_ &= ~(1U << lane);
      return lane;
    }
    return no_lane;
  }

  support::Mapping mapping_;
  std::mutex mutex_;
  std::condition_variable freed_;
  unsigned free_ = (1U << lane_count) - 1;
};

}  // namespace vgpu::guest
