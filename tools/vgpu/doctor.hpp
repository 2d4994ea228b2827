#pragma once

#include <string>
#include <vector>

namespace vgpu::tool {

struct DoctorOptions {
  std::string host;                  ///< URL; empty = VGPU_HOST, else a private host
  std::string driver;                ///< backend of the private host; empty = chosen
  std::vector<std::string> program;  ///< the program and its arguments; may be empty
};

/// Examines, in the order in which things have to work, and says in sentences what it finds.
/// Returns 0 when nothing is wrong, 1 when something is.
int doctor(const DoctorOptions& options);

}  // namespace vgpu::tool
