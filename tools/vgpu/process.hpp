#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::tool {

/// The environment of a process to be started: this process's own, with changes.
class Environment {
 public:
  Environment();

  void set(std::string_view name, std::string_view value);
  void unset(std::string_view name);
  /// Empty when it is not set.
  [[nodiscard]] std::string get(std::string_view name) const;
  /// Puts `folder` first in a colon-separated list, which need not exist yet.
  void prepend_path(std::string_view name, std::string_view folder);

  /// For execve. The pointers live until the next change.
  [[nodiscard]] std::vector<char*> pointers();

 private:
  std::vector<std::string> entries_;
};

/// How a process ended.
struct Ending {
  int exit_status = -1;    ///< -1 when a signal ended it
  int signal = 0;          ///< the signal that ended it, or 0
  bool timed_out = false;  ///< we ended it ourselves

  [[nodiscard]] bool success() const { return exit_status == 0 && !timed_out; }
  /// "ended with exit status 3", "was ended by signal 11 (Segmentation fault)".
  [[nodiscard]] std::string in_words() const;
};

struct Captured {
  Ending ending;
  std::string report;  ///< what the child wrote to the descriptor named in Command::report_option
  std::string errors;  ///< its standard error
};

/// Runs a program with standard input and output at /dev/null and captures what it reports.
/// \param report_option  when not empty, `report_option N` is appended to the arguments, where N is
///                       a descriptor whose data becomes Captured::report
support::Result<Captured> run_captured(std::vector<std::string> arguments, Environment environment,
                                       std::string_view report_option,
                                       std::chrono::milliseconds timeout);

/// Runs a program in the foreground on our standard streams and waits for it. Signals from the
/// terminal are left to the program.
support::Result<Ending> run_foreground(const std::vector<std::string>& arguments,
                                       Environment environment);

/// The executable that `name` stands for as execvp would find it.
support::Result<std::filesystem::path> find_program(const std::string& name,
                                                    const Environment& environment);

/// pidfd_open(2).
support::Result<support::UniqueFd> open_process(pid_t process);

/// Argument pointers for execve. They live as long as `arguments`.
std::vector<char*> argument_pointers(const std::vector<std::string>& arguments);

}  // namespace vgpu::tool
