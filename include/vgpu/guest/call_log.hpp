#pragma once

/// \file
/// The call log: with VGPU_TRACE=path in the environment, every driver call is appended to that
/// file when it returns, one line each, with its arguments and its result:
///
///     4711.4712 cuMemAlloc_v2(dptr=0x7ffd5c3a1e08, bytesize=1024) = 2 CUDA_ERROR_OUT_OF_MEMORY
///
/// `vgpu doctor` finds the first call that failed in it.

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "vgpu/guest/log.hpp"
#include "vgpu/guest/result_names.hpp"

namespace vgpu::guest {

/// A C parameter and what it is called.
template <class T>
struct Argument {
  const char* name;
  T value;
};

template <class T>
constexpr Argument<T> argument(const char* name, T value) noexcept {
  return {name, value};
}

namespace detail {

inline constexpr int trace_unopened = -2;
inline constinit std::atomic<int> trace_file{trace_unopened};

inline int open_trace() noexcept {
  const char* path = std::getenv("VGPU_TRACE");
  int file = -1;
  if (path != nullptr && *path != '\0') {
    file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    if (file < 0) log(LogLevel::error, "cannot write the call log VGPU_TRACE=", path);
  }
  int expected = trace_unopened;
  if (!trace_file.compare_exchange_strong(expected, file)) {
    if (file >= 0) ::close(file);
    return expected;
  }
  return file;
}

/// Appends the text at `address` in quotes, at most 200 characters of it; its address where nothing
/// can be read there: what a program passes may be anything.
inline void append_text(std::string& line, const char* address) {
  constexpr std::size_t longest = 200;
  constexpr std::uintptr_t page = 4096;
  std::string text;
  auto at = reinterpret_cast<std::uintptr_t>(address);
  while (text.size() < longest) {
    char piece[64];
    const std::size_t in_page = page - at % page;
    const std::size_t wanted = in_page < sizeof piece ? in_page : sizeof piece;
    const iovec local{piece, wanted};
    const iovec remote{reinterpret_cast<void*>(at), wanted};
    const ssize_t got = ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0);
    if (got <= 0) {
      append_part(line, Hex{reinterpret_cast<std::uintptr_t>(address)});
      return;
    }
    const std::string_view read(piece, static_cast<std::size_t>(got));
    const std::size_t end = read.find('\0');
    text += read.substr(0, end);
    if (end != std::string_view::npos) break;
    at += static_cast<std::size_t>(got);
  }
  line += '"';
  for (const char c : text.substr(0, longest)) line += c >= ' ' && c != '"' && c < 127 ? c : '.';
  line += text.size() > longest ? "\"..." : "\"";
}

/// An argument without its type, so that one function writes the lines of all calls: there are
/// hundreds, and each is compiled into the library.
struct LoggedArgument {
  enum class Kind : std::uint8_t {
    text,
    pointer,
    address,
    integer,
    natural,
    character,
    floating,
    other
  };
  const char* name = nullptr;
  Kind kind = Kind::other;
  union {
    const char* text;
    std::uint64_t natural = 0;
    std::int64_t integer;
    double floating;
  };
};

template <class T>
LoggedArgument logged(const Argument<T>& argument) noexcept {
  using Kind = LoggedArgument::Kind;
  LoggedArgument all;
  all.name = argument.name;
  if constexpr (std::is_same_v<T, const char*>) {
    all.kind = Kind::text;
    all.text = argument.value;
  } else if constexpr (std::is_pointer_v<T>) {
    all.kind = Kind::pointer;
    all.natural = reinterpret_cast<std::uintptr_t>(argument.value);
  } else if constexpr (std::is_same_v<T, unsigned long long>) {
    // CUdeviceptr, texture and surface objects, allocation handles.
    all.kind = Kind::address;
    all.natural = argument.value;
  } else if constexpr (std::is_same_v<T, char>) {
    all.kind = Kind::character;
    all.integer = argument.value;
  } else if constexpr (std::is_floating_point_v<T>) {
    all.kind = Kind::floating;
    all.floating = argument.value;
  } else if constexpr (std::is_unsigned_v<T>) {
    all.kind = Kind::natural;
    all.natural = argument.value;
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    all.kind = Kind::integer;
    all.integer = static_cast<std::int64_t>(argument.value);
  }
  return all;
}

inline void append_value(std::string& line, const LoggedArgument& argument) {
  using Kind = LoggedArgument::Kind;
  switch (argument.kind) {
    case Kind::text:
      if (argument.text != nullptr) return append_text(line, argument.text);
      line += "NULL";
      return;
    case Kind::pointer:
      if (argument.natural != 0) return append_part(line, Hex{argument.natural});
      line += "NULL";
      return;
    case Kind::address:
      return append_part(line, Hex{argument.natural});
    case Kind::integer:
      return append_part(line, argument.integer);
    case Kind::natural:
      return append_part(line, argument.natural);
    case Kind::character:
      return append_part(line, static_cast<char>(argument.integer));
    case Kind::floating:
      return append_part(line, argument.floating);
    case Kind::other:
      line += "{...}";
      return;
  }
}

}  // namespace detail

/// True when calls are logged. Any thread.
inline bool call_log_enabled() noexcept {
  int file = detail::trace_file.load(std::memory_order_relaxed);
  if (file == detail::trace_unopened) [[unlikely]]
    file = detail::open_trace();
  return file >= 0;
}

namespace detail {

[[gnu::cold, gnu::noinline]] inline void append_call(
    std::string_view symbol, int result, std::span<const LoggedArgument> arguments) noexcept {
  const int file = trace_file.load(std::memory_order_relaxed);
  if (file < 0) return;
  const int saved = errno;
  try {
    std::string line;
    append_part(line, ::getpid());
    line += '.';
    append_part(line, ::syscall(SYS_gettid));
    line += ' ';
    line += symbol;
    line += '(';
    std::string_view separator;
    for (const LoggedArgument& argument : arguments) {
      line += separator;
      line += argument.name;
      line += '=';
      append_value(line, argument);
      separator = ", ";
    }
    line += ") = ";
    append_part(line, result);
    line += ' ';
    line += result_name(result);
    line += '\n';
    write_all(file, line);
  } catch (...) {
    // No memory for a line of the log: the call goes on without it.
  }
  errno = saved;
}

}  // namespace detail

/// Appends one call. `result` is a CUresult. Any thread.
template <class... T>
void log_call(std::string_view symbol, int result, const Argument<T>&... arguments) noexcept {
  const std::array<detail::LoggedArgument, sizeof...(T)> all{detail::logged(arguments)...};
  detail::append_call(symbol, result, all);
}

}  // namespace vgpu::guest
