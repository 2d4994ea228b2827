#pragma once

/// \file
/// One child process with tests in it.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::conformance {

/// A process that runs this program's hidden subcommand `child`. It is killed, with all that it
/// started, when this object ends.
class TestProcess {
 public:
  using Clock = std::chrono::steady_clock;

  /// \param arguments    behind "child --report-fd N"
  /// \param environment  "NAME=value", in place of this process's variables of these names
  static support::Result<TestProcess> start(const std::vector<std::string>& arguments,
                                            const std::vector<std::string>& environment = {});
  TestProcess(TestProcess&& other) noexcept;
  TestProcess& operator=(TestProcess&& other) noexcept;
  ~TestProcess();

  /// To be watched for input: report lines, what the process prints, and its end.
  [[nodiscard]] int report_fd() const noexcept { return report_.get(); }
  [[nodiscard]] int output_fd() const noexcept { return output_.get(); }
  [[nodiscard]] int exit_fd() const noexcept { return exit_.get(); }

  /// Takes what there is to read, without waiting. Returns whole report lines.
  std::vector<std::string> read_lines();

  /// The last part of what the process printed.
  [[nodiscard]] const std::string& output() const noexcept { return printed_; }

  /// After exit_fd() became readable, or kill(): how it ended, in words; empty = exit code 0 or 1.
  std::string wait();
  void kill() noexcept;

  /// When it was started or last reported something.
  Clock::time_point last_sign = Clock::now();

 private:
  TestProcess() = default;

  pid_t process_ = -1;
  support::UniqueFd report_;
  support::UniqueFd output_;
  support::UniqueFd exit_;
  std::string pending_;
  std::string printed_;
};

}  // namespace vgpu::conformance
