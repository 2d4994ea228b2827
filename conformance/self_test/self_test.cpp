#include "self_test/self_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "runner/catalogue.hpp"
#include "runner/private_host.hpp"
#include "runner/schedule.hpp"
#include "self_test/mutant_list.hpp"

namespace vgpu::conformance {

namespace fs = std::filesystem;

namespace {

constexpr int cannot_run = 2;

int fail(const std::string& reason) {
  fmt::print(stderr, "vgpu-conformance self-test: {}\n", reason);
  return cannot_run;
}

bool is_wanted(std::string_view patterns, const std::string& name) {
  if (patterns.empty()) return true;
  while (!patterns.empty()) {
    const std::string_view pattern = patterns.substr(0, patterns.find(':'));
    if (matches(pattern, name)) return true;
    patterns.remove_prefix(std::min(patterns.size(), pattern.size() + 1));
  }
  return false;
}

/// Runs mutants over one driver.
class SelfTest {
 public:
  /// \param environment  of the test processes: the driver behind the wrapper and its host
  SelfTest(const SelfTestOptions& options, std::string wrapper,
           std::vector<std::string> environment, std::vector<MutantEntry> mutants)
      : options_(options),
        wrapper_(std::move(wrapper)),
        environment_(std::move(environment)),
        mutants_(std::move(mutants)) {}

  /// The suites that have to notice, without a mutant.
  void run_control() {
    std::set<std::string> named;
    for (const MutantEntry& mutant : mutants_) {
      for (const TestCase& test : tests_of(mutant)) named.insert(test.id());
    }
    std::vector<TestCase> tests = list_tests({});
    std::erase_if(tests, [&](const TestCase& test) { return named.count(test.id()) == 0; });
    fmt::print("without a mutant: {} tests on {}\n", tests.size(),
               environment_.front().substr(environment_.front().find('=') + 1));
    std::fflush(stdout);
    for (const Outcome& outcome : schedule({}, options_.jobs).run(tests)) {
      if (outcome.result == Result::passed) sound_.insert(outcome.test.id());
      if (outcome.result == Result::failed) ++unsound_;
    }
  }

  void run_mutants() {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < std::max(1U, options_.jobs); ++i) {
      workers.emplace_back([&] {
        for (std::size_t at = next++; at < mutants_.size(); at = next++) run_one(mutants_[at]);
      });
    }
    for (std::thread& worker : workers) worker.join();
  }

  [[nodiscard]] std::size_t killed() const noexcept { return killed_; }
  /// Tests that fail without a mutant.
  [[nodiscard]] std::size_t unsound() const noexcept { return unsound_; }

 private:
  std::vector<TestCase> tests_of(const MutantEntry& mutant) const {
    return list_tests(options_.full ? "" : mutant.suites);
  }

  Schedule schedule(const std::string& mutant, unsigned jobs) const {
    std::vector<std::string> environment = environment_;
    environment.push_back("VGPU_MUTANT=" + mutant);
    return Schedule({{"--driver", wrapper_},
                     jobs,
                     options_.timeout_seconds,
                     options_.seed,
                     std::move(environment),
                     !mutant.empty()});
  }

  void run_one(const MutantEntry& mutant) {
    std::vector<TestCase> tests = tests_of(mutant);
    std::erase_if(tests, [&](const TestCase& test) { return sound_.count(test.id()) == 0; });
    const auto start = std::chrono::steady_clock::now();
    const std::optional<Outcome> killer = schedule(mutant.name, 1).first_failure(tests);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const std::lock_guard lock(printing_);
    if (killer) {
      ++killed_;
      fmt::print("killed    {:<58} by {} ({:.1f} s)\n", mutant.name, killer->test.id(),
                 seconds.count());
    } else {
      fmt::print("SURVIVED  {}\n          {}; {} tests of {} did not notice\n", mutant.name,
                 mutant.breaks, tests.size(), options_.full ? "the suite" : mutant.suites);
    }
    std::fflush(stdout);
  }

  const SelfTestOptions& options_;
  std::string wrapper_;
  std::vector<std::string> environment_;
  std::vector<MutantEntry> mutants_;
  std::set<std::string> sound_;  ///< tests that pass without a mutant
  std::mutex printing_;
  std::size_t killed_ = 0;
  std::size_t unsound_ = 0;
};

int run(const SelfTestOptions& options, const fs::path& wrapper,
        const std::vector<MutantEntry>& mutants) {
  std::vector<MutantEntry> direct;
  std::vector<MutantEntry> behind_guest;
  for (const MutantEntry& mutant : mutants) {
    (mutant.behind_guest && options.driver.empty() ? behind_guest : direct).push_back(mutant);
  }
  std::vector<std::unique_ptr<SelfTest>> parts;
  std::optional<PrivateHost> host;
  const auto add = [&](std::vector<std::string> environment, std::vector<MutantEntry> of) {
    if (of.empty()) return;
    parts.push_back(std::make_unique<SelfTest>(options, wrapper.string(), std::move(environment),
                                               std::move(of)));
  };
  const std::string variable = "VGPU_MUTANT_DRIVER=";
  if (!options.driver.empty()) {
    // Programs that tests start may have another working directory.
    add({variable + fs::absolute(options.driver).string()}, direct);
  } else {
    const auto installed = find_parts(options.prefix);
    if (!installed) return fail(installed.message());
    add({variable + installed->software_device.string()}, direct);
    if (!behind_guest.empty()) {
      auto started = PrivateHost::start(installed->host, "shm", installed->software_device);
      if (!started) return fail(started.message());
      host.emplace(std::move(*started));
      add({variable + installed->guest.string(), "VGPU_HOST=" + host->url()}, behind_guest);
    }
  }

  const auto start = std::chrono::steady_clock::now();
  std::size_t killed = 0;
  std::size_t unsound = 0;
  for (const auto& part : parts) {
    part->run_control();
    part->run_mutants();
    killed += part->killed();
    unsound += part->unsound();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (unsound > 0) {
    fmt::print("{} tests fail on the driver without a mutant, so they kill none.\n", unsound);
  }
  fmt::print("killed {} of {} in {:.0f} s (--seed {})\n", killed, mutants.size(), seconds.count(),
             options.seed);
  return killed == mutants.size() && unsound == 0 ? 0 : 1;
}

}  // namespace

int self_test(const SelfTestOptions& options) {
  const auto library = find_mutant_library();
  if (!library) return fail(library.message());
  auto mutants = list_mutants(*library);
  if (!mutants) return fail(mutants.message());
  if (options.symbols) *mutants = list_symbol_mutants();
  std::erase_if(*mutants, [&](const MutantEntry& mutant) {
    return !is_wanted(options.mutants, mutant.name);
  });
  if (mutants->empty()) return fail("no mutant matches " + options.mutants);
  if (options.list) {
    for (const MutantEntry& mutant : *mutants) {
      fmt::print("{}\n    {}\n    noticed by {}\n", mutant.name, mutant.breaks, mutant.suites);
    }
    fmt::print("{} mutants\n", mutants->size());
    return 0;
  }

  SelfTestOptions complete = options;
  if (complete.seed == 0) complete.seed = std::random_device()() + 1ULL;
  return run(complete, *library, *mutants);
}

}  // namespace vgpu::conformance
