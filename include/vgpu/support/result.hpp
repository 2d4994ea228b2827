#pragma once

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vgpu::support {

/// Why an operation failed: a sentence for people, and the errno value behind it (0 = none).
struct Error {
  std::string message;
  int code = 0;
};

/// Describes a failed system call, for example `system_error("cannot open /tmp/x", errno)`.
inline Error system_error(std::string_view what, int code) {
  std::string message(what);
  message += ": ";
  message += std::strerror(code);
  return Error{std::move(message), code};
}

/// A value of type T, or the Error that says why there is none.
/// `value()` and `operator*` need ok(), `error()` needs !ok().
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & noexcept { return *value_; }
  [[nodiscard]] const T& value() const& noexcept { return *value_; }
  [[nodiscard]] T&& value() && noexcept { return std::move(*value_); }
  T& operator*() & noexcept { return *value_; }
  const T& operator*() const& noexcept { return *value_; }
  T&& operator*() && noexcept { return std::move(*value_); }
  T* operator->() noexcept { return &*value_; }
  const T* operator->() const noexcept { return &*value_; }

  [[nodiscard]] const Error& error() const noexcept { return error_; }
  [[nodiscard]] const std::string& message() const noexcept { return error_.message; }

 private:
  std::optional<T> value_;
  Error error_;
};

/// Success, or the Error that says why not. `Result<void>{}` is success.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] const Error& error() const noexcept { return *error_; }
  [[nodiscard]] const std::string& message() const noexcept { return error_->message; }

 private:
  std::optional<Error> error_;
};

}  // namespace vgpu::support
