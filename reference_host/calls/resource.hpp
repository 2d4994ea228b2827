#pragma once

/// \file
/// CUDA_RESOURCE_DESC between guest and backend: ids against handles, addresses checked.

#include <cstddef>
#include <cstdint>
#include <span>

#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

namespace vgpu::host {

/// Reads the guest's description of what a texture or surface is made from. False: it names an
/// array that is not there, or memory that the guest does not own (CUDA_ERROR_INVALID_VALUE).
bool resolve_resource(const CallContext& context, std::span<const std::byte> bytes,
                      CUDA_RESOURCE_DESC& desc);

/// The backend's description as the guest shall see it, in scratch memory.
std::span<const std::byte> describe_resource(CallContext& context, const CUDA_RESOURCE_DESC& desc);

}  // namespace vgpu::host
