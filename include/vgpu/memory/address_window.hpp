#pragma once

/// \file
/// A range of addresses that both sides of a session keep free, so that shared host memory can be
/// mapped at one address in the guest and in its worker.

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/support/thread_sanitizer.hpp"

namespace vgpu::memory {

/// Unit of everything in a window, in bytes. Larger than the page, so that a later change to huge
/// pages or to a host with 64 KiB pages keeps addresses valid.
inline constexpr std::uint64_t window_granularity = 64 * 1024;

/// Bytes of a guest's window, and where it tries to place it, best first: far from where Linux puts
/// programs, libraries, stacks and heaps, and from what CUDA's driver reserves for itself. Address
/// space only; what programs pin lies in there.
#if defined(VGPU_THREAD_SANITIZER)
// ThreadSanitizer ends a process that maps anything outside the few ranges it has shadow for. The
// first 340 GiB of the one for programs lie below where Linux puts them.
inline constexpr std::uint64_t window_bytes = std::uint64_t{1} << 38;
inline constexpr std::array<std::uint64_t, 4> window_candidates = {
    0x5500'0000'0000, 0x7e80'0000'0000, 0x7ea0'0000'0000, 0x7ec0'0000'0000};
#else
inline constexpr std::uint64_t window_bytes = std::uint64_t{1} << 40;
inline constexpr std::array<std::uint64_t, 5> window_candidates = {
    0x4000'0000'0000, 0x3800'0000'0000, 0x4800'0000'0000, 0x6000'0000'0000, 0x2c00'0000'0000};
#endif

/// Holds [begin, begin + size) of this process's address space, PROT_NONE, without memory behind
/// it, and maps descriptors into it. Gives all of it back on destruction.
///
/// Thread-safe as far as different places are concerned; two threads must not map and unmap the
/// same place at once (WindowAllocator gives every place out once).
class AddressWindow {
 public:
  AddressWindow() noexcept = default;

  /// Reserves `bytes` at the first of `candidates` that is free. Errors: none is.
  static support::Result<AddressWindow> reserve(
      std::uint64_t bytes, std::span<const std::uint64_t> candidates = window_candidates) {
    std::string reasons;
    for (const std::uint64_t begin : candidates) {
      auto window = reserve_at(begin, bytes);
      if (window) return window;
      reasons += (reasons.empty() ? "" : "; ") + window.message();
    }
    return support::Error{"no address window is free: " + reasons, ENOMEM};
  }

  /// Reserves exactly [begin, begin + bytes). Errors: not a multiple of the granularity, outside
  /// user space, or taken.
  static support::Result<AddressWindow> reserve_at(std::uint64_t begin, std::uint64_t bytes) {
    constexpr std::uint64_t user_space_end = std::uint64_t{1} << 47;
    if (begin == 0 || bytes == 0 || begin % window_granularity != 0 ||
        bytes % window_granularity != 0 || begin >= user_space_end ||
        bytes > user_space_end - begin) {
      return support::Error{"an address window of " + std::to_string(bytes) + " bytes at " +
                                std::to_string(begin) + " is malformed",
                            EINVAL};
    }
    auto mapping = support::Mapping::reserve(bytes, reinterpret_cast<void*>(begin));
    if (!mapping) return mapping.error();
    return AddressWindow(std::move(*mapping));
  }

  explicit operator bool() const noexcept { return static_cast<bool>(mapping_); }
  std::uint64_t begin() const noexcept { return mapping_.address(); }
  std::uint64_t size() const noexcept { return mapping_.size(); }

  /// Whether [address, address + bytes) lies in the window.
  bool contains(std::uint64_t address, std::uint64_t bytes) const noexcept {
    if (!mapping_ || address < begin()) return false;
    const std::uint64_t offset = address - begin();
    return offset <= size() && bytes <= size() - offset;
  }

  /// Maps `bytes` of `fd` from `offset` at `address`, shared, replacing what is there.
  /// `address`, `bytes` and `offset` are multiples of the page size; the caller has checked that
  /// the file is long enough and cannot shrink. Errors: outside the window, or what mmap says.
  support::Result<void> map(int fd, std::uint64_t offset, std::uint64_t address,
                            std::uint64_t bytes, int protection = PROT_READ | PROT_WRITE) const {
    if (bytes == 0 || !aligned(address) || !aligned(bytes) || !aligned(offset) ||
        !contains(address, bytes)) {
      return support::Error{"a mapping of " + std::to_string(bytes) + " bytes at " +
                                std::to_string(address) + " does not fit the address window",
                            EINVAL};
    }
    return place(address, bytes, protection, MAP_SHARED | MAP_FIXED, fd, offset);
  }

  /// Puts private zeroed memory at `address`, for sessions whose two sides share nothing.
  support::Result<void> map_private(std::uint64_t address, std::uint64_t bytes) const {
    if (bytes == 0 || !aligned(address) || !aligned(bytes) || !contains(address, bytes)) {
      return support::Error{"private memory does not fit the address window", EINVAL};
    }
    return place(address, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                 -1, 0);
  }

  /// Turns [address, address + bytes) back into reserved space; the memory there is gone.
  support::Result<void> unmap(std::uint64_t address, std::uint64_t bytes) const {
    if (bytes == 0 || !aligned(address) || !aligned(bytes) || !contains(address, bytes)) {
      return support::Error{"what is to be unmapped lies outside the address window", EINVAL};
    }
    return place(address, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
                 -1, 0);
  }

 private:
  explicit AddressWindow(support::Mapping mapping) noexcept : mapping_(std::move(mapping)) {}

  static bool aligned(std::uint64_t value) noexcept {
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return value % page == 0;
  }

  static support::Result<void> place(std::uint64_t address, std::uint64_t bytes, int protection,
                                     int flags, int fd, std::uint64_t offset) {
    if (::mmap(reinterpret_cast<void*>(address), bytes, protection, flags, fd,
               static_cast<off_t>(offset)) == MAP_FAILED) {
      return support::system_error("cannot map into the address window", errno);
    }
    return {};
  }

  support::Mapping mapping_;
};

/// Gives out places of a window, first fit, lowest address first. Thread-safe.
class WindowAllocator {
 public:
  WindowAllocator() = default;
  /// Begins with all of [begin, begin + size) free. Both are multiples of the granularity.
  WindowAllocator(std::uint64_t begin, std::uint64_t size) { reset(begin, size); }

  /// Forgets everything and begins anew.
  void reset(std::uint64_t begin, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    free_.clear();
    taken_.clear();
    if (size != 0) free_.emplace(begin, size);
  }

  /// Takes `bytes`, rounded up to the granularity, aligned to `alignment` (a power of two; less
  /// than the granularity means the granularity). Returns 0 when no gap is large enough.
  std::uint64_t allocate(std::uint64_t bytes, std::uint64_t alignment = window_granularity) {
    if (bytes == 0 || !std::has_single_bit(alignment)) return 0;
    if (alignment < window_granularity) alignment = window_granularity;
    if (bytes > UINT64_MAX - (window_granularity - 1)) return 0;
    bytes = (bytes + window_granularity - 1) / window_granularity * window_granularity;
    const std::lock_guard lock(mutex_);
    for (auto gap = free_.begin(); gap != free_.end(); ++gap) {
      const auto [begin, size] = *gap;
      const std::uint64_t skip = (alignment - begin % alignment) % alignment;
      if (skip > size || bytes > size - skip) continue;
      const std::uint64_t address = begin + skip;
      taken_.emplace(address, bytes);
      free_.erase(gap);
      if (skip != 0) free_.emplace(begin, skip);
      if (size - skip != bytes) free_.emplace(address + bytes, size - skip - bytes);
      return address;
    }
    return 0;
  }

  /// Gives back what `allocate` returned, merging it with free neighbours. Returns the bytes given
  /// back; 0 when `address` is not the begin of a place that is taken.
  std::uint64_t release(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto place = taken_.find(address);
    if (place == taken_.end()) return 0;
    const std::uint64_t bytes = place->second;
    taken_.erase(place);
    std::uint64_t begin = address;
    std::uint64_t size = bytes;
    auto next = free_.lower_bound(begin);
    if (next != free_.end() && next->first == begin + size) {
      size += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin()) {
      const auto previous = std::prev(next);
      if (previous->first + previous->second == begin) {
        begin = previous->first;
        size += previous->second;
        free_.erase(previous);
      }
    }
    free_.emplace(begin, size);
    return bytes;
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> free_;   // begin -> size
  std::map<std::uint64_t, std::uint64_t> taken_;  // begin -> size
};

}  // namespace vgpu::memory
