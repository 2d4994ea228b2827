#pragma once

#include <string>

namespace vgpu::conformance {

struct CompareOptions {
  std::string first;    ///< report.json of a run
  std::string second;   ///< report.json of another
  std::string reasons;  ///< JSON object: test pattern -> why the two may differ in it; may be empty
};

/// Prints every difference of two runs: tests that only one executed, and results that differ. A
/// skip brings its reason with it, all else needs one from the file. Returns 0 when every
/// difference has a reason, 1 when one has none, 2 when a file cannot be read.
int compare_reports(const CompareOptions& options);

}  // namespace vgpu::conformance
