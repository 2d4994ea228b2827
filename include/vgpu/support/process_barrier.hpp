#pragma once

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace vgpu::support {

namespace detail {
inline bool membarrier(int command) noexcept {
  return ::syscall(SYS_membarrier, command, 0, 0) == 0;
}
}  // namespace detail

/// Whether process_barrier() works here: Linux 4.16 or newer, and no seccomp filter against it.
inline bool process_barrier_works() noexcept {
  static const bool works = detail::membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
  return works;
}

/// Has process_barrier() of any process act on this one's threads. False where it cannot. The first
/// call of a process that has several threads takes the kernel a few milliseconds.
inline bool obey_process_barriers() noexcept {
  static const bool obeys = detail::membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
  return obeys;
}

/// A full memory barrier on every thread of every process that obeys: what such a thread did before
/// it, in program order, is visible to the caller afterwards, and what it does after it sees what
/// the caller did before. Spares those threads a fence of their own (membarrier(2)). A few
/// microseconds.
inline void process_barrier() noexcept {
  detail::membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

}  // namespace vgpu::support
