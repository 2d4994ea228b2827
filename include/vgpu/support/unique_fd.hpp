#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "vgpu/support/result.hpp"

namespace vgpu::support {

/// Owns one file descriptor; closes it on destruction. -1 = none.
class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// Gives the descriptor up; the caller owns it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  /// Closes what is held and takes `fd`. errno is left as it was.
  void reset(int fd = -1) noexcept {
    int old = std::exchange(fd_, fd);
    if (old < 0) return;
    int saved = errno;
    ::close(old);
    errno = saved;
  }

 private:
  int fd_ = -1;
};

/// A close-on-exec duplicate of `fd`.
inline Result<UniqueFd> duplicate(int fd) {
  int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return system_error("cannot duplicate a descriptor", errno);
  return UniqueFd(copy);
}

}  // namespace vgpu::support
