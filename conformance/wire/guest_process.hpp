#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "vgpu/support/unique_fd.hpp"

namespace vgpu::conformance::wire {

/// Where guests that are started from now on find their host; for a listener that got a port.
void set_guest_url(std::string url);

/// The guest under test: the target's program with VGPU_HOST set to the server's URL. With a target
/// that has no program, a guest that somebody starts by hand; nothing is known of it then.
class GuestProcess {
 public:
  /// Throws std::runtime_error when it cannot be started.
  GuestProcess();
  GuestProcess(const GuestProcess&) = delete;
  GuestProcess& operator=(const GuestProcess&) = delete;
  /// Kills it.
  ~GuestProcess();

  /// Waits for its end. Says how it failed: a signal, or no end in time; nothing when it ended by
  /// itself, with any exit code.
  std::string wait(std::chrono::milliseconds timeout);

  /// What it printed, after wait().
  [[nodiscard]] const std::string& output() const noexcept { return output_; }
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }
  /// Whether it printed the line.
  [[nodiscard]] bool said(const std::string& line) const;

 private:
  pid_t process_ = -1;
  support::UniqueFd printed_;
  std::string output_;
  int exit_code_ = -1;
};

}  // namespace vgpu::conformance::wire
