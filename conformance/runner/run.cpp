#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>

#include "runner/options.hpp"
#include "runner/private_host.hpp"
#include "runner/results.hpp"
#include "runner/schedule.hpp"

namespace vgpu::conformance {

namespace {

namespace fs = std::filesystem;

constexpr int cannot_run = 2;

int fail(const std::string& reason) {
  fmt::print(stderr, "vgpu-conformance: {}\n", reason);
  return cannot_run;
}

void print_list(const std::vector<TestCase>& tests) {
  for (const TestCase& test : tests) fmt::print("{:<20} {}\n", test.object, test.id());
}

void print_summary(const Run& run) {
  for (const Outcome& outcome : run.outcomes) {
    if (outcome.result == Result::failed) fmt::print(stderr, "failed: {}\n", outcome.test.id());
  }
  fmt::print(stderr, "{} tests in {:.1f} s on {}{}: {} passed, {} failed, {} skipped\n",
             run.outcomes.size(), run.seconds, run.driver,
             run.host.empty() ? "" : " over " + run.host, run.count(Result::passed),
             run.count(Result::failed), run.count(Result::skipped));
  fmt::print(stderr, "{}\n", claim_of(run).text);
}

}  // namespace

int run_suite(const RunOptions& options) {
  const std::vector<TestCase> tests = list_tests(options.filter);
  if (options.list) {
    print_list(tests);
    return 0;
  }
  if (tests.empty()) return fail("no test matches " + options.filter);

  Run run;
  run.driver = options.driver;
  run.host = options.host;
  run.backend = options.backend;
  run.filter = options.filter;
  run.date = now_utc();
  run.seed = options.seed != 0 ? options.seed : std::random_device()() + 1ULL;

  std::optional<PrivateHost> host;
  if (options.driver.empty()) {
    const auto parts = find_parts(options.prefix);
    if (!parts) return fail(parts.message());
    run.driver = parts->guest;
    if (run.host.empty()) {
      if (run.backend.empty()) run.backend = parts->software_device;
      auto started = PrivateHost::start(parts->host, options.transport, run.backend);
      if (!started) return fail(started.message());
      host.emplace(std::move(*started));
      run.host = host->url();
    }
  }
  if (!run.host.empty()) ::setenv("VGPU_HOST", run.host.c_str(), 1);

  Schedule schedule({{"--driver", run.driver}, options.jobs, options.timeout_seconds, run.seed});
  const auto device = schedule.describe();
  if (!device) return fail(device.message());
  run.device = *device;
  if (run.device.contains("error")) {
    fmt::print(stderr, "vgpu-conformance: {} has no usable device: {}\n", run.driver,
               run.device["error"].get<std::string>());
  }

  const auto start = std::chrono::steady_clock::now();
  run.outcomes = schedule.run(tests);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  print_summary(run);
  if (!options.report.empty()) {
    const std::string failure = write_reports(run, options.report);
    if (!failure.empty()) return fail(failure);
    fmt::print(stderr, "report: {}\n", (fs::path(options.report) / "report.html").string());
  }
  return run.count(Result::failed) == 0 ? 0 : 1;
}

}  // namespace vgpu::conformance
