/// The bytes of every message of this protocol version. A difference here is a wire that older
/// builds cannot read: fields are only ever appended. VGPU_WRITE_GOLDEN=1 writes the file anew.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "messages.hpp"

namespace vgpu::test {
namespace {

/// Values that depend on nothing but the field's place.
std::string golden(const MessageType& type) {
  alignas(8) static constexpr std::array<unsigned char, 16> block{1, 2,  3,  4,  5,  6,  7,  8,
                                                                  9, 10, 11, 12, 13, 14, 15, 16};
  alignas(8) static constexpr std::array<unsigned char, 4> text{'t', 'e', 'x', 't'};
  const auto message = type.make();
  unsigned place = 1;
  for (auto& [name, number] : message->numbers()) {
    std::visit(
        [&place](auto* field) {
          *field = static_cast<std::remove_reference_t<decltype(*field)>>(place++);
        },
        number);
  }
  const auto pointers = message->pointers();
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    const auto bytes = std::as_bytes(std::span(block)).first(2 * pointers[i].element_bytes);
    message->set_pointer(i, pointers[i].is_text ? std::as_bytes(std::span(text)) : bytes);
  }
  std::ostringstream hex;
  hex << std::hex;
  for (const std::uint64_t word : message->encode()) hex << word << ' ';
  return hex.str();
}

TEST(Golden, MessagesKeepTheirBytes) {
  std::map<std::string, std::string> vectors;
  for (const MessageType& type : message_types()) vectors[type.name()] = golden(type);
  if (std::getenv("VGPU_WRITE_GOLDEN") != nullptr) {
    std::ofstream out(VGPU_GOLDEN_FILE);
    for (const auto& [name, words] : vectors) out << name << '\t' << words << '\n';
    GTEST_SKIP() << "wrote " << VGPU_GOLDEN_FILE;
  }
  std::ifstream in(VGPU_GOLDEN_FILE);
  ASSERT_TRUE(in) << VGPU_GOLDEN_FILE;
  std::size_t checked = 0;
  for (std::string line; std::getline(in, line); ++checked) {
    const auto tab = line.find('\t');
    const auto found = vectors.find(line.substr(0, tab));
    ASSERT_NE(found, vectors.end()) << "no such message any more: " << line.substr(0, tab);
    EXPECT_EQ(found->second, line.substr(tab + 1)) << found->first;
  }
  EXPECT_EQ(checked, vectors.size()) << "messages without a golden vector";
}

}  // namespace
}  // namespace vgpu::test
