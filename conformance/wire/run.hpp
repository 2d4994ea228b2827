#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vgpu::conformance::wire {

/// What the command line says about a run of the wire suite.
struct Options {
  std::string connect;  ///< the host's URL
  std::string
      listen;  ///< where to be a host for a guest: a URL, or a transport for a place of its own
  std::string token;                 ///< what the host wants; empty = VGPU_TOKEN, if that is set
  std::string prefix;                ///< installation of vgpu; empty = this program's
  std::string transport;             ///< with neither URL: of a private vgpu-host
  std::string backend;               ///< what it executes on; empty = the software device
  std::vector<std::string> program;  ///< the guest to start; empty = ours
  bool wait = false;                 ///< start no guest: each test waits for one
  std::string filter;
  std::string report;
  unsigned jobs = 2;
  unsigned timeout_seconds = 120;
  unsigned patience_milliseconds = 10'000;  ///< for any one step of the peer
  std::uint64_t seed = 0;                   ///< 0 = a fresh one
  bool list = false;
};

/// Runs the suite (or lists it). Returns the exit code: 0 no test failed, 1 some did, 2 nothing
/// could be run.
int run(const Options& options);

}  // namespace vgpu::conformance::wire
