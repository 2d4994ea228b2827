#pragma once

#include <string>

namespace vgpu::conformance {

struct MissingOptions {
  std::string source;  ///< conformance/ of the source tree; empty = do not look at files
};

/// Prints the functions that the schema serves and that have no suite in this program (or no file
/// of their own in `source`). Returns 1 when there is one, else 0.
int print_missing(const MissingOptions& options);

}  // namespace vgpu::conformance
