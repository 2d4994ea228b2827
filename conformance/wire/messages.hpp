#pragma once

/// \file
/// Messages as bytes, and the owned forms of those that both roles read.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vgpu/call/codec.hpp"
#include "vgpu/guest/hello.hpp"
#include "wire/link.hpp"

namespace vgpu::conformance::wire {

/// A message in 8-byte words.
using Words = std::vector<std::uint64_t>;

inline std::span<const std::byte> bytes_of(const Words& words) {
  return std::as_bytes(std::span(words));
}

template <class Message>
Words encoded(const Message& message) {
  Words words(call::encoded_size(message) / 8);
  if (!words.empty()) call::encode(message, reinterpret_cast<std::byte*>(words.data()));
  return words;
}

/// A HelloReply with memory of its own.
struct Welcome {
  FrameHeader header;
  bool accepted = false;
  std::uint16_t protocol_version = 0;
  std::uint64_t session = 0;
  std::uint64_t session_key = 0;
  std::uint64_t features = 0;
  std::uint32_t cuda_version = 0;
  std::uint32_t frame_cap = 0;
  std::uint64_t window_begin = 0;
  std::uint64_t window_bytes = 0;
  std::uint32_t device_count = 0;
  std::uint64_t message_budget = 0;
  std::string reason;
  std::string host_name;
  std::string backend;
};

/// Throws PeerError when the frame is no HelloReply.
Welcome read_welcome(const Frame& frame);

}  // namespace vgpu::conformance::wire
