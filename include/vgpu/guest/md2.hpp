#pragma once

/// \file
/// MD2 (RFC 1319) and HMAC over it: the digest with which CUDA runtimes check their driver.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace vgpu::guest {

using Md2Digest = std::array<std::uint8_t, 16>;

/// MD2 of bytes that arrive in pieces.
class Md2 {
 public:
  static constexpr std::size_t block_bytes = 16;

  void update(std::span<const std::uint8_t> bytes) noexcept {
    for (const std::uint8_t byte : bytes) {
      buffer_[filled_++] = byte;
      if (filled_ == block_bytes) {
        absorb();
        filled_ = 0;
      }
    }
  }

  /// Ends the message; the object is of no use afterwards.
  Md2Digest finish() noexcept {
    const auto padding = static_cast<std::uint8_t>(block_bytes - filled_);
    while (filled_ < block_bytes) buffer_[filled_++] = padding;
    absorb();
    buffer_ = checksum_;
    mix();
    Md2Digest digest;
    std::memcpy(digest.data(), state_.data(), digest.size());
    return digest;
  }

 private:
  static constexpr std::array<std::uint8_t, 256> substitution = {
      41,  46,  67,  201, 162, 216, 124, 1,   61,  54,  84,  161, 236, 240, 6,   19,  98,  167, 5,
      243, 192, 199, 115, 140, 152, 147, 43,  217, 188, 76,  130, 202, 30,  155, 87,  60,  253, 212,
      224, 22,  103, 66,  111, 24,  138, 23,  229, 18,  190, 78,  196, 214, 218, 158, 222, 73,  160,
      251, 245, 142, 187, 47,  238, 122, 169, 104, 121, 145, 21,  178, 7,   63,  148, 194, 16,  137,
      11,  34,  95,  33,  128, 127, 93,  154, 90,  144, 50,  39,  53,  62,  204, 231, 191, 247, 151,
      3,   255, 25,  48,  179, 72,  165, 181, 209, 215, 94,  146, 42,  172, 86,  170, 198, 79,  184,
      56,  210, 150, 164, 125, 182, 118, 252, 107, 226, 156, 116, 4,   241, 69,  157, 112, 89,  100,
      113, 135, 32,  134, 91,  207, 101, 230, 45,  168, 2,   27,  96,  37,  173, 174, 176, 185, 246,
      28,  70,  97,  105, 52,  64,  126, 15,  85,  71,  163, 35,  221, 81,  175, 58,  195, 92,  249,
      206, 186, 197, 234, 38,  44,  83,  13,  110, 133, 40,  132, 9,   211, 223, 205, 244, 65,  129,
      77,  82,  106, 220, 55,  200, 108, 193, 171, 250, 36,  225, 123, 8,   12,  189, 177, 74,  120,
      136, 149, 139, 227, 99,  232, 109, 233, 203, 213, 254, 59,  0,   29,  57,  242, 239, 183, 14,
      102, 88,  208, 228, 166, 119, 114, 248, 235, 117, 75,  10,  49,  68,  80,  180, 143, 237, 31,
      26,  219, 153, 141, 51,  159, 17,  131, 20};

  void absorb() noexcept {
    std::uint8_t last = checksum_[block_bytes - 1];
    for (std::size_t i = 0; i < block_bytes; ++i) {
      checksum_[i] = static_cast<std::uint8_t>(checksum_[i] ^ substitution[buffer_[i] ^ last]);
      last = checksum_[i];
    }
    mix();
  }

  void mix() noexcept {
    for (std::size_t i = 0; i < block_bytes; ++i) {
      state_[block_bytes + i] = buffer_[i];
      state_[2 * block_bytes + i] = static_cast<std::uint8_t>(state_[i] ^ buffer_[i]);
    }
    std::uint8_t carry = 0;
    for (unsigned round = 0; round < 18; ++round) {
      for (std::uint8_t& byte : state_) {
        byte = static_cast<std::uint8_t>(byte ^ substitution[carry]);
        carry = byte;
      }
      carry = static_cast<std::uint8_t>(carry + round);
    }
  }

  std::array<std::uint8_t, 3 * block_bytes> state_{};
  std::array<std::uint8_t, block_bytes> checksum_{};
  std::array<std::uint8_t, block_bytes> buffer_{};
  std::size_t filled_ = 0;
};

inline Md2Digest md2(std::span<const std::uint8_t> bytes) noexcept {
  Md2 hash;
  hash.update(bytes);
  return hash.finish();
}

/// HMAC-MD2 with a key of one block, fed piece by piece.
class HmacMd2 {
 public:
  using Key = std::array<std::uint8_t, Md2::block_bytes>;

  explicit HmacMd2(const Key& key) noexcept {
    Key inner_pad;
    for (std::size_t i = 0; i < key.size(); ++i) {
      inner_pad[i] = key[i] ^ 0x36U;
      outer_pad_[i] = key[i] ^ 0x5cU;
    }
    inner_.update(inner_pad);
  }
  void update(std::span<const std::uint8_t> bytes) noexcept { inner_.update(bytes); }
  Md2Digest finish() noexcept {
    Md2 outer;
    outer.update(outer_pad_);
    outer.update(inner_.finish());
    return outer.finish();
  }

 private:
  Md2 inner_;
  Key outer_pad_{};
};

}  // namespace vgpu::guest
