#pragma once

/// \file
/// What this process knows of its own memory: which addresses are device memory, which are host
/// memory that the device sees, and of which context. Pointer questions are answered from it, and
/// unified copies decide by it which of their two addresses is plain host memory.
///
/// Whoever obtains memory by other ways than the calls in calls/memory.cpp and its neighbours
/// (global variables of modules, IPC, graphics) says so with `remember_memory`; an address that is
/// not here counts as plain host memory.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vgpu/memory/interval_map.hpp"

namespace vgpu::guest {

using memory::Range;
using memory::RangeAttributes;
using memory::RangeKind;

/// Bits of RangeAttributes::flags above those of the CUDA call that made the range.
namespace range_flag {
inline constexpr std::uint32_t registered = 1U << 20;        ///< by cuMemHostRegister
inline constexpr std::uint32_t plain = 1U << 21;             ///< host memory that the host has not
inline constexpr std::uint32_t pool = 1U << 22;              ///< stream-ordered allocation
inline constexpr std::uint32_t managed_variable = 1U << 23;  ///< a module's, shared with the host
inline constexpr std::uint32_t graph = 1U << 24;             ///< comes and goes as a graph runs
inline constexpr std::uint32_t call_bits = (1U << 20) - 1;
}  // namespace range_flag

/// Managed memory: from cuMemAllocManaged, or a module's variable.
inline bool is_managed(const RangeAttributes& attributes) noexcept {
  return attributes.kind == RangeKind::managed ||
         (attributes.kind == RangeKind::module_variable &&
          (attributes.flags & range_flag::managed_variable) != 0);
}

/// The ranges of this process. `tag` of host memory is its address on the host where that is
/// another one, else 0. Made on first use and never destroyed: destructors of the program may still
/// copy.
inline memory::IntervalMap& memory_registry() {
  static auto* const registry = new memory::IntervalMap;
  return *registry;
}

/// The range that contains the byte at `address`; Range{} for plain host memory. No lock, no
/// allocation. Any thread.
inline Range find_memory(std::uint64_t address) noexcept {
  return memory_registry().find(address);
}

/// Whether the device has all of [address, address + size), as far as this process knows.
/// Registered memory by its address on the host is not known. No lock, no allocation. Any thread.
inline bool knows_memory(std::uint64_t address, std::uint64_t size) noexcept {
  return size == 0 || memory_registry().owns(address, size);
}

/// Forgets the range that begins at `address`; Range{} when there was none.
inline Range forget_memory(std::uint64_t address) {
  return memory_registry().erase(address);
}

/// Enters [address, address + size). The host is the authority: what was known to overlap is stale
/// (its context or module ended) and goes. Throws std::bad_alloc.
inline void remember_memory(std::uint64_t address, std::uint64_t size,
                            const RangeAttributes& attributes) {
  memory::IntervalMap& registry = memory_registry();
  if (size == 0 || registry.insert(address, size, attributes)) return;
  registry.erase_if([address, size](const Range& range) {
    return range.begin < address ? address - range.begin < range.size
                                 : range.begin - address < size;
  });
  registry.insert(address, size, attributes);
}

/// As above, for the module code and its like.
inline void remember_memory(std::uint64_t address, std::uint64_t size, RangeKind kind,
                            std::uint64_t context, std::uint64_t owner = 0, int device = -1) {
  RangeAttributes attributes;
  attributes.kind = kind;
  attributes.context = context;
  attributes.owner = owner;
  attributes.device = device;
  remember_memory(address, size, attributes);
}

/// Forgets everything that ends with a context (destroyed or reset). Host memory stays mapped.
inline void forget_context_memory(std::uint64_t context) {
  if (context == 0) return;
  memory_registry().erase_if([context](const Range& range) {
    return range.attributes.context == context && range.attributes.kind != RangeKind::mapped &&
           range.attributes.kind != RangeKind::pinned;
  });
}

/// Forgets everything that ends with an object (module, library).
inline void forget_owned_memory(std::uint64_t owner) {
  if (owner == 0) return;
  memory_registry().erase_if(
      [owner](const Range& range) { return range.attributes.owner == owner; });
}

/// The address by which the host knows a byte of a range.
inline std::uint64_t host_address(const Range& range, std::uint64_t address) noexcept {
  return range.attributes.tag == 0 ? address : range.attributes.tag + (address - range.begin);
}

}  // namespace vgpu::guest
