#pragma once

/// \file
/// Pageable memory that graphs copy from or to. A graph reads and writes it when it runs, on the
/// host, long after the call that recorded the copy: the host has memory of its own for it, which
/// mirrored_memory.hpp keeps like the program's.

#include <cstdint>

#include "copy_operand.hpp"
#include "vgpu/call/cuda_types.hpp"

namespace vgpu::guest {

/// Where `stream` is capturing and `operand` is plain memory of the program, gives it memory on the
/// host and makes `operand` that memory; does nothing otherwise. The memory stays until the current
/// context ends: nobody says when the last copy of a graph is gone.
/// CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, explained in the log, where that cannot be done.
CUresult settle_in_capture(CUstream stream, std::uint64_t address, std::uint64_t bytes,
                           Operand& operand);

/// Ends the memory that was made in this context.
void end_captured_memory(std::uint64_t context);

}  // namespace vgpu::guest
