#pragma once

#include <chrono>

#include "reference_host/software_device/engine.hpp"

namespace vgpu::softdevice {

/// Appends a line about a grid that has ended to the file that VGPU_SOFT_PROFILE names; without the
/// variable it does nothing. Tab-separated: kernel, blocks, threads per block, warp instructions,
/// thread instructions, seconds. Lines of several processes do not mix. Thread-safe.
void profile_kernel(const Kernel& kernel, const LaunchConfig& config,
                    const ExecutionCount& executed, std::chrono::duration<double> time) noexcept;

}  // namespace vgpu::softdevice
