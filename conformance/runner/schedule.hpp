#pragma once

/// \file
/// Runs tests in processes of their own, several at a time.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runner/results.hpp"
#include "vgpu/support/result.hpp"

namespace vgpu::conformance {

struct ScheduleOptions {
  std::vector<std::string> target;  ///< what test processes are told of it: "--driver", path
  unsigned jobs = 2;
  unsigned timeout_seconds = 60;
  std::uint64_t seed = 1;
  std::vector<std::string> environment = {};  ///< "NAME=value", for the test processes
  bool quiet = false;                         ///< print nothing
};

class Schedule {
 public:
  explicit Schedule(ScheduleOptions options) : options_(std::move(options)) {}

  /// What the driver says of itself, or why it cannot be opened.
  support::Result<nlohmann::ordered_json> describe() const;

  /// Runs all tests: a process per suite, one per test in suites named `..._fresh`. A process that
  /// dies or gives no result in time fails the test it was in; the rest of its suite goes on in a
  /// new one. Progress and failures are printed on stderr. Outcomes are in the order of `tests`.
  std::vector<Outcome> run(const std::vector<TestCase>& tests) const;

  /// Runs tests until one fails and returns that; nullopt = none did.
  std::optional<Outcome> first_failure(const std::vector<TestCase>& tests) const;

 private:
  ScheduleOptions options_;
};

}  // namespace vgpu::conformance
