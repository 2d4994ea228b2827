#pragma once

#include <string>
#include <vector>

namespace vgpu::tool {

struct RunOptions {
  std::string host;                  ///< URL; empty = VGPU_HOST, else a private host
  std::string driver;                ///< backend of the private host; empty = chosen
  std::vector<std::string> program;  ///< the program and its arguments
};

/// Becomes the program, with our libcuda.so.1 first in its library path and a host to talk to.
/// Returns only on failure, with the exit status to give: 125 vgpu's own failure, 126 the program
/// cannot be started, 127 there is none of that name.
int run(const RunOptions& options);

}  // namespace vgpu::tool
