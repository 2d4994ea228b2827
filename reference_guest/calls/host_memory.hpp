#pragma once

/// \file
/// Page-locked and managed memory of the guest: memory that guest and host map at one address in
/// the session's window, and ordinary memory of the program whose pages are moved onto shared
/// memory in place. Where nothing can be shared both sides have memory of their own and
/// mirrored_memory.hpp keeps it alike.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/memory_registry.hpp"

namespace vgpu::guest {

/// Asks the host to map and page-lock memory that the guest has mapped at `address`; `descriptor`
/// is -1 where nothing is shared.
using HostMap = std::function<CUresult(std::uint64_t address, int descriptor)>;

/// New memory in the window, known to the registry. Managed memory needs the window; pinned memory
/// falls back to plain memory, which copies like any other and has no device pointer.
CUresult allocate_host_memory(std::uint64_t bytes, RangeKind kind, std::uint32_t flags,
                              std::uint64_t& address, const HostMap& map_on_host);

/// Gives the guest's side of such memory back; the host has let go of it already, and the registry
/// has forgotten it.
void release_host_memory(const Range& range);

/// What cuMemHostRegister may be told.
inline constexpr unsigned known_register_flags =
    CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP | CU_MEMHOSTREGISTER_IOMEMORY |
    CU_MEMHOSTREGISTER_READ_ONLY;

/// cuMemHostRegister.
CUresult register_host_memory(std::uint64_t address, std::uint64_t bytes, unsigned flags);

/// cuMemHostUnregister.
CUresult unregister_host_memory(std::uint64_t address);

/// The page-locked and managed memory of a context that has ended is the program's no longer as far
/// as CUDA is concerned. What was allocated stays mapped, as the program may still look at it.
/// To be called before the registry forgets the context's other memory.
void end_host_memory(std::uint64_t context);

/// cuMemFreeHost, and cuMemFree of managed memory.
CUresult free_host_memory(const Range& range);

}  // namespace vgpu::guest
