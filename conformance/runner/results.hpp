#pragma once

/// \file
/// What a run found out; the reports are made of it.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runner/catalogue.hpp"

namespace vgpu::conformance {

enum class Result { passed, failed, skipped };

const char* result_name(Result result) noexcept;

struct Outcome {
  TestCase test;
  Result result = Result::failed;
  std::string reason;                 ///< of a skip
  std::vector<std::string> messages;  ///< of a failure, each with its place
  double seconds = 0;
};

struct Run {
  Suite suite = Suite::driver;
  std::string driver;   ///< path of the library under test; of a wire run: the URL
  std::string host;     ///< URL of the host behind our guest; empty = the library ran directly
  std::string backend;  ///< what a private host executed on; empty when not known
  std::string filter;   ///< empty = the whole suite
  std::string date;     ///< UTC, ISO 8601
  std::uint64_t seed = 0;
  double seconds = 0;
  nlohmann::ordered_json device;  ///< what the driver says of itself
  std::vector<Outcome> outcomes;  ///< by object and suite

  [[nodiscard]] std::size_t count(Result result) const;
};

/// What a whole run lets its owner claim.
struct Claim {
  std::size_t functions = 0;  ///< of the schema that can be served at all
  std::size_t tested = 0;     ///< of these: with a test that was executed and not skipped
  std::size_t passed = 0;     ///< of these: none of its tests failed
  std::string text;           ///< the same as a sentence
};

Claim claim_of(const Run& run);

/// The whole run as JSON: what report.json holds, and what `compare` reads.
nlohmann::ordered_json to_json(const Run& run);

/// The time now, UTC, ISO 8601.
std::string now_utc();

/// Writes report.html, report.json and junit.xml to `folder`. Says what went wrong, or nothing.
std::string write_reports(const Run& run, const std::filesystem::path& folder);

/// JUnit XML, and one self-contained HTML page.
std::string to_junit(const Run& run);
std::string to_html(const nlohmann::ordered_json& report);

}  // namespace vgpu::conformance
