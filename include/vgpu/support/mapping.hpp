#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "vgpu/support/result.hpp"

namespace vgpu::support {

/// Owns one mmap'ed range; unmaps it on destruction.
class Mapping {
 public:
  Mapping() noexcept = default;
  /// Takes over a range that mmap returned.
  Mapping(void* address, std::size_t bytes) noexcept
      : address_(static_cast<std::byte*>(address)), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    if (this != &other) {
      reset();
      address_ = std::exchange(other.address_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { reset(); }

  [[nodiscard]] std::byte* data() const noexcept { return address_; }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_; }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {address_, bytes_}; }
  [[nodiscard]] std::uintptr_t address() const noexcept {
    return reinterpret_cast<std::uintptr_t>(address_);
  }
  explicit operator bool() const noexcept { return address_ != nullptr; }

  /// Unmaps now.
  void reset() noexcept {
    if (address_ != nullptr) ::munmap(address_, bytes_);
    address_ = nullptr;
    bytes_ = 0;
  }

  /// Forgets the range without unmapping it; the caller owns it.
  [[nodiscard]] std::byte* release() noexcept {
    bytes_ = 0;
    return std::exchange(address_, nullptr);
  }

  /// Maps `bytes` of `fd` from `offset`. `flags` as for mmap (MAP_SHARED, MAP_FIXED_NOREPLACE,
  /// ...); `wanted` is the address hint, or the address for the fixed flags.
  static Result<Mapping> map(int fd, std::size_t bytes, int protection = PROT_READ | PROT_WRITE,
                             int flags = MAP_SHARED, std::size_t offset = 0,
                             void* wanted = nullptr) {
    void* address = ::mmap(wanted, bytes, protection, flags, fd, static_cast<off_t>(offset));
    if (address == MAP_FAILED) {
      return system_error("cannot map " + std::to_string(bytes) + " bytes", errno);
    }
    Mapping mapping(address, bytes);
    // Kernels before 4.17 take MAP_FIXED_NOREPLACE for a hint.
    if ((flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE && address != wanted) {
      return Error{"cannot map " + std::to_string(bytes) + " bytes: the address is taken", EEXIST};
    }
    return mapping;
  }

  /// Private zeroed memory whose pages are committed when first touched.
  static Result<Mapping> anonymous(std::size_t bytes) {
    return map(-1, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  }

  /// Address space without memory behind it (PROT_NONE), at `wanted` if given and free.
  static Result<Mapping> reserve(std::size_t bytes, void* wanted = nullptr) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (wanted != nullptr) flags |= MAP_FIXED_NOREPLACE;
    return map(-1, bytes, PROT_NONE, flags, 0, wanted);
  }

 private:
  std::byte* address_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace vgpu::support
