#include "trace_reader.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

namespace vgpu::tool {

namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The word that begins at `at`.
std::string_view word(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

/// Failures that are answers: {symbol, result name, result number}. "*" = any.
struct Expected {
  std::string_view symbol;
  std::string_view name;
  std::string_view number;
};
constexpr std::array<Expected, 14> expected = {{
    {"*", "CUDA_ERROR_NOT_READY", "600"},
    {"cuGetExportTable", "*", "*"},
    {"cuGetProcAddress", "*", "*"},
    {"cuGetProcAddress_v2", "*", "*"},
    {"cuPointerGetAttribute", "CUDA_ERROR_INVALID_VALUE", "1"},
    {"cuPointerGetAttributes", "CUDA_ERROR_INVALID_VALUE", "1"},
    {"cuMemGetAddressRange_v2", "CUDA_ERROR_NOT_FOUND", "500"},
    {"cuKernelGetParamInfo", "CUDA_ERROR_INVALID_VALUE", "1"},
    {"cuFuncGetParamInfo", "CUDA_ERROR_INVALID_VALUE", "1"},
    {"cuLibraryGetGlobal", "CUDA_ERROR_NOT_FOUND", "500"},
    {"cuModuleGetGlobal_v2", "CUDA_ERROR_NOT_FOUND", "500"},
    {"cuDeviceGetLuid", "*", "*"},
    {"cuCtxGetDevice", "CUDA_ERROR_INVALID_CONTEXT", "201"},
    {"cuCtxGetDevice_v2", "CUDA_ERROR_INVALID_CONTEXT", "201"},
}};

bool matches(std::string_view pattern, std::string_view text) {
  return pattern == "*" || pattern == text;
}

}  // namespace

std::optional<TracedCall> parse_trace_line(std::string_view line) {
  // The result is what the line ends with; arguments may contain anything, brackets included.
  std::size_t equals = line.rfind(") = ");
  std::size_t separator = 4;
  if (equals == line.npos) {
    equals = line.rfind(") -> ");
    separator = 5;
  }
  if (equals == line.npos) return std::nullopt;
  for (std::size_t at = line.find("cu"); at < equals; at = line.find("cu", at + 1)) {
    if (at > 0 && is_word(line[at - 1])) continue;
    const std::string_view symbol = word(line, at);
    const std::size_t open = at + symbol.size();
    if (open > equals || line[open] != '(') continue;
    TracedCall call;
    call.symbol = symbol;
    call.arguments = line.substr(open + 1, equals - open - 1);
    call.result = word(line, equals + separator);
    const std::size_t name = equals + separator + call.result.size() + 1;
    if (name < line.size() && line.substr(name).starts_with("CUDA_"))
      call.result = word(line, name);
    if (call.result.empty()) return std::nullopt;
    return call;
  }
  return std::nullopt;
}

std::vector<TracedCall> read_trace(const std::filesystem::path& file) {
  std::vector<TracedCall> calls;
  std::ifstream stream(file);
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    auto call = parse_trace_line(line);
    if (!call) continue;
    call->line = number;
    calls.push_back(std::move(*call));
  }
  return calls;
}

bool expected_failure(const TracedCall& call) {
  return std::any_of(expected.begin(), expected.end(), [&](const Expected& entry) {
    return matches(entry.symbol, call.symbol) &&
           (matches(entry.name, call.result) || matches(entry.number, call.result));
  });
}

}  // namespace vgpu::tool
