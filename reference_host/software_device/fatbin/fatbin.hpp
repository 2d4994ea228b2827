#pragma once

/// \file
/// Reading of fat binaries. The length of an image is what its own headers say; within that,
/// nothing is read that lies outside.

#include <cstddef>
#include <string>
#include <vector>

#include "reference_host/software_device/engine.hpp"

namespace vgpu::softdevice::fatbin {

/// Code for any device up to this one is tried, whatever the device claims to be.
inline constexpr unsigned newest_architecture = 129;

/// The PTX texts of `image` that run on a device of `compute_capability`: one, or one per linked
/// object for an image of relocatable code. Empty with `error` filled in.
std::vector<std::string> select_ptx(const void* image, int compute_capability, LoadError& error);

}  // namespace vgpu::softdevice::fatbin
