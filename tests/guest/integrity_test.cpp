#include "vgpu/guest/integrity.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace vgpu::guest {
namespace {

template <class Bytes>
std::string hex(const Bytes& bytes) {
  std::string text;
  for (const auto byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(byte) & 0xffU);
    text += digits;
  }
  return text;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Md2, AgreesWithTheVectorsOfRfc1319) {
  EXPECT_EQ(hex(md2(bytes_of(""))), "8350e5a3e24c153df2275c9f80692773");
  EXPECT_EQ(hex(md2(bytes_of("a"))), "32ec01ec4a6dac72c0ab96fb34c0b5d1");
  EXPECT_EQ(hex(md2(bytes_of("abc"))), "da853b0d3f88d99b30283a69e6ded6bb");
  EXPECT_EQ(hex(md2(bytes_of("message digest"))), "ab4f496bfb2a530b219ff33031fe06b0");
  EXPECT_EQ(
      hex(md2(bytes_of("1234567890123456789012345678901234567890123456789012345678901234567890"
                       "1234567890"))),
      "d5976f79d83d3a0dc9806c3c66f3efd8");
}

TEST(Md2, IsTheSameInPieces) {
  const std::string_view text = "the bytes may arrive in pieces of any size";
  Md2 hash;
  for (const char& c : text) hash.update(bytes_of({&c, 1}));
  EXPECT_EQ(hash.finish(), md2(bytes_of(text)));
}

IntegrityQuestion captured() {
  return {12020,          0x2B4A,         0x4D08,         0x2B78,
          0x7FF8C80717F0, 0x7FF8C825E4B0, 0x7FF8C7DD0AD0, 0x64A365EE};
}
constexpr IntegrityDevice captured_device = {{0x67, 0x22, 0xCB, 0xCF, 0xC6, 0x61, 0xF2, 0x92, 0x74,
                                              0xD6, 0xED, 0x23, 0x2A, 0x32, 0x13, 0x1C},
                                             0,
                                             4,
                                             0};

std::string answer_to(const IntegrityQuestion& question, std::span<const IntegrityDevice> devices) {
  const IntegrityAnswer answer = integrity_answer(question, devices);
  return hex(std::bit_cast<std::array<std::uint8_t, 16>>(answer));
}

TEST(Integrity, ReproducesACapturedDigest) {
  EXPECT_EQ(answer_to(captured(), {&captured_device, 1}), "7a7014f22846c3a784cdbf423331f1ea");
}

TEST(Integrity, CoversEveryDevice) {
  const IntegrityDevice two[] = {captured_device, captured_device};
  EXPECT_NE(answer_to(captured(), two), answer_to(captured(), {two, 1}));
  EXPECT_NE(answer_to(captured(), {}), answer_to(captured(), {two, 1}));
}

TEST(Integrity, HasFixedAnswersForTheFirstTwoQuestions) {
  IntegrityQuestion question = captured();
  question.version = 13000;
  EXPECT_EQ(integrity_answer(question, {}),
            (IntegrityAnswer{0x3341181C03CB675C, 0x8ED383AA1F4CD1E8}));
  question.version = 13001;
  EXPECT_EQ(integrity_answer(question, {}),
            (IntegrityAnswer{0x1841181C03CB675C, 0x8ED383AA1F4CD1E8}));
}

}  // namespace
}  // namespace vgpu::guest
