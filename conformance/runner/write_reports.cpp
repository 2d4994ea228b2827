#include <cstddef>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "runner/results.hpp"

namespace vgpu::conformance {

namespace fs = std::filesystem;

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string write_reports(const Run& run, const std::filesystem::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return "cannot make " + folder.string() + ": " + failed.message();
  const auto report = to_json(run);
  const std::pair<const char*, std::string> files[] = {
      {"report.json", report.dump(1) + "\n"},
      {"junit.xml", to_junit(run)},
      {"report.html", to_html(report)},
  };
  for (const auto& [name, text] : files) {
    std::ofstream file(folder / name, std::ios::binary);
    file << text;
    if (!file.flush()) return "cannot write " + (folder / name).string();
  }
  return {};
}

}  // namespace vgpu::conformance
