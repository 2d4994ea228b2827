#pragma once

/// \file
/// AnyMessage for a message type; for messages_0.cpp to messages_3.cpp, which each instantiate it
/// for a part of the messages so that the parts compile beside each other.

#include <type_traits>
#include <utility>
#include <vgpu/call/codec.hpp>

#include "messages.hpp"

namespace vgpu::test {

template <class T>
Pointer describe(std::string_view name, std::span<const T> list) {
  return {name,
          false,
          std::is_same_v<T, std::byte>,
          sizeof(T),
          std::is_signed_v<T>,
          std::is_floating_point_v<T>,
          std::as_bytes(list),
          list.data() == nullptr};
}
inline Pointer describe(std::string_view name, std::string_view text) {
  return {
      name, true, false, 1, false, false, std::as_bytes(std::span(text)), text.data() == nullptr};
}

template <class T>
void point(std::span<const T>& list, std::span<const std::byte> bytes) {
  list = {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}
inline void point(std::string_view& text, std::span<const std::byte> bytes) {
  text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Out of line: inlined for every field of every message, these take the compiler minutes.
[[gnu::noinline]] inline void append(std::vector<std::pair<std::string_view, Number>>& all,
                                     std::string_view name, Number number) {
  all.emplace_back(name, number);
}
[[gnu::noinline]] inline void append(std::vector<Pointer>& all, const Pointer& pointer) {
  all.push_back(pointer);
}

template <class M>
class TypedMessage final : public AnyMessage {
 public:
  std::vector<std::pair<std::string_view, Number>> numbers() override {
    std::vector<std::pair<std::string_view, Number>> all;
    M::numbers(message_, [&all](std::string_view name, auto& field) { append(all, name, &field); });
    return all;
  }

  std::vector<Pointer> pointers() const override {
    std::vector<Pointer> all;
    if constexpr (!call::DataOnly<M>) {
      M::pointers(message_, [&all](const auto& field) {
        append(all, describe(M::pointer_names[all.size()], field));
      });
    }
    return all;
  }

  void set_pointer([[maybe_unused]] std::size_t index,
                   [[maybe_unused]] std::span<const std::byte> bytes) override {
    if constexpr (!call::DataOnly<M>) {
      std::size_t position = 0;
      M::pointers(message_, [&](auto& field) {
        if (position++ == index) point(field, bytes);
      });
    }
  }

  std::vector<std::uint64_t> encode() const override {
    // Anything the encoder leaves out would show.
    std::vector<std::uint64_t> words(call::encoded_size(message_) / 8, 0xa5a5a5a5a5a5a5a5);
    if (!words.empty()) call::encode(message_, reinterpret_cast<std::byte*>(words.data()));
    return words;
  }

  bool decode(std::span<const std::byte> body, std::uint8_t data_words,
              std::span<const std::byte>& trailing) override {
    return call::decode(body, data_words, message_, trailing);
  }

 private:
  M message_;
};

template <class M>
[[gnu::noinline]] void add(std::vector<MessageType>& all, const char* file, const char* name,
                           const char* which) {
  all.push_back(
      {file, name, which, call::DataOnly<M>, M::data_words, call::header_data_words<M>,
       []() -> std::unique_ptr<AnyMessage> { return std::make_unique<TypedMessage<M>>(); }});
}

}  // namespace vgpu::test
