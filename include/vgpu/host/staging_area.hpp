#pragma once

/// \file
/// The shared memory through which bulk bytes travel (shm transport): made by the guest, mapped
/// here.

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "vgpu/host/solid_file.hpp"
#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::host {

/// The guest can write these bytes at any time: they are only ever handed to the driver as opaque
/// data, never parsed. Thread-safe. Shared once; it stays until the session ends.
class StagingArea {
 public:
  /// Maps `bytes` of `descriptor`. Errors: shared already, over `limit`, a file that is shorter
  /// than said or could shrink.
  support::Result<void> share(support::UniqueFd descriptor, std::uint64_t bytes,
                              std::uint64_t limit) {
    const std::lock_guard lock(mutex_);
    if (mapping_) return support::Error{"the session has a staging area already", EEXIST};
    if (!descriptor) return support::Error{"no descriptor came with the request", EBADF};
    if (bytes == 0 || bytes > limit) {
      return support::Error{"a staging area of " + std::to_string(bytes) +
                                " bytes is outside the limit of " + std::to_string(limit),
                            EINVAL};
    }
    if (!file_is_solid(descriptor.get(), bytes)) {
      return support::Error{
          "the staging file is shorter than the request says, or not sealed against shrinking",
          EINVAL};
    }
    auto mapping = support::Mapping::map(descriptor.get(), bytes);
    if (!mapping) return mapping.error();
    mapping_ = std::move(*mapping);
    data_.store(mapping_.data(), std::memory_order_relaxed);
    size_.store(bytes, std::memory_order_release);
    return {};
  }

  /// Where [offset, offset + length) of the area lies; nullptr when it is not inside, or when
  /// there is no area.
  std::byte* at(std::uint64_t offset, std::uint64_t length) const noexcept {
    const std::uint64_t size = size_.load(std::memory_order_acquire);
    if (size == 0 || offset > size || length > size - offset) return nullptr;
    return data_.load(std::memory_order_relaxed) + offset;
  }

  std::uint64_t size() const noexcept { return size_.load(std::memory_order_acquire); }

  /// Calls `pin(data, size)` the first time, for a caller that page-locks the area in the driver.
  template <class Pin>
  void pin_once(Pin&& pin) {
    if (size() == 0 || pinned_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(mutex_);
    if (pinned_.load(std::memory_order_relaxed)) return;
    std::forward<Pin>(pin)(data_.load(std::memory_order_relaxed), size());
    pinned_.store(true, std::memory_order_release);
  }
  /// The page lock is gone (its context was destroyed): the next `pin_once` pins again.
  void unpinned() noexcept { pinned_.store(false, std::memory_order_release); }

 private:
  std::mutex mutex_;
  support::Mapping mapping_;
  std::atomic<std::byte*> data_{nullptr};
  std::atomic<std::uint64_t> size_{0};
  std::atomic<bool> pinned_{false};
};

}  // namespace vgpu::host
