#pragma once

#include <cstdint>
#include <string>

namespace vgpu::conformance {

/// What the command line says about a run of the suite.
struct RunOptions {
  std::string driver;   ///< library under test; empty = our guest on a host
  std::string prefix;   ///< installation with guest, host, software device; empty = this program's
  std::string host;     ///< URL of a host for the guest; empty = a private one
  std::string backend;  ///< the private host's backend library; empty = the software device
  std::string transport = "shm";  ///< the private host's: shm, unix, tcp
  std::string filter;
  std::string report;  ///< folder for the reports; empty = none
  unsigned jobs = 2;
  unsigned timeout_seconds = 60;
  std::uint64_t seed = 0;  ///< 0 = a fresh one
  bool list = false;
};

/// Runs the suite (or lists it). Returns the exit code of the program: 0 no test failed, 1 some
/// did, 2 nothing could be run.
int run_suite(const RunOptions& options);

}  // namespace vgpu::conformance
