#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace vgpu::wire {

static_assert(std::endian::native == std::endian::little, "the wire is little-endian");

/// The first 24 bytes of every frame: the plain mirror of FrameHeader in schema/session.capnp, in
/// the same bytes. Field meanings are documented there.
struct FrameHeader {
  std::uint32_t sequence = 0;
  std::uint16_t operation = 0;
  std::uint8_t flags = 0;
  std::uint8_t data_words = 0;
  std::uint32_t length = 0;
  std::int32_t status = 0;
  std::uint64_t ticket = 0;

  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

static_assert(sizeof(FrameHeader) == 24 && alignof(FrameHeader) == 8);
static_assert(std::is_trivially_copyable_v<FrameHeader> && std::is_standard_layout_v<FrameHeader>);
static_assert(offsetof(FrameHeader, sequence) == 0 && offsetof(FrameHeader, operation) == 4);
static_assert(offsetof(FrameHeader, flags) == 6 && offsetof(FrameHeader, data_words) == 7);
static_assert(offsetof(FrameHeader, length) == 8 && offsetof(FrameHeader, status) == 12);
static_assert(offsetof(FrameHeader, ticket) == 16);

inline constexpr std::size_t frame_header_bytes = sizeof(FrameHeader);

namespace detail {
/// Keeps the compiler from joining neighbouring loads: a load that spans several younger, narrower
/// stores waits until they have reached the cache, about 5 ns.
inline std::uint64_t alone(std::uint64_t value) noexcept {
#if defined(__GNUC__)
  asm("" : "+r"(value));
#endif
  return value;
}
}  // namespace detail

/// The words of `header` with `sequence` and `flags` in place of its own, each field read as it was
/// written (see detail::alone).
inline std::array<std::uint64_t, 3> header_words(const FrameHeader& header, std::uint32_t sequence,
                                                 std::uint8_t flags) noexcept {
  return {sequence | detail::alone(header.operation) << 32 | std::uint64_t{flags} << 48 |
              detail::alone(header.data_words) << 56,
          detail::alone(header.length) | detail::alone(static_cast<std::uint32_t>(header.status))
                                             << 32,
          header.ticket};
}

/// Copies a header that was written word by word, without the bits `but` of its flags.
inline void copy_header(FrameHeader& to, const FrameHeader& from, std::uint8_t but = 0) noexcept {
  std::array<std::uint64_t, 3> words;
  std::memcpy(words.data(), &from, sizeof(words));
  words[0] &= ~(std::uint64_t{but} << 48);
  for (std::uint64_t& word : words) word = detail::alone(word);
  std::memcpy(static_cast<void*>(&to), words.data(), sizeof(words));
}

/// Bits of FrameHeader::flags; the bit numbers are those of FrameFlag in schema/session.capnp.
namespace frame_flag {
inline constexpr std::uint8_t reply = 1u << 0;
inline constexpr std::uint8_t more = 1u << 1;
inline constexpr std::uint8_t no_reply = 1u << 2;
inline constexpr std::uint8_t padding = 1u << 3;
inline constexpr std::uint8_t descriptor = 1u << 4;
inline constexpr std::uint8_t output = 1u << 5;
}  // namespace frame_flag

/// The sequence number after `sequence`: they count from 1 and skip 0.
constexpr std::uint32_t next_sequence(std::uint32_t sequence) noexcept {
  return sequence == UINT32_MAX ? 1 : sequence + 1;
}

/// `bytes` rounded up to a multiple of `unit`, a power of two.
constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) noexcept {
  return (bytes + unit - 1) & ~(unit - 1);
}

}  // namespace vgpu::wire
