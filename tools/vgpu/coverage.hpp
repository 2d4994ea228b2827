#pragma once

namespace vgpu::tool {

struct CoverageOptions {
  bool json = false;   ///< for programs to read, with every name
  bool names = false;  ///< also list what is not served yet
};

/// Prints which driver calls the guest serves, per CUDA object. Returns 0.
int coverage(const CoverageOptions& options);

}  // namespace vgpu::tool
