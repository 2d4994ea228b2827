#pragma once

/// \file
/// `__managed__` variables: the program reads and writes them at the address that the device uses.

#include <cstdint>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::guest {

/// Makes [begin, begin + bytes) of a variable's memory usable here: the host's own memory where its
/// file came along, else pages of our own that mirrored_memory.hpp keeps alike. `owner` is the
/// module or library with which it ends. CUDA_ERROR_NOT_SUPPORTED, with the reason in the log, when
/// this process has something else at the address.
CUresult share_variable(std::uint64_t owner, std::uint64_t begin, std::uint64_t bytes,
                        const support::UniqueFd& file);

/// The module or library has ended.
void end_shared_variables(std::uint64_t owner) noexcept;

}  // namespace vgpu::guest
