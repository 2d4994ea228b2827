#include "messages.hpp"

#include <type_traits>

namespace vgpu::test {

// One in each of messages_0.cpp to messages_3.cpp.
void append_message_types_0(std::vector<MessageType>& all);
void append_message_types_1(std::vector<MessageType>& all);
void append_message_types_2(std::vector<MessageType>& all);
void append_message_types_3(std::vector<MessageType>& all);

const std::vector<MessageType>& message_types() {
  static const std::vector<MessageType> types = [] {
    std::vector<MessageType> all;
    append_message_types_0(all);
    append_message_types_1(all);
    append_message_types_2(all);
    append_message_types_3(all);
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
