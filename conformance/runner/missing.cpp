#include "runner/missing.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/catalogue.hpp"

namespace vgpu::conformance {

namespace {

/// What every function's tests cover besides its effect, and the word in their names that says so.
struct Duty {
  const char* what;
  const char* word;
};
constexpr std::array duties{Duty{"before cuInit", "BeforeInit"},
                            Duty{"during stream capture", "Capture"}};

/// The names of each function's tests, one behind the other.
using Names = std::map<std::string, std::string>;

std::vector<std::string> lacks(const Function& function, const std::string& file,
                               const Names& tests, const std::string& source) {
  const auto found = tests.find(function.symbol);
  if (found == tests.end()) return {"no suite"};
  std::vector<std::string> result;
  if (!source.empty() && !std::filesystem::exists(std::filesystem::path(source) / file)) {
    result.emplace_back("its suite is not in a file of that name");
  }
  for (const Duty& duty : duties) {
    if (function.symbol == "cuInit") continue;  // before it everything of its suite happens
    if (found->second.find(duty.word) == std::string::npos) {
      result.push_back(
          fmt::format("no test says what it does {} (...{}...)", duty.what, duty.word));
    }
  }
  return result;
}

}  // namespace

int print_missing(const MissingOptions& options) {
  Names tests;
  for (const TestCase& test : list_tests({})) tests[test.symbol] += test.id() + ' ';
  std::size_t served = 0;
  std::size_t complete = 0;
  for (const Function& function : list_functions()) {
    if (!function.served) continue;
    ++served;
    const std::string file = function.object + "/" + function.symbol + ".cpp";
    const std::vector<std::string> reasons = lacks(function, file, tests, options.source);
    for (const std::string& reason : reasons) fmt::print("{}: {}\n", file, reason);
    complete += reasons.empty();
  }
  fmt::print("{} of {} served functions have a complete conformance file.\n", complete, served);
  return complete == served ? 0 : 1;
}

}  // namespace vgpu::conformance
