#pragma once

/// \file
/// What a backend prints into its worker's stdout and stderr, kept for the guest.
///
/// Both streams of a worker are files in memory. Their first pages behind what was taken are
/// mapped, so that new text is seen by loading one byte: nobody pays a system call to learn that
/// there is none.

#include <fcntl.h>
#include <stdio_ext.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

#include "vgpu/host/output_source.hpp"
#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::host {

/// One stream: a file in memory that writers reach through a descriptor (1 or 2), whose position is
/// where the next text goes. Text that was taken is punched out of the file, so that it holds only
/// what nobody has seen.
class CapturedStream {
 public:
  /// A file that can be such a stream, for whoever sets up the descriptor. Its number is above
  /// those that a worker gives a meaning.
  static support::Result<support::UniqueFd> make_file(const char* name) {
    const support::UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
    if (!file) return support::system_error("no memory for a worker's output", errno);
    constexpr int above_fixed = 16;
    support::UniqueFd high(::fcntl(file.get(), F_DUPFD_CLOEXEC, above_fixed));
    if (!high) return support::system_error("no descriptor for a worker's output", errno);
    return high;
  }

  /// `descriptor` is the stream's, at its beginning, and stays open.
  support::Result<void> open(int descriptor) {
    auto mapping = support::Mapping::map(descriptor, mapped_bytes, PROT_READ);
    if (!mapping) return mapping.error();
    descriptor_ = descriptor;
    if (!make_readable(0)) return support::system_error("a worker's output has no room", errno);
    mapping_ = std::move(*mapping);
    return {};
  }

  /// Text begins with something else than NUL; one that does not is seen with what follows it.
  bool waiting() const noexcept {
    if (!mapping_) return false;
    std::size_t taken = taken_.load(std::memory_order_acquire);
    for (;;) {
      const auto* byte = reinterpret_cast<const volatile char*>(mapping_.data()) + taken;
      if (*byte != '\0') return true;
      // Text that is being taken reads as zeros, and there may be more behind it.
      const std::size_t again = taken_.load(std::memory_order_seq_cst);
      if (again == taken) return false;
      taken = again;
    }
  }

  /// Appends up to `most` bytes to `text`. True when there are more.
  bool take(std::string& text, std::size_t most) {
    if (!mapping_) return false;
    std::size_t begin = taken_.load(std::memory_order_relaxed);
    const off_t position = ::lseek(descriptor_, 0, SEEK_CUR);
    if (position < 0 || static_cast<std::size_t>(position) <= begin) return false;
    auto end = std::min(static_cast<std::size_t>(position), mapped_bytes - slack);
    // A guest that never asks for its text must not fill the machine's memory with it.
    if (end - begin > kept_bytes) {
      forget(begin, end - kept_bytes);
      begin = end - kept_bytes;
    }
    const bool more = end - begin > most;
    if (more) end = begin + most;
    const std::size_t before = text.size();
    text.resize(before + (end - begin));
    std::size_t got = 0;
    while (got < end - begin) {
      const ssize_t bytes = ::pread(descriptor_, text.data() + before + got, end - begin - got,
                                    static_cast<off_t>(begin + got));
      if (bytes < 0 && errno == EINTR) continue;
      if (bytes <= 0) break;
      got += static_cast<std::size_t>(bytes);
    }
    text.resize(before + got);
    if (got == 0 || !make_readable(begin + got)) return false;
    taken_.store(begin + got, std::memory_order_seq_cst);
    forget(begin, begin + got);
    return more;
  }

  /// Drops what is beyond what is kept for a guest that does not take it.
  void bound() {
    if (!mapping_) return;
    const std::size_t taken = taken_.load(std::memory_order_relaxed);
    const off_t position = ::lseek(descriptor_, 0, SEEK_CUR);
    if (position < 0 || static_cast<std::size_t>(position) - taken <= 2 * kept_bytes) return;
    const std::size_t begin =
        std::min(static_cast<std::size_t>(position), mapped_bytes - slack) - kept_bytes;
    if (begin <= taken || !make_readable(begin)) return;
    taken_.store(begin, std::memory_order_seq_cst);
    forget(taken, begin);
  }

 private:
  /// Address space only; what a session prints beyond it is lost.
  static constexpr std::size_t mapped_bytes = std::size_t{1} << 36;
  static constexpr std::size_t kept_bytes = std::size_t{64} << 20;
  /// The file is always this much longer than what was taken, or reading there would be a SIGBUS.
  static constexpr std::size_t slack = std::size_t{64} << 10;

  /// Never makes the file shorter, whoever writes at the same time.
  bool make_readable(std::size_t place) const noexcept {
    return ::fallocate(descriptor_, 0, static_cast<off_t>(place + slack - 1), 1) == 0;
  }
  /// All before `begin` was taken; only whole pages go.
  void forget(std::size_t begin, std::size_t end) const noexcept {
    constexpr std::size_t page = 4096;
    begin = begin / page * page;
    static_cast<void>(::fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                  static_cast<off_t>(begin), static_cast<off_t>(end - begin)));
  }

  int descriptor_ = -1;
  support::Mapping mapping_;
  std::atomic<std::size_t> taken_{0};
};

/// A worker's stdout and stderr.
class CapturedOutput final : public OutputSource {
 public:
  /// The descriptors 1 and 2 are files that `CapturedStream::make_file` made.
  support::Result<void> open() {
    if (auto opened = output_.open(STDOUT_FILENO); !opened) return opened;
    return error_.open(STDERR_FILENO);
  }

  bool waiting() noexcept override {
    return output_.waiting() || error_.waiting() || ::__fpending(stdout) != 0;
  }

  KernelOutput take(std::size_t most) override {
    const std::lock_guard lock(mutex_);
    std::fflush(stdout);
    KernelOutput taken;
    const bool more_output = output_.take(taken.standard_output, most);
    const bool more_error = error_.take(taken.standard_error, most);
    taken.more = more_output || more_error;
    return taken;
  }

  /// For a guest that launches kernels and never waits.
  void bound() {
    const std::lock_guard lock(mutex_);
    output_.bound();
    error_.bound();
  }

 private:
  std::mutex mutex_;
  CapturedStream output_;
  CapturedStream error_;
};

}  // namespace vgpu::host
