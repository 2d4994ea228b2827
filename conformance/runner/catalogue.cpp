#include "runner/catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "vgpu/operations.hpp"

namespace vgpu::conformance {

namespace {

constexpr std::string_view fresh_suffix = "_fresh";

std::string object_of(std::string_view schema_file) {
  schema_file.remove_prefix(schema_file.rfind('/') + 1);
  return std::string(schema_file.substr(0, schema_file.find(".capnp")));
}

/// "first/cuMemcpy_fresh" is about cuMemcpy.
std::string_view suite_stem(std::string_view suite) {
  suite.remove_prefix(suite.find('/') + 1);
  return suite.substr(0, suite.find('_'));
}

bool matches_any(const std::vector<std::string_view>& patterns, const TestCase& test) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (pattern.find('.') != std::string_view::npos) return matches(pattern, test.id());
    return matches(pattern, test.suite) || matches(pattern, test.id()) ||
           matches(std::string(pattern) + std::string(fresh_suffix), test.suite);
  });
}

struct Filter {
  std::vector<std::string_view> wanted;
  std::vector<std::string_view> unwanted;

  explicit Filter(std::string_view text) {
    bool negative = false;
    while (!text.empty()) {
      std::string_view pattern = text.substr(0, text.find(':'));
      text.remove_prefix(std::min(text.size(), pattern.size() + 1));
      if (pattern.starts_with('-')) {
        negative = true;
        pattern.remove_prefix(1);
      }
      if (!pattern.empty()) (negative ? unwanted : wanted).push_back(pattern);
    }
  }
  [[nodiscard]] bool takes(const TestCase& test) const {
    return (wanted.empty() || matches_any(wanted, test)) && !matches_any(unwanted, test);
  }
};

/// __FILE__ of a test, from conformance/ on.
std::string relative_file(std::string_view file) {
  constexpr std::string_view folder = "conformance/";
  const std::size_t at = file.rfind(folder);
  return std::string(at == std::string_view::npos ? file : file.substr(at + folder.size()));
}

/// By the folder of its file.
Suite suite_of(std::string_view file) {
  if (file.starts_with("wire/host/")) return Suite::wire_host;
  if (file.starts_with("wire/guest/")) return Suite::wire_guest;
  return Suite::driver;
}

/// "wire/host/framing.cpp" is about framing.
std::string group_of(std::string_view file) {
  file.remove_prefix(file.rfind('/') + 1);
  return std::string(file.substr(0, file.rfind('.')));
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_fresh(std::string_view suite) {
  return suite.ends_with(fresh_suffix);
}

std::vector<TestCase> list_tests(std::string_view filter_text, Suite wanted) {
  std::map<std::string, std::string, std::less<>> objects;
  for (const Function& function : list_functions()) objects[function.symbol] = function.object;
  const Filter filter(filter_text);
  std::vector<TestCase> tests;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int s = 0; s < all.total_test_suite_count(); ++s) {
    const testing::TestSuite& suite = *all.GetTestSuite(s);
    for (int i = 0; i < suite.total_test_count(); ++i) {
      const testing::TestInfo& info = *suite.GetTestInfo(i);
      TestCase test{suite.name(), info.name(), relative_file(info.file()),
                    info.line(),  {},          "scenarios"};
      if (suite_of(test.file) != wanted) continue;
      if (wanted != Suite::driver) test.object = group_of(test.file);
      const auto object = objects.find(suite_stem(test.suite));
      if (object != objects.end()) {
        test.symbol = object->first;
        test.object = object->second;
      }
      if (filter.takes(test)) tests.push_back(std::move(test));
    }
  }
  // A function's suites one after the other, in the schema's order of objects.
  std::stable_sort(tests.begin(), tests.end(), [](const TestCase& a, const TestCase& b) {
    return std::tie(a.object, a.suite) < std::tie(b.object, b.suite);
  });
  return tests;
}

std::vector<Function> list_functions() {
  std::vector<Function> functions;
  for (const call::OperationInfo& operation : call::operations) {
    if (operation.symbol.empty()) continue;  // the protocol's own
    functions.push_back({std::string(operation.symbol), object_of(operation.file),
                         std::string(operation.waiver),
                         operation.guest != call::Implementation::none});
  }
  return functions;
}

}  // namespace vgpu::conformance
