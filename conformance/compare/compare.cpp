#include "compare/compare.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

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

/// Why the two may differ in this test; empty = no reason is known.
std::string reason_for(const std::string& id, const Entries& first, const Entries& second,
                       const ordered_json& reasons) {
  for (const auto& [pattern, reason] : reasons.items()) {
    if (matches(pattern, id)) return reason.get<std::string>();
  }
  for (const Entries* side : {&first, &second}) {
    const auto entry = side->find(id);
    if (entry != side->end() && entry->second.result == "skipped") return entry->second.reason;
  }
  return {};
}

int compare(const CompareOptions& options) {
  const ordered_json first_report = read(options.first);
  const ordered_json second_report = read(options.second);
  const Entries first = entries(first_report, options.first);
  const Entries second = entries(second_report, options.second);
  const ordered_json reasons =
      options.reasons.empty() ? ordered_json::object() : read(options.reasons);

  std::set<std::string> ids;
  for (const auto& [id, entry] : first) ids.insert(id);
  for (const auto& [id, entry] : second) ids.insert(id);
  std::size_t differences = 0;
  std::size_t unexplained = 0;
  for (const std::string& id : ids) {
    const auto a = first.find(id);
    const auto b = second.find(id);
    if (a != first.end() && b != second.end() && a->second.result == b->second.result) continue;
    const std::string reason = reason_for(id, first, second, reasons);
    ++differences;
    if (reason.empty()) ++unexplained;
    fmt::print("{}\n  first:  {}\n  second: {}\n  reason: {}\n", id, describe(first, id),
               describe(second, id), reason.empty() ? "NONE" : reason);
  }
  fmt::print("first:  {} tests, {}\nsecond: {} tests, {}\n", first.size(), target(first_report),
             second.size(), target(second_report));
  fmt::print("{} difference(s), {} without a reason\n", differences, unexplained);
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
