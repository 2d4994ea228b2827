#pragma once

/// \file
/// What an address in a copy is.

#include <cstdint>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/memory_registry.hpp"

namespace vgpu::guest {

/// One side of a copy.
struct Operand {
  /// Memory that the host does not have: its bytes travel.
  bool plain = true;
  /// The registry knows all of it, so that the host's check cannot fail.
  bool known = false;
  /// For memory that the host has, its address there.
  std::uint64_t address = 0;
};

/// Looks `address` up. `device` says that the program calls it a device address: then it is never
/// plain, and the host decides about one that is not known here.
Operand examine_operand(std::uint64_t address, std::uint64_t bytes, bool device) noexcept;

}  // namespace vgpu::guest
