#pragma once

#include <cuda.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "completion.hpp"

namespace vgpu::softdevice {

struct Capture;
class Context;
struct GraphNode;

/// A CUDA event. What it was recorded on last is either an operation of a stream or a point in a
/// capture.
class Event {
 public:
  Event(const std::shared_ptr<Context>& context, unsigned flags)
      : context_(context), flags_(flags) {}

  unsigned flags() const noexcept { return flags_; }
  std::shared_ptr<Context> context() const { return context_.lock(); }

  /// The operation that the last record became; null when there was none.
  CompletionPtr last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  void set_last(CompletionPtr completion) {
    const std::lock_guard lock(mutex_);
    last_ = std::move(completion);
  }

  CUevent handle = nullptr;

  /// The capture in which the event was recorded last; guarded by `capture_mutex()`.
  std::atomic<bool> captured{false};
  std::weak_ptr<Capture> capture;
  std::vector<std::shared_ptr<GraphNode>> capture_nodes;

 private:
  const std::weak_ptr<Context> context_;
  const unsigned flags_;
  mutable std::mutex mutex_;
  CompletionPtr last_;
};

}  // namespace vgpu::softdevice
