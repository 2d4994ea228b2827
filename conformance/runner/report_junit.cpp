#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runner/results.hpp"

namespace vgpu::conformance {

namespace {

/// As XML text or attribute; control characters that XML 1.0 does not have become '?'.
std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
    }
  }
  return escaped;
}

std::string case_of(const Outcome& outcome) {
  const TestCase& test = outcome.test;
  std::string text =
      fmt::format(R"(    <testcase classname="{}.{}" name="{}" file="{}" line="{}" time="{:.3f}")",
                  escape(test.object), escape(test.suite), escape(test.name), escape(test.file),
                  test.line, outcome.seconds);
  if (outcome.result == Result::passed) return text + "/>\n";
  text += ">\n";
  if (outcome.result == Result::skipped) {
    text += fmt::format("      <skipped message=\"{}\"/>\n", escape(outcome.reason));
  }
  for (const std::string& message : outcome.messages) {
    const std::string first = message.substr(0, message.find('\n'));
    text +=
        fmt::format("      <failure message=\"{}\">{}</failure>\n", escape(first), escape(message));
  }
  return text + "    </testcase>\n";
}

struct SuiteText {
  std::string name;
  std::string cases;
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  double seconds = 0;
};

}  // namespace

std::string to_junit(const Run& run) {
  std::vector<SuiteText> suites;
  for (const Outcome& outcome : run.outcomes) {
    if (suites.empty() || suites.back().name != outcome.test.suite) {
      suites.emplace_back();
      suites.back().name = outcome.test.suite;
    }
    SuiteText& suite = suites.back();
    suite.cases += case_of(outcome);
    ++suite.tests;
    if (outcome.result == Result::failed) ++suite.failures;
    if (outcome.result == Result::skipped) ++suite.skipped;
    suite.seconds += outcome.seconds;
  }
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"vgpu-conformance\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n",
      run.outcomes.size(), run.count(Result::failed), run.count(Result::skipped), run.seconds);
  for (const SuiteText& suite : suites) {
    text += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3f}\" "
        "timestamp=\"{}\">\n{}  </testsuite>\n",
        escape(suite.name), suite.tests, suite.failures, suite.skipped, suite.seconds, run.date,
        suite.cases);
  }
  return text + "</testsuites>\n";
}

}  // namespace vgpu::conformance
