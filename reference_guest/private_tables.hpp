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

/// True for a table that the vendor's driver is known to have, whether we serve it or not. A
/// library that asks for one takes CUDA_ERROR_NOT_FOUND as "do without"; cuBLASLt does not take
/// CUDA_ERROR_INVALID_VALUE so, and calls through NULL (observed with cuBLAS 13 on half-precision
/// products).
bool is_vendor_table(const CUuuid& id) noexcept;

}  // namespace vgpu::guest
