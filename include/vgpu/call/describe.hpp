#pragma once

/// \file
/// Messages as text, for traces and logs. Not on any fast path.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vgpu/call/codec.hpp>

namespace vgpu::call {

/// Collects `name=value` pairs.
class Description {
 public:
  template <class T>
  void value(std::string_view name, T number) {
    begin(name);
    text_ += std::to_string(number);
  }

  /// Handles and addresses.
  void hex(std::string_view name, std::uint64_t number) {
    static constexpr char digits[] = "0123456789abcdef";
    begin(name);
    std::string reversed;
    do {
      reversed += digits[number & 15U];
      number >>= 4;
    } while (number != 0);
    text_ += "0x";
    text_.append(reversed.rbegin(), reversed.rend());
  }

  void text(std::string_view name, std::string_view value) {
    begin(name);
    if (value.data() == nullptr) {
      text_ += "NULL";
    } else {
      text_ += '"';
      text_ += value;
      text_ += '"';
    }
  }

  template <class T>
  void list(std::string_view name, std::span<const T> values) {
    begin(name);
    if (values.data() == nullptr) {
      text_ += "NULL";
    } else if constexpr (std::is_same_v<T, std::byte>) {
      text_ += '<' + std::to_string(values.size()) + " bytes>";
    } else {
      text_ += '[';
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i != 0) text_ += ' ';
        text_ += std::to_string(values[i]);
      }
      text_ += ']';
    }
  }

  std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view name) {
    if (!text_.empty()) text_ += ", ";
    text_ += name;
    text_ += '=';
  }

  std::string text_;
};

/// Decodes a message and describes its fields; says so when it cannot be decoded.
template <Message M, class Fields>
std::string describe(std::span<const std::byte> body, std::uint8_t data_words, Fields&& fields) {
  M message;
  std::span<const std::byte> trailing;
  if (!decode(body, data_words, message, trailing)) return "malformed";
  Description description;
  fields(message, description);
  if (!trailing.empty()) description.list("trailing", trailing);
  return description.take();
}

}  // namespace vgpu::call
