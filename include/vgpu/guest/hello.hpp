#pragma once

/// \file
/// Hello and HelloReply of session.capnp, in the form that call/codec.hpp encodes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace vgpu::guest {

inline constexpr std::uint16_t hello_operation = 1;
inline constexpr std::uint16_t protocol_version = 1;

/// Bits of Hello.features.
namespace feature {
inline constexpr std::uint64_t descriptors = 1U << 0;
inline constexpr std::uint64_t shared_host_memory = 1U << 1;
inline constexpr std::uint64_t staging = 1U << 2;
inline constexpr std::uint64_t output = 1U << 3;
}  // namespace feature

enum class ChannelRole : std::uint16_t { calls = 0, callbacks = 1 };

/// The fields before the first view are the data section, byte for byte.
struct Hello {
  static constexpr std::uint16_t data_words = 7;
  static constexpr std::uint16_t pointer_count = 3;
  alignas(8) std::uint16_t protocol_version = 0;
  std::uint16_t role = 0;
  std::uint32_t process_id = 0;
  std::uint64_t session = 0;
  std::uint64_t session_key = 0;
  std::uint64_t features = 0;
  std::uint32_t cuda_version = 0;
  std::uint32_t ring_bytes = 0;
  std::uint64_t window_begin = 0;
  std::uint64_t window_bytes = 0;
  std::span<const std::uint64_t> schema_hashes;
  std::string_view program;
  std::span<const std::byte> token;

  template <class Self, class Visitor>
  static void pointers(Self& self, Visitor&& visit) {
    visit(self.schema_hashes);
    visit(self.program);
    visit(self.token);
  }
};
static_assert(offsetof(Hello, window_bytes) == 48);

struct HelloReply {
  static constexpr std::uint16_t data_words = 9;
  static constexpr std::uint16_t pointer_count = 4;
  alignas(8) std::uint16_t protocol_version = 0;
  std::uint16_t accepted = 0;
  std::uint32_t process_id = 0;
  std::uint64_t session = 0;
  std::uint64_t session_key = 0;
  std::uint64_t features = 0;
  std::uint32_t cuda_version = 0;
  std::uint32_t frame_cap = 0;
  std::uint64_t window_begin = 0;
  std::uint64_t window_bytes = 0;
  std::uint32_t spin_microseconds = 0;
  std::uint32_t device_count = 0;
  std::uint64_t message_budget = 0;
  std::string_view reason;
  std::span<const std::uint64_t> schema_hashes;
  std::string_view host_name;
  std::string_view backend;

  template <class Self, class Visitor>
  static void pointers(Self& self, Visitor&& visit) {
    visit(self.reason);
    visit(self.schema_hashes);
    visit(self.host_name);
    visit(self.backend);
  }
};
static_assert(offsetof(HelloReply, message_budget) == 64);

}  // namespace vgpu::guest
