#pragma once

/// \file
/// The captures of this process, by the stream in which each began, and the arrays that
/// cuStreamGetCaptureInfo has handed out.

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest {

/// Thread-safe; used by capturing programs only. Throws std::bad_alloc.
class CaptureRegistry {
 public:
  /// Never destroyed.
  static CaptureRegistry& instance() {
    static auto& registry = *new CaptureRegistry;
    return registry;
  }

  /// Counts a capture that is about to begin in `stream`. False when one counts there already.
  bool begin(CUstream stream) {
    const std::lock_guard lock(mutex_);
    if (!origins_.insert(key_of(stream)).second) return false;
    capture_began();
    return true;
  }
  /// Whether a capture that began in `stream` counts.
  bool counts(CUstream stream) {
    const std::lock_guard lock(mutex_);
    return origins_.count(key_of(stream)) != 0;
  }
  /// The capture that began in `stream`, if any, is over.
  void end(CUstream stream) {
    const std::lock_guard lock(mutex_);
    arrays_.erase(key_of(stream));
    if (origins_.erase(key_of(stream)) != 0) capture_ended();
  }

  struct Arrays {
    std::vector<CUgraphNode> dependencies;
    std::vector<CUgraphEdgeData> edges;
  };
  /// Keeps what a question about `stream` was answered with until the next one, or the end of the
  /// capture.
  const Arrays& keep(CUstream stream, Arrays arrays) {
    const std::lock_guard lock(mutex_);
    return arrays_[key_of(stream)] = std::move(arrays);
  }

 private:
  using Key = std::pair<std::uint64_t, const void*>;

  /// CU_STREAM_PER_THREAD is another stream in each thread.
  static Key key_of(CUstream stream) noexcept {
    const auto id = reinterpret_cast<std::uint64_t>(stream);
    return {id, stream == CU_STREAM_PER_THREAD ? &detail::thread_state : nullptr};
  }

  std::mutex mutex_;
  std::set<Key> origins_;
  std::map<Key, Arrays> arrays_;
};

}  // namespace vgpu::guest
