#pragma once

/// \file
/// The processes in which tests run. Only they open the library under test.

#include <cstdint>
#include <string>

namespace vgpu::conformance {

/// What a test process is told on its command line.
struct ChildOptions {
  std::string driver;
  std::string filter;  ///< exact test ids, separated by ':'
  int report_fd = -1;  ///< one JSON object a line: start, end, spoilt, outside, fatal, device
  std::uint64_t seed = 1;
  bool describe = false;  ///< instead of tests: report what the driver says of itself
};

/// Runs the tests, returns the exit code: 0 all passed, 1 some failed, 3 nothing could be run.
int run_child(const ChildOptions& options);

}  // namespace vgpu::conformance
