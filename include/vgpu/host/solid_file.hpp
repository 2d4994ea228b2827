#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>

namespace vgpu::host {

/// Whether `descriptor` has at least `bytes` and is sealed against shrinking: what a guest hands
/// over must not be able to lose pages under its mapping, which would kill the host with SIGBUS.
inline bool file_is_solid(int descriptor, std::uint64_t bytes) noexcept {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || status.st_size < 0 ||
      static_cast<std::uint64_t>(status.st_size) < bytes) {
    return false;
  }
  const int seals = ::fcntl(descriptor, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

}  // namespace vgpu::host
