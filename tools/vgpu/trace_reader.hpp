#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::tool {

/// One driver call in a trace that the guest wrote to the file named by VGPU_TRACE. The guest
/// writes one line per finished call (include/vgpu/guest/call_log.hpp):
///     4711.4712 cuMemAlloc_v2(dptr=0x7ffd5c3a1e08, bytesize=1024) = 2 CUDA_ERROR_OUT_OF_MEMORY
struct TracedCall {
  std::size_t line = 0;  ///< counts from 1
  std::string symbol;
  std::string arguments;
  std::string result;  ///< by name; by number where the line has no name

  [[nodiscard]] bool failed() const { return result != "CUDA_SUCCESS" && result != "0"; }
};

/// Reads one line; nothing when it describes no call.
std::optional<TracedCall> parse_trace_line(std::string_view line);

/// All calls of a trace, in its order.
std::vector<TracedCall> read_trace(const std::filesystem::path& file);

/// True for failures that programs and the CUDA runtime provoke on purpose to learn something:
/// "not ready", questions whether a pointer is known, optional symbols and tables.
bool expected_failure(const TracedCall& call);

}  // namespace vgpu::tool
