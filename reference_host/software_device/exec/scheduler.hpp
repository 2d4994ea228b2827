#pragma once

/// \file
/// Spreads the blocks of grids over threads.

#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

/// Runs every block of `grid` on the calling thread and idle worker threads; returns when all are
/// done or the grid ended early. A cooperative grid has all its blocks in flight at once.
void schedule_grid(Grid& grid);

}  // namespace vgpu::softdevice::exec
