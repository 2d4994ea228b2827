#pragma once

#include <sys/mman.h>

#include <cstdint>

#include "host_memory.hpp"
#include "vgpu/host/session.hpp"

namespace vgpu::host {

/// Forgets what ended with a context: its memory, its objects, the page lock of the staging area.
/// The context's own id stays.
inline void forget_contents(Session& session, std::uint64_t context) {
  const auto ended = session.memory().erase_if(
      [context](const memory::Range& range) { return range.attributes.context == context; });
  for (const memory::Range& range : ended) {
    // The driver has let go of it. What was allocated in the window stays for the guest.
    if (range.attributes.kind == memory::RangeKind::pinned &&
        (range.attributes.flags & range_registered) != 0) {
      ::munmap(reinterpret_cast<void*>(range.attributes.owner), range.attributes.tag);
    }
  }
  session.handles().release_children(context);
  session.staging().unpinned();
}

}  // namespace vgpu::host
