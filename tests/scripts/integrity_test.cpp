#include "integrity.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace vgpu::tool {
namespace {

std::string hexadecimal(const Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string md2_of(std::string_view text) {
  return hexadecimal(md2({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

TEST(Md2, TestSuiteOfRfc1319) {
  EXPECT_EQ(md2_of(""), "8350e5a3e24c153df2275c9f80692773");
  EXPECT_EQ(md2_of("a"), "32ec01ec4a6dac72c0ab96fb34c0b5d1");
  EXPECT_EQ(md2_of("message digest"), "ab4f496bfb2a530b219ff33031fe06b0");
  EXPECT_EQ(
      md2_of("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
      "d5976f79d83d3a0dc9806c3c66f3efd8");
}

TEST(ExpectedIntegrity, AnswerRecordedFromADriver) {
  const IntegrityDevice device{{0x67, 0x22, 0xCB, 0xCF, 0xC6, 0x61, 0xF2, 0x92, 0x74, 0xD6, 0xED,
                                0x23, 0x2A, 0x32, 0x13, 0x1C},
                               0,
                               4,
                               0};
  const IntegrityInput input{12020,          0x2B4A,         0x4D08,         0x2B78,
                             0x7FF8C80717F0, 0x7FF8C825E4B0, 0x7FF8C7DD0AD0, 0x64A365EE};
  EXPECT_EQ(hexadecimal(expected_integrity(input, {&device, 1})),
            "7a7014f22846c3a784cdbf423331f1ea");
}

TEST(ExpectedIntegrity, FirstTwoVersionsAreFixed) {
  IntegrityInput input{};
  input.version = 13000;
  EXPECT_EQ(hexadecimal(expected_integrity(input, {})), "5c67cb031c184133e8d14c1faa83d38e");
  input.version = 13001;
  EXPECT_EQ(hexadecimal(expected_integrity(input, {})), "5c67cb031c184118e8d14c1faa83d38e");
}

}  // namespace
}  // namespace vgpu::tool
