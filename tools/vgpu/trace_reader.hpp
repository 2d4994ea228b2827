#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::tool {

/// One driver call in a trace that the guest wrote to the file named by VGPU_TRACE. The guest
/// writes one line per finished call that has `symbol(arguments) = RESULT` in it, where RESULT is
/// a CUresult by name or by number.
struct TracedCall {
  std::size_t line = 0;  ///< counts from 1
  std::string symbol;
  std::string arguments;
  std::string result;  ///< "CUDA_SUCCESS" or "0", "CUDA_ERROR_INVALID_VALUE", "1", ...

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
