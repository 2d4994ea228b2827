#pragma once

/// \file
/// The processes in which tests run. Only they open the library under test.

#include <cstdint>
#include <string>
#include <vector>

namespace vgpu::conformance {

/// What a test process is told on its command line.
struct ChildOptions {
  std::string driver;                     ///< empty = the tests are about a wire's other end
  std::string wire_connect;               ///< URL of the host that wire tests connect to
  std::string wire_listen;                ///< URL at which wire tests listen for a guest
  std::vector<std::string> wire_program;  ///< the guest that wire tests start
  unsigned wire_patience = 10'000;        ///< milliseconds for any one step of the peer
  bool wire_own_program = false;          ///< it is ours: what it prints is known
  std::string filter;                     ///< exact test ids, separated by ':'
  int report_fd = -1;  ///< one JSON object a line: start, end, spoilt, outside, fatal, device
  std::uint64_t seed = 1;
  bool describe = false;  ///< instead of tests: report what the driver says of itself
};

/// Runs the tests, returns the exit code: 0 all passed, 1 some failed, 3 nothing could be run.
int run_child(const ChildOptions& options);

}  // namespace vgpu::conformance
