#pragma once

/// \file
/// Text that the guest's kernels write, on its way to the guest.

#include <cstddef>
#include <string>

namespace vgpu::host {

/// What kernels wrote since it was taken last.
struct KernelOutput {
  std::string standard_output;
  std::string standard_error;
  bool more = false;  ///< not all of it fitted
};

/// Where an executor keeps what the backend prints for the program: a driver writes the text of
/// device-side printf to its process's stdout at the points where CUDA documents it, and a failed
/// assertion to stderr. Thread-safe.
class OutputSource {
 public:
  virtual ~OutputSource() = default;
  /// Whether there is text to take. Asked after every call that a guest waits for, so it costs no
  /// system call while there is none.
  virtual bool waiting() noexcept = 0;
  /// Takes up to `most` bytes of each kind, oldest first. Throws std::bad_alloc.
  virtual KernelOutput take(std::size_t most) = 0;
};

}  // namespace vgpu::host
