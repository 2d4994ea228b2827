#pragma once

#include <cstdint>

#include "vgpu/host/session.hpp"

namespace vgpu::host {

/// Forgets what ended with a context: its memory, its objects, the page lock of the staging area.
/// The context's own id stays.
inline void forget_contents(Session& session, std::uint64_t context) {
  session.memory().erase_if(
      [context](const memory::Range& range) { return range.attributes.context == context; });
  session.handles().release_children(context);
  session.staging().unpinned();
}

}  // namespace vgpu::host
