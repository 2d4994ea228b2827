#pragma once

/// \file
/// Address checks that loads, stores and atomics share.

#include <bit>
#include <cstdint>
#include <string>

#include "reference_host/software_device/exec/memcheck.hpp"
#include "reference_host/software_device/exec/memory_ops.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

/// The addresses of the lanes in a memory instruction, before any window is applied.
struct LaneAddresses {
  std::uint64_t at[warp_size];
};

inline void gather_addresses(const Warp& warp, const Op& op, const Access& access,
                             LaneAddresses& out) {
  if (access.address_width == 8) {
    const std::uint64_t* a = source<std::uint64_t>(warp, op.a);
    for (int i = 0; i < warp_size; ++i) out.at[i] = a[i] + op.immediate;
  } else if (access.address_width == 4) {
    const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
    const auto offset = static_cast<std::uint32_t>(op.immediate);
    for (int i = 0; i < warp_size; ++i) out.at[i] = a[i] + offset;
  } else {
    const std::uint64_t base = op.immediate + (access.in_frame ? warp.frame->local_base : 0);
    for (int i = 0; i < warp_size; ++i) out.at[i] = base;
  }
}

/// A range of device memory that contains [address, address + size), cached by instruction.
inline bool find_range(Warp& warp, const Op& op, std::uint64_t address, std::uint64_t size,
                       DeviceMemory::Range& range) {
  DeviceMemory::Range& cached =
      warp.ranges[(reinterpret_cast<std::uintptr_t>(&op) / sizeof(Op)) & 7];
  const std::uint64_t offset = address - cached.begin;
  if (offset < cached.size && cached.size - offset >= size) {
    range = cached;
    return true;
  }
  range = warp.block->grid->memory->find(address, size);
  if (range.size == 0) return false;
  cached = range;
  return true;
}

/// Bytes that `lane` accesses at `address` in `access.place`; nullptr with a fault raised when it
/// may not.
std::byte* resolve(Warp& warp, const Op& op, Place place, int lane, std::uint64_t address,
                   std::size_t size, bool writes = false);

/// Host addresses of all lanes in `mask`, each checked for `size` bytes and alignment. False with a
/// fault raised.
bool resolve_lanes(Warp& warp, const Op& op, const Access& access, std::uint32_t mask,
                   std::size_t size, std::byte** out, Touch touch = Touch::unknown);

}  // namespace vgpu::softdevice::exec
