#include "messages.hpp"

#include <vgpu/call/codec.hpp>
#include <vgpu/message_list.hpp>

namespace vgpu::test {
namespace {

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
Pointer describe(std::string_view name, std::string_view text) {
  return {
      name, true, false, 1, false, false, std::as_bytes(std::span(text)), text.data() == nullptr};
}

template <class T>
void point(std::span<const T>& list, std::span<const std::byte> bytes) {
  list = {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}
void point(std::string_view& text, std::span<const std::byte> bytes) {
  text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Out of line: inlined for every field of every message, these take the compiler minutes.
[[gnu::noinline]] void append(std::vector<std::pair<std::string_view, Number>>& all,
                              std::string_view name, Number number) {
  all.emplace_back(name, number);
}
[[gnu::noinline]] void append(std::vector<Pointer>& all, const Pointer& pointer) {
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

}  // namespace

const std::vector<MessageType>& message_types() {
  static const std::vector<MessageType> types = [] {
    std::vector<MessageType> all;
    calls::for_each_message([&all]<class M>(const char* file, const char* name, const char* which) {
      add<M>(all, file, name, which);
    });
    return all;
  }();
  return types;
}

void fill(AnyMessage& message, std::mt19937_64& random,
          std::vector<std::unique_ptr<std::uint64_t[]>>& storage, bool null_every_second) {
  for (auto& [name, number] : message.numbers()) {
    std::visit(
        [&random](auto* field) {
          using Field = std::remove_reference_t<decltype(*field)>;
          if constexpr (std::is_floating_point_v<Field>) {
            *field = static_cast<Field>(random() % 1000000) / 64;
          } else {
            *field = static_cast<Field>(random() | 1);
          }
        },
        number);
  }
  const auto pointers = message.pointers();
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    if (null_every_second && i % 2 == 0) {
      message.set_pointer(i, {});
      continue;
    }
    constexpr std::size_t words = 24;
    auto& block = storage.emplace_back(new std::uint64_t[words]);
    // A NaN does not survive a float's conversions bit by bit.
    const std::uint64_t no_nan = pointers[i].is_float ? 0xbfffffffbfffffff : ~std::uint64_t{0};
    for (std::size_t word = 0; word < words; ++word) block[word] = random() & no_nan;
    auto* bytes = reinterpret_cast<unsigned char*>(block.get());
    const std::size_t count = 1 + random() % 20;
    if (pointers[i].is_text) {
      for (std::size_t at = 0; at < count; ++at)
        bytes[at] = static_cast<unsigned char>('a' + bytes[at] % 26);
    }
    message.set_pointer(
        i, {reinterpret_cast<const std::byte*>(bytes), count * pointers[i].element_bytes});
  }
}

}  // namespace vgpu::test
