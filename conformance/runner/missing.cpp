#include "runner/missing.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "runner/catalogue.hpp"

namespace vgpu::conformance {

int print_missing(const MissingOptions& options) {
  std::set<std::string> tested;
  for (const TestCase& test : list_tests({})) tested.insert(test.symbol);
  std::size_t served = 0;
  std::size_t missing = 0;
  for (const Function& function : list_functions()) {
    if (!function.served) continue;
    ++served;
    const std::string file = function.object + "/" + function.symbol + ".cpp";
    if (tested.count(function.symbol) == 0) {
      fmt::print("{}: no suite\n", file);
      ++missing;
    } else if (!options.source.empty() &&
               !std::filesystem::exists(std::filesystem::path(options.source) / file)) {
      fmt::print("{}: its suite is not in a file of that name\n", file);
      ++missing;
    }
  }
  fmt::print("{} of {} served functions have a conformance file.\n", served - missing, served);
  return missing == 0 ? 0 : 1;
}

}  // namespace vgpu::conformance
