#pragma once

/// \file
/// Host memory that guest and host cannot share, kept alike by copying: all pinned and managed
/// memory over unix and TCP, and the partial pages at the ends of registered memory over shm.
///
/// Each region has a twin, the bytes on which both sides last agreed. `mirror_out` sends the bytes
/// that differ from the twin because the program wrote them; `mirror_in` fetches the region and
/// takes over the bytes that differ because the device wrote them. So a byte that only one side
/// has changed is never lost, whatever its neighbours do. Whole regions are compared and fetched:
/// correct, and slow for large ones.
///
/// Who calls what: `mirror_out` before anything is published that may read host memory (launches,
/// copies, fills, graph launches, and waits, as a stream may wait for what the program wrote),
/// `mirror_in` after anything by which a program may know that the device has finished
/// (synchronisation of a context, stream or event, a successful query, a blocking copy). Both cost
/// one relaxed load where no such region exists. Any thread.

#include <atomic>
#include <cstdint>

#include "vgpu/call/cuda_types.hpp"

namespace vgpu::guest {

namespace detail {
inline constinit std::atomic<int> mirrored_regions{0};
CUresult mirror_out_slow() noexcept;
CUresult mirror_in_slow() noexcept;
}  // namespace detail

/// The host has what the program has written so far.
inline CUresult mirror_out() noexcept {
  if (detail::mirrored_regions.load(std::memory_order_relaxed) == 0) [[likely]] {
    return CUDA_SUCCESS;
  }
  return detail::mirror_out_slow();
}

/// The program sees what the device has written so far.
inline CUresult mirror_in() noexcept {
  if (detail::mirrored_regions.load(std::memory_order_relaxed) == 0) [[likely]] {
    return CUDA_SUCCESS;
  }
  return detail::mirror_in_slow();
}

enum class MirrorKind {
  plain,
  read_only,  ///< the program's memory cannot be written to, so nothing comes back
  borrowed,   ///< the program may unmap it without a word: it is only touched through the kernel
};

/// Begins to mirror [address, address + size), which the host has at `host_address`, zeroed. False
/// without memory for the twin, or where memory cannot be borrowed.
bool add_mirror(std::uint64_t address, std::uint64_t host_address, std::uint64_t size,
                MirrorKind kind = MirrorKind::plain);

/// Ends the mirroring of all regions inside [address, address + size).
void remove_mirrors(std::uint64_t address, std::uint64_t size);

/// Ends the mirroring of the region that the host has at `host_address`.
void remove_mirror(std::uint64_t host_address);

}  // namespace vgpu::guest
