#pragma once

/// \file
/// What the guest library says to people: whole lines on standard error, one write(2) each, so that
/// lines of several threads do not mix and nothing is cut. Never standard output.
/// VGPU_LOG=error|warn|info|debug|trace chooses how much (default: error).

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>

namespace vgpu::guest {

enum class LogLevel : int { error = 0, warn = 1, info = 2, debug = 3, trace = 4 };

/// A number that log() prints in hexadecimal.
struct Hex {
  std::uint64_t value = 0;
};

namespace detail {

inline void append_part(std::string& line, std::string_view part) {
  line += part;
}
inline void append_part(std::string& line, const std::string& part) {
  line += part;
}
inline void append_part(std::string& line, const char* part) {
  line += part != nullptr ? part : "(null)";
}
inline void append_part(std::string& line, char part) {
  line += part;
}
inline void append_part(std::string& line, bool part) {
  line += part ? "true" : "false";
}
inline void append_part(std::string& line, Hex part) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, part.value, 16).ptr;
  line += "0x";
  line.append(text, end);
}
inline void append_part(std::string& line, const void* part) {
  append_part(line, Hex{reinterpret_cast<std::uintptr_t>(part)});
}
template <class T>
requires std::is_arithmetic_v<T>
void append_part(std::string& line, T part) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, part).ptr;
  line.append(text, end);
}
template <class T>
requires std::is_enum_v<T>
void append_part(std::string& line, T part) {
  append_part(line, static_cast<std::int64_t>(part));
}

/// Writes all of `text` to `fd`, in one write(2) unless the kernel takes less. Keeps errno.
inline void write_all(int fd, std::string_view text) noexcept {
  const int saved = errno;
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  errno = saved;
}

inline LogLevel level_from_environment() noexcept {
  const char* text = std::getenv("VGPU_LOG");
  const std::string_view name = text != nullptr ? text : "";
  if (name == "trace") return LogLevel::trace;
  if (name == "debug") return LogLevel::debug;
  if (name == "info") return LogLevel::info;
  if (name == "warn") return LogLevel::warn;
  return LogLevel::error;
}

inline std::atomic<int> log_level{-1};

}  // namespace detail

/// True when lines of this level are written. Any thread.
inline bool log_enabled(LogLevel level) noexcept {
  int wanted = detail::log_level.load(std::memory_order_relaxed);
  if (wanted < 0) [[unlikely]] {
    wanted = static_cast<int>(detail::level_from_environment());
    detail::log_level.store(wanted, std::memory_order_relaxed);
  }
  return static_cast<int>(level) <= wanted;
}

/// Writes "vgpu: <level>: <parts>" and a newline to standard error. Any thread; never throws.
template <class... Parts>
void log(LogLevel level, const Parts&... parts) noexcept {
  if (!log_enabled(level)) return;
  static constexpr std::string_view names[] = {"error", "warning", "info", "debug", "trace"};
  try {
    std::string line = "vgpu: ";
    line += names[static_cast<int>(level)];
    line += ": ";
    (detail::append_part(line, parts), ...);
    line += '\n';
    detail::write_all(STDERR_FILENO, line);
  } catch (...) {
    // No memory for a line of text: the call goes on without it.
  }
}

}  // namespace vgpu::guest
