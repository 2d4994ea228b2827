#pragma once

/// \file
/// The host bytes of a copy, wherever the request says they are, and waiting for a copy.

#include <cstddef>
#include <cstdint>
#include <span>

#include "vgpu/host/call_context.hpp"

namespace vgpu::host {

/// Location of copy.capnp.
enum class Location : std::uint32_t { trailing = 0, staging = 1, shared = 2 };

/// Where the host side of a piece is.
/// \param bytes what came with the request, for pieces that travel in messages.
CUresult source_of(CallContext& context, std::uint32_t location, std::uint64_t offset,
                   std::uint64_t length, std::span<const std::byte> bytes, const void*& source);

/// As above for a copy to the host; `scratch` is set where the bytes go back in a message.
CUresult target_of(CallContext& context, std::uint32_t location, std::uint64_t offset,
                   std::uint64_t length, void*& target, std::span<std::byte>& scratch);

/// Waits until what was submitted to `stream` so far has completed. Waiting for an event and not
/// for the stream, because other threads of the guest may go on submitting.
CUresult wait_for_stream(CallContext& context, CUstream stream);

/// For a piece whose memory is used again as soon as the guest has the answer: it must have been
/// read or written by then. Pieces in shared memory are the guest's to wait for.
CUresult finish_piece(CallContext& context, std::uint32_t location, CUstream stream,
                      CUresult submitted);

}  // namespace vgpu::host
