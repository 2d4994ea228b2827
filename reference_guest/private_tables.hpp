#pragma once

/// \file
/// The driver's private tables: what CUDA runtimes and libraries ask of a driver beyond cuda.h.

#include "vgpu/call/cuda_types.hpp"

namespace vgpu::guest {

/// The table of a UUID: an array of 8-byte words at an address that never changes; nullptr when it
/// is not served. Works before cuInit; what a slot does may need it. Any thread.
///
/// Every slot can be called. One that is not implemented returns CUDA_ERROR_NOT_SUPPORTED and logs
/// its table, its number and six arguments, once.
const void* find_private_table(const CUuuid& id) noexcept;

}  // namespace vgpu::guest
