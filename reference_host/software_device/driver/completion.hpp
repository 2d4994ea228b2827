#pragma once

#include <atomic>
#include <chrono>
#include <memory>

namespace vgpu::softdevice {

/// The moment at which one operation of a stream ends. Thread-safe.
class Completion {
 public:
  bool is_done() const noexcept { return state_.load(std::memory_order_acquire) != 0; }

  void wait() const noexcept { state_.wait(0, std::memory_order_acquire); }

  void finish() noexcept {
    time_ = std::chrono::steady_clock::now();
    state_.store(1, std::memory_order_release);
    state_.notify_all();
  }

  /// When it ended; only after `is_done`.
  std::chrono::steady_clock::time_point time() const noexcept { return time_; }

 private:
  std::atomic<int> state_{0};
  std::chrono::steady_clock::time_point time_{};
};

using CompletionPtr = std::shared_ptr<Completion>;

}  // namespace vgpu::softdevice
