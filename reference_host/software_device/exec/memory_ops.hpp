#pragma once

/// \file
/// Handlers of instructions that touch memory.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

/// The spaces as the executor tells them apart.
enum class Place : std::uint8_t {
  generic,
  global,
  shared,
  local,
  kernel_param,
  frame_param,
  constant,  ///< only asked for: constants lie in global memory
};

/// A load, store or atomic; packed into Op::aux. Addresses are operand `a` plus `immediate`.
/// Loads write `d`, stores read `b`; with more than one element these are `count` operand codes
/// from DecodedFunction::extra at Op::extra.
struct Access {
  Place place = Place::generic;
  unsigned element_log2 = 2;   ///< bytes in memory
  unsigned register_log2 = 2;  ///< bytes of the register, at least the element's
  bool sign_extend = false;
  unsigned count = 1;
  unsigned address_width = 8;  ///< 4 or 8 bytes of register; 0: no register
  bool in_frame = false;       ///< local: relative to the function's own variables
  bool ordered = false;        ///< acquire, release: fence around the access

  constexpr std::uint32_t pack() const {
    return static_cast<std::uint32_t>(place) | element_log2 << 3 | register_log2 << 5 |
           std::uint32_t{sign_extend} << 7 | count << 8 | address_width << 12 |
           std::uint32_t{in_frame} << 16 | std::uint32_t{ordered} << 17;
  }
  static constexpr Access unpack(std::uint32_t bits) {
    Access access;
    access.place = static_cast<Place>(bits & 7);
    access.element_log2 = bits >> 3 & 3;
    access.register_log2 = bits >> 5 & 3;
    access.sign_extend = bits >> 7 & 1;
    access.count = bits >> 8 & 15;
    access.address_width = bits >> 12 & 15;
    access.in_frame = bits >> 16 & 1;
    access.ordered = bits >> 17 & 1;
    return access;
  }
};

enum class Atomic : std::uint8_t {
  add,
  min,
  max,
  inc,
  dec,
  and_,
  or_,
  xor_,
  exch,
  cas,
};

Handler select_load(const Access& access);
Handler select_store(const Access& access);
/// atom and red: operand `b`, for cas also `c`; `d` is no_guard for red. nullptr when the type has
/// no such operation.
Handler select_atomic(Atomic operation, ptx::Type type);

/// d = address of a .local variable (immediate: its offset in the frame).
void local_address(Warp& warp, const Op& op, std::uint32_t mask);
/// d (predicate) = operand a is an address in the window `aux` (enum Place).
void is_space(Warp& warp, const Op& op, std::uint32_t mask);
/// Orders memory accesses of this thread against those of others.
void memory_fence(Warp& warp, const Op& op, std::uint32_t mask);

/// The host address of [address, address + size) in the generic space as `lane` sees it; nullptr
/// with a fault raised when the lane may not access it.
std::byte* resolve_generic(Warp& warp, const Op& op, int lane, std::uint64_t address,
                           std::size_t size);

}  // namespace vgpu::softdevice::exec
