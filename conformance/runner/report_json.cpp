#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "runner/results.hpp"

namespace vgpu::conformance {

namespace {

using nlohmann::ordered_json;

ordered_json to_json(const Outcome& outcome) {
  ordered_json test{{"name", outcome.test.id()},
                    {"result", result_name(outcome.result)},
                    {"seconds", outcome.seconds},
                    {"place", fmt::format("{}:{}", outcome.test.file, outcome.test.line)}};
  if (!outcome.reason.empty()) test["reason"] = outcome.reason;
  if (!outcome.messages.empty()) test["messages"] = outcome.messages;
  return test;
}

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
};

std::map<std::string, Tally> tally_by_symbol(const Run& run) {
  std::map<std::string, Tally> tallies;
  for (const Outcome& outcome : run.outcomes) {
    Tally& tally = tallies[outcome.test.symbol];
    ++(outcome.result == Result::passed   ? tally.passed
       : outcome.result == Result::failed ? tally.failed
                                          : tally.skipped);
  }
  return tallies;
}

}  // namespace

const char* result_name(Result result) noexcept {
  switch (result) {
    case Result::passed:
      return "passed";
    case Result::skipped:
      return "skipped";
    case Result::failed:
      break;
  }
  return "failed";
}

std::size_t Run::count(Result result) const {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [&](const Outcome& outcome) { return outcome.result == result; }));
}

namespace {

/// Of a run over the wire: tests take the place of functions.
Claim wire_claim_of(const Run& run) {
  Claim claim;
  claim.functions = run.outcomes.size();
  claim.passed = run.count(Result::passed);
  claim.tested = claim.passed + run.count(Result::failed);
  claim.text = fmt::format(
      "The {} at {} keeps to the protocol in {} of {} tests (version {}). Skipped, since it does "
      "not claim what they are about: {}.",
      run.suite == Suite::wire_host ? "host" : "guest", run.driver, claim.passed, claim.tested,
      VGPU_VERSION, run.count(Result::skipped));
  return claim;
}

/// A whole, faultless run is needed for a claim.
Claim judged(Claim claim, const Run& run) {
  if (!run.filter.empty()) {
    claim.text = "No claim: this run was limited to " + run.filter + ". " + claim.text;
  } else if (run.count(Result::failed) > 0) {
    claim.text = "No claim: tests failed. " + claim.text;
  }
  return claim;
}

}  // namespace

Claim claim_of(const Run& run) {
  if (run.suite != Suite::driver) return judged(wire_claim_of(run), run);
  Claim claim;
  const auto tallies = tally_by_symbol(run);
  for (const Function& function : list_functions()) {
    if (!function.waiver.empty()) continue;
    ++claim.functions;
    const auto tally = tallies.find(function.symbol);
    if (tally == tallies.end() || tally->second.passed + tally->second.failed == 0) continue;
    ++claim.tested;
    if (tally->second.failed == 0) ++claim.passed;
  }
  claim.text = fmt::format(
      "{} of {} tested functions behave as this suite (version {}) says; "
      "the schema has {} functions.",
      claim.passed, claim.tested, VGPU_VERSION, claim.functions);
  return judged(claim, run);
}

ordered_json to_json(const Run& run) {
  const Claim claim = claim_of(run);
  ordered_json report{
      {"suite",
       {{"name", run.suite == Suite::driver ? "vgpu-conformance" : "vgpu-conformance wire"},
        {"version", VGPU_VERSION}}},
      {"date", run.date},
      {"target",
       run.suite == Suite::driver
           ? ordered_json{{"driver", run.driver}, {"host", run.host}, {"backend", run.backend}}
           : ordered_json{{run.suite == Suite::wire_host ? "wire_host" : "wire_guest",
                           run.driver}}},
      {"device", run.device},
      {"filter", run.filter},
      {"seed", run.seed},
      {"claim",
       {{"text", claim.text},
        {"passed", claim.passed},
        {"tested", claim.tested},
        {"functions", claim.functions}}},
      {"totals",
       {{"executed", run.outcomes.size() - run.count(Result::skipped)},
        {"passed", run.count(Result::passed)},
        {"failed", run.count(Result::failed)},
        {"skipped", run.count(Result::skipped)},
        {"seconds", run.seconds}}}};

  // Object -> function -> tests; a scenario stands where a function does.
  std::map<std::string, std::map<std::string, ordered_json>> objects;
  const bool of_driver = run.suite == Suite::driver;
  for (const Function& function : of_driver ? list_functions() : std::vector<Function>()) {
    ordered_json entry{
        {"symbol", function.symbol}, {"served", function.served}, {"tests", ordered_json::array()}};
    if (!function.waiver.empty()) entry["waiver"] = function.waiver;
    objects[function.object][function.symbol] = std::move(entry);
  }
  for (const Outcome& outcome : run.outcomes) {
    const TestCase& test = outcome.test;
    const std::string& name = test.symbol.empty() ? test.suite : test.symbol;
    ordered_json& entry = objects[test.object][name];
    if (entry.is_null()) entry = {{"symbol", name}, {"tests", ordered_json::array()}};
    entry["tests"].push_back(to_json(outcome));
  }
  report["objects"] = ordered_json::array();
  for (auto& [name, functions] : objects) {
    ordered_json object{{"name", name}, {"functions", ordered_json::array()}};
    for (auto& [symbol, function] : functions) object["functions"].push_back(std::move(function));
    report["objects"].push_back(std::move(object));
  }
  return report;
}

}  // namespace vgpu::conformance
