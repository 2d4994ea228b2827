#include "coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "vgpu/operations.hpp"
#include "vgpu/symbols.hpp"

namespace vgpu::tool {

namespace {

/// The driver functions of one CUDA object, which is one schema file.
struct Object {
  std::vector<std::string_view> served;
  std::vector<std::string_view> missing;
  std::map<std::string_view, std::string_view> waived;  ///< function -> why it cannot be served
};

std::map<std::string, Object> collect() {
  std::map<std::string, Object> objects;
  for (const call::OperationInfo& operation : call::operations) {
    if (operation.symbol.empty()) continue;  // the protocol's own
    std::string name(operation.file.substr(operation.file.rfind('/') + 1));
    name = name.substr(0, name.find(".capnp"));
    Object& object = objects[name];
    if (operation.guest != call::Implementation::none) {
      object.served.push_back(operation.symbol);
    } else if (!operation.waiver.empty()) {
      object.waived.emplace(operation.symbol, operation.waiver);
    } else {
      object.missing.push_back(operation.symbol);
    }
  }
  return objects;
}

std::size_t served_symbols() {
  return static_cast<std::size_t>(
      std::count_if(call::symbols.begin(), call::symbols.end(),
                    [](const call::Symbol& symbol) { return symbol.served; }));
}

void print_json(const std::map<std::string, Object>& objects) {
  nlohmann::ordered_json report;
  report["symbols"] = {{"exported", call::symbols.size()}, {"served", served_symbols()}};
  for (const auto& [name, object] : objects) {
    report["objects"][name] = {{"served", object.served},
                               {"not_yet", object.missing},
                               {"cannot", nlohmann::ordered_json(object.waived)}};
  }
  fmt::print("{}\n", report.dump(2));
}

void print_table(const std::map<std::string, Object>& objects, bool names) {
  fmt::print("{:<22}{:>10}{:>10}{:>10}\n", "CUDA object", "served", "not yet", "cannot");
  std::size_t served = 0;
  std::size_t missing = 0;
  std::size_t waived = 0;
  for (const auto& [name, object] : objects) {
    fmt::print("{:<22}{:>10}{:>10}{:>10}\n", name, object.served.size(), object.missing.size(),
               object.waived.size());
    served += object.served.size();
    missing += object.missing.size();
    waived += object.waived.size();
    if (!names) continue;
    for (const std::string_view function : object.missing) fmt::print("  not yet: {}\n", function);
    for (const auto& [function, reason] : object.waived) {
      fmt::print("  cannot: {}: {}\n", function, reason);
    }
  }
  fmt::print("{:<22}{:>10}{:>10}{:>10}\n", "all functions", served, missing, waived);
  fmt::print("{} of {} exported symbols are served.\n", served_symbols(), call::symbols.size());
}

}  // namespace

int coverage(const CoverageOptions& options) {
  const std::map<std::string, Object> objects = collect();
  if (options.json) {
    print_json(objects);
  } else {
    print_table(objects, options.names);
  }
  return 0;
}

}  // namespace vgpu::tool
