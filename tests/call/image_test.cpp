#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>
#include <vgpu/call/image.hpp>

namespace vgpu::call {
namespace {

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t at, T value) {
  if (bytes.size() < at + sizeof value) bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

std::vector<std::byte> container(std::uint64_t body, std::byte fill) {
  std::vector<std::byte> bytes(16 + body, fill);
  put<std::uint32_t>(bytes, 0, container_magic);
  put<std::uint16_t>(bytes, 4, 1);
  put<std::uint16_t>(bytes, 6, 16);
  put<std::uint64_t>(bytes, 8, body);
  return bytes;
}

TEST(Image, ExtentOfEachFormat) {
  EXPECT_EQ(image_extent(container(40, std::byte{7})), 56U);
  const char text[] = ".version 7.5\n";
  EXPECT_EQ(image_extent(std::as_bytes(std::span(text))), sizeof text);
  EXPECT_EQ(image_extent(std::as_bytes(std::span(text, sizeof text - 1))), 0U)
      << "text without its NUL";
  EXPECT_EQ(image_extent({}), 0U);
}

TEST(Image, AnElfFileEndsWithItsLastTableOrSection) {
  std::vector<std::byte> elf(64);
  std::memcpy(elf.data(),
              "\x7f"
              "ELF\x02",
              5);
  put<std::uint64_t>(elf, 40, 128);  // section headers
  put<std::uint16_t>(elf, 58, 64);
  put<std::uint16_t>(elf, 60, 1);
  put<std::uint32_t>(elf, 128 + 4, 1);
  put<std::uint64_t>(elf, 128 + 24, 200);
  put<std::uint64_t>(elf, 128 + 32, 24);
  elf.resize(224);
  EXPECT_EQ(image_extent(elf), 224U);
  put<std::uint64_t>(elf, 128 + 32, 25);
  EXPECT_EQ(image_extent(elf), 0U) << "a section beyond the bytes";
  put<std::uint64_t>(elf, 128 + 32, ~std::uint64_t{0});
  EXPECT_EQ(image_extent(elf), 0U);
}

TEST(Image, AContainerThatClaimsMoreThanItHasIsNone) {
  auto bytes = container(40, std::byte{0});
  put<std::uint64_t>(bytes, 8, 41);
  EXPECT_EQ(image_extent(bytes), 0U);
  put<std::uint64_t>(bytes, 8, ~std::uint64_t{0});
  EXPECT_EQ(image_extent(bytes), 0U);
  EXPECT_EQ(ReceivedImage(bytes).get(), nullptr);
}

TEST(Image, PrelinkedContainersTravelWithTheMainOne) {
  const auto main = container(20, std::byte{1});
  const auto first = container(8, std::byte{2});
  const auto second = container(16, std::byte{3});
  const void* list[] = {first.data(), second.data(), nullptr};
  const FatbinWrapper wrapper{wrapper_magic, 2, main.data(), list};
  const auto pieces = program_image(&wrapper);
  ASSERT_EQ(pieces.size(), 3U);
  std::vector<std::byte> sent;
  for (const auto& piece : pieces) {
    sent.insert(sent.end(), piece.begin(), piece.end());
    sent.resize((sent.size() + 7) / 8 * 8);
  }
  const ReceivedImage received(sent);
  const auto* arrived = static_cast<const FatbinWrapper*>(received.get());
  ASSERT_NE(arrived, nullptr);
  EXPECT_EQ(arrived->magic, wrapper_magic);
  EXPECT_EQ(arrived->version, 2U);
  EXPECT_EQ(std::memcmp(arrived->data, main.data(), main.size()), 0);
  const auto* prelinked = static_cast<const void* const*>(arrived->filename_or_fatbins);
  EXPECT_EQ(std::memcmp(prelinked[0], first.data(), first.size()), 0);
  EXPECT_EQ(std::memcmp(prelinked[1], second.data(), second.size()), 0);
  EXPECT_EQ(prelinked[2], nullptr);
}

TEST(Image, OneContainerArrivesBare) {
  const auto bytes = container(24, std::byte{9});
  const FatbinWrapper wrapper{wrapper_magic, 1, bytes.data(), nullptr};
  const auto pieces = program_image(&wrapper);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces.front().size(), bytes.size());
  EXPECT_EQ(ReceivedImage(pieces.front()).get(), bytes.data());
}

}  // namespace
}  // namespace vgpu::call
