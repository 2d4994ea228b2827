#include "integrity.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace vgpu::tool {

namespace {

constexpr std::size_t block = 16;

/// The permutation of RFC 1319, made of the digits of pi.
constexpr std::array<std::uint8_t, 256> permutation = {
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

void append(std::vector<std::uint8_t>& to, const void* bytes, std::size_t size) {
  const auto* begin = static_cast<const std::uint8_t*>(bytes);
  to.insert(to.end(), begin, begin + size);
}

}  // namespace

Digest md2(std::span<const std::uint8_t> message) {
  std::vector<std::uint8_t> padded(message.begin(), message.end());
  const std::size_t fill = block - message.size() % block;
  padded.insert(padded.end(), fill, static_cast<std::uint8_t>(fill));

  std::array<std::uint8_t, block> checksum{};
  std::uint8_t last = 0;
  for (std::size_t at = 0; at < padded.size(); at += block) {
    for (std::size_t i = 0; i < block; ++i) {
      last = checksum[i] ^= permutation[padded[at + i] ^ last];
    }
  }
  padded.insert(padded.end(), checksum.begin(), checksum.end());

  std::array<std::uint8_t, 3 * block> state{};
  for (std::size_t at = 0; at < padded.size(); at += block) {
    for (std::size_t i = 0; i < block; ++i) {
      state[block + i] = padded[at + i];
      state[2 * block + i] = padded[at + i] ^ state[i];
    }
    unsigned carry = 0;
    for (unsigned round = 0; round < 18; ++round) {
      for (std::uint8_t& byte : state) carry = byte ^= permutation[carry];
      carry = (carry + round) % 256;
    }
  }
  Digest digest;
  std::copy_n(state.begin(), block, digest.begin());
  return digest;
}

Digest expected_integrity(const IntegrityInput& input, std::span<const IntegrityDevice> devices) {
  Digest digest;
  if (input.version % 10 < 2) {
    const std::uint64_t fixed[] = {
        input.version % 10 == 0 ? 0x3341181C03CB675Cu : 0x1841181C03CB675Cu, 0x8ED383AA1F4CD1E8u};
    std::memcpy(digest.data(), fixed, sizeof fixed);
    return digest;
  }
  constexpr std::array<std::uint8_t, block> key = {0x14, 0x6A, 0xDD, 0xAE, 0x53, 0xA9, 0xA7, 0x52,
                                                   0xAA, 0x08, 0x41, 0x36, 0x0B, 0xF5, 0x5A, 0x9F};
  std::vector<std::uint8_t> inner;
  inner.reserve(block + sizeof input + devices.size_bytes());
  for (const std::uint8_t byte : key) inner.push_back(byte ^ 0x36);
  append(inner, &input, sizeof input);
  append(inner, devices.data(), devices.size_bytes());
  const Digest inner_digest = md2(inner);
  std::vector<std::uint8_t> outer;
  outer.reserve(block + sizeof inner_digest);
  for (const std::uint8_t byte : key) outer.push_back(byte ^ 0x5c);
  append(outer, inner_digest.data(), inner_digest.size());
  return md2(outer);
}

}  // namespace vgpu::tool
