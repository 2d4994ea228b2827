#pragma once

/// \file
/// What a CUDA handle is on the wire, and in the program that holds it: a typed, generation-tagged
/// id that is scoped to its session and never an address of the host. As a pointer value it is
/// canonical, 16-byte aligned, above 4 TiB and so never equal to CU_STREAM_LEGACY or
/// CU_STREAM_PER_THREAD, nor to anything a program gets from malloc on x86-64.

#include <cstdint>

namespace vgpu::call {

/// The object behind a handle. Values are those of `HandleKind` in annotations.capnp.
enum class HandleKind : std::uint8_t {
  none = 0,
  context = 1,
  stream = 2,
  event = 3,
  module = 4,
  function = 5,
  library = 6,
  kernel = 7,
  graph = 8,
  graph_node = 9,
  graph_exec = 10,
  memory_pool = 11,
  allocation = 12,
  array = 13,
  mipmapped_array = 14,
  texture_object = 15,
  surface_object = 16,
  texture_reference = 17,
  surface_reference = 18,
  external_memory = 19,
  external_semaphore = 20,
  graphics_resource = 21,
  user_object = 22,
  link_state = 23,
  green_context = 24,
  resource_descriptor = 25,
  egl_stream = 26,
  logs_callback = 27,
  async_callback = 28,
  graph_conditional = 29,
  graph_device_node = 30,
  multicast = 31,
};

inline constexpr unsigned handle_kind_count = 32;

/// Bits, from the lowest: 4 zero, 24 index, 14 generation, 5 kind. The upper half of the index
/// space belongs to ids that the host chooses (handles returned in arrays), the lower half to those
/// that the guest chooses.
struct HandleId {
  std::uint64_t value = 0;

  static constexpr unsigned index_bits = 24;
  static constexpr unsigned generation_bits = 14;
  static constexpr std::uint32_t index_limit = 1U << index_bits;
  static constexpr std::uint32_t host_index_begin = index_limit / 2;
  static constexpr std::uint32_t generation_limit = 1U << generation_bits;

  static constexpr HandleId make(HandleKind kind, std::uint32_t index,
                                 std::uint32_t generation) noexcept {
    return {(std::uint64_t{static_cast<std::uint8_t>(kind)} << (4 + index_bits + generation_bits)) |
            (std::uint64_t{generation & (generation_limit - 1)} << (4 + index_bits)) |
            (std::uint64_t{index & (index_limit - 1)} << 4)};
  }

  constexpr HandleKind kind() const noexcept {
    const std::uint64_t kind = value >> (4 + index_bits + generation_bits);
    return (value & 15U) == 0 && kind < handle_kind_count ? static_cast<HandleKind>(kind)
                                                          : HandleKind::none;
  }
  constexpr std::uint32_t index() const noexcept {
    return static_cast<std::uint32_t>(value >> 4) & (index_limit - 1);
  }
  constexpr std::uint32_t generation() const noexcept {
    return static_cast<std::uint32_t>(value >> (4 + index_bits)) & (generation_limit - 1);
  }
  constexpr bool is_null() const noexcept { return value == 0; }
  friend constexpr bool operator==(HandleId, HandleId) noexcept = default;
};

}  // namespace vgpu::call
