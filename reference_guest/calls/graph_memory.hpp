#pragma once

/// \file
/// Whether graphs of this process may allocate memory: their launches can be refused, and are
/// waited for.

#include <atomic>

namespace vgpu::guest {

/// Set by the first allocation that a capture recorded, and never cleared.
inline std::atomic<bool> graphs_may_allocate{false};

}  // namespace vgpu::guest
