#pragma once

/// \file
/// Local memory that a thread takes while it runs: alloca. It grows down from the end of the
/// thread's local memory, towards the variables of its calls, and goes when its function returns.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

/// d = address in local memory of b bytes, aligned to `aux`.
void stack_allocate(Warp& warp, const Op& op, std::uint32_t mask);
/// d = where the stack ends now.
void stack_save(Warp& warp, const Op& op, std::uint32_t mask);
/// The stack ends at a again.
void stack_restore(Warp& warp, const Op& op, std::uint32_t mask);

}  // namespace vgpu::softdevice::exec
