#pragma once

#include <string>

namespace vgpu::conformance {

struct CompareOptions {
  std::string first;   ///< report.json of a run
  std::string second;  ///< report.json of another
  std::string
      reasons;  ///< JSON object: pattern of a test or of "device.memory_bytes" and the like -> why
};

/// Prints every difference of two runs: of suite, filter and device, tests that only one executed,
/// results and reasons of skips that differ. A skip beside a pass brings its reason with it, all
/// else needs one from the file. Returns 0 when every difference has a reason, 1 when one has none,
/// 2 when a file cannot be read.
int compare_reports(const CompareOptions& options);

}  // namespace vgpu::conformance
