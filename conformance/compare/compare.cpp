#include "compare/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <vector>

#include "runner/catalogue.hpp"

namespace vgpu::conformance {

namespace {

using nlohmann::ordered_json;

constexpr int cannot_compare = 2;

struct Entry {
  std::string result;
  std::string reason;
};

using Entries = std::map<std::string, Entry>;

ordered_json read(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  ordered_json value = ordered_json::parse(file, nullptr, false);
  if (!value.is_object()) throw std::runtime_error(path + " holds no JSON object");
  return value;
}

Entries entries(const ordered_json& report, const std::string& path) {
  Entries found;
  try {
    for (const auto& object : report.at("objects")) {
      for (const auto& function : object.at("functions")) {
        for (const auto& test : function.at("tests")) {
          found[test.at("name")] = {test.at("result"), test.value("reason", "")};
        }
      }
    }
  } catch (const nlohmann::json::exception& failed) {
    throw std::runtime_error(path + " is no report of vgpu-conformance: " + failed.what());
  }
  return found;
}

std::string describe(const Entries& entries, const std::string& id) {
  const auto entry = entries.find(id);
  if (entry == entries.end()) return "not executed";
  const Entry& found = entry->second;
  return found.reason.empty() ? found.result : found.result + " (" + found.reason + ")";
}

std::string target(const ordered_json& report) {
  const std::string host = report.at("target").value("host", "");
  return report.at("target").value("driver", "?") + (host.empty() ? "" : " over " + host);
}

/// What two runs of the same suite on the same device have in common, by the name of the fact.
std::map<std::string, std::string> facts(const ordered_json& report) {
  std::map<std::string, std::string> found;
  found["suite.version"] = report.at("suite").value("version", "?");
  found["filter"] = report.value("filter", "");
  const ordered_json device = report.value("device", ordered_json::object());
  for (const auto& [name, value] : device.items()) {
    found["device." + name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return found;
}

/// Why the two may differ in this test; empty = no reason is known.
std::string reason_for(const std::string& id, const Entries& first, const Entries& second,
                       const ordered_json& reasons) {
  for (const auto& [pattern, reason] : reasons.items()) {
    if (matches(pattern, id)) return reason.get<std::string>();
  }
  // A skip explains itself, but no failure of the other run.
  std::string skipped;
  for (const Entries* side : {&first, &second}) {
    const auto entry = side->find(id);
    if (entry == side->end()) continue;
    if (entry->second.result == "failed") return {};
    if (entry->second.result == "skipped" && skipped.empty()) skipped = entry->second.reason;
  }
  return skipped;
}

int compare(const CompareOptions& options) {
  const ordered_json first_report = read(options.first);
  const ordered_json second_report = read(options.second);
  const Entries first = entries(first_report, options.first);
  const Entries second = entries(second_report, options.second);
  const ordered_json reasons =
      options.reasons.empty() ? ordered_json::object() : read(options.reasons);

  std::vector<std::string> differing;
  std::size_t unexplained = 0;
  const auto print = [&](const std::string& id, const std::string& one, const std::string& other,
                         const std::string& reason) {
    differing.push_back(id);
    if (reason.empty()) ++unexplained;
    fmt::print("{}\n  first:  {}\n  second: {}\n  reason: {}\n", id, one, other,
               reason.empty() ? "NONE" : reason);
  };
  auto first_facts = facts(first_report);
  auto second_facts = facts(second_report);
  std::set<std::string> names;
  for (const auto& [name, value] : first_facts) names.insert(name);
  for (const auto& [name, value] : second_facts) names.insert(name);
  for (const std::string& name : names) {
    if (first_facts[name] == second_facts[name]) continue;
    print(name, first_facts[name], second_facts[name], reason_for(name, {}, {}, reasons));
  }

  std::set<std::string> ids;
  for (const auto& [id, entry] : first) ids.insert(id);
  for (const auto& [id, entry] : second) ids.insert(id);
  for (const std::string& id : ids) {
    const std::string one = describe(first, id);
    const std::string other = describe(second, id);
    if (one != other) print(id, one, other, reason_for(id, first, second, reasons));
  }
  for (const auto& reason : reasons.items()) {
    const std::string& pattern = reason.key();
    if (std::none_of(differing.begin(), differing.end(),
                     [&](const std::string& id) { return matches(pattern, id); })) {
      fmt::print("unused reason: {}\n", pattern);
    }
  }
  fmt::print("first:  {} tests, {}\nsecond: {} tests, {}\n", first.size(), target(first_report),
             second.size(), target(second_report));
  fmt::print("{} difference(s), {} without a reason\n", differing.size(), unexplained);
  return unexplained == 0 ? 0 : 1;
}

}  // namespace

int compare_reports(const CompareOptions& options) {
  try {
    return compare(options);
  } catch (const std::exception& failed) {
    fmt::print(stderr, "vgpu-conformance compare: {}\n", failed.what());
    return cannot_compare;
  }
}

}  // namespace vgpu::conformance
