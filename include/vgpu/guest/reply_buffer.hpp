#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

namespace vgpu::guest {

/// Bytes of one message: small ones without an allocation, 8-byte aligned.
class ReplyBuffer {
 public:
  ReplyBuffer() noexcept = default;
  ReplyBuffer(const ReplyBuffer&) = delete;
  ReplyBuffer& operator=(const ReplyBuffer&) = delete;

  std::byte* data() noexcept {
    return large_ != nullptr ? reinterpret_cast<std::byte*>(large_.get()) : small_.data();
  }
  std::size_t size() const noexcept { return size_; }

  /// Makes room for `bytes`, keeping what was there. Returns data(). Throws std::bad_alloc.
  std::byte* resize(std::size_t bytes) {
    if (bytes > capacity_) {
      std::size_t wanted = capacity_ * 2 > bytes ? capacity_ * 2 : bytes;
      wanted = (wanted + 7) / 8 * 8;
      // new[] of words: aligned to 8, and not zeroed.
      std::unique_ptr<std::uint64_t[]> grown(new std::uint64_t[wanted / 8]);
      if (size_ != 0) std::memcpy(grown.get(), data(), size_);
      large_ = std::move(grown);
      capacity_ = wanted;
    }
    size_ = bytes;
    return data();
  }

 private:
  static constexpr std::size_t small_bytes = 256;
  alignas(8) std::array<std::byte, small_bytes> small_;
  std::unique_ptr<std::uint64_t[]> large_;
  std::size_t capacity_ = small_bytes;
  std::size_t size_ = 0;
};

}  // namespace vgpu::guest
