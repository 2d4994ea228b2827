#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/stream.hpp>
#include <vgpu/guest_written.hpp>

#include "bulk_copy.hpp"
#include "captured_memory.hpp"
#include "copy_operand.hpp"
#include "mirrored_memory.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest {

Operand examine_operand(std::uint64_t address, std::uint64_t bytes, bool device) noexcept {
  const Range range = find_memory(address);
  if (!range) return {!device, false, address};
  const RangeKind kind = range.attributes.kind;
  const bool host_memory = kind == RangeKind::pinned || is_managed(range.attributes);
  if ((range.attributes.flags & range_flag::plain) != 0) return {true, false, address};
  const bool whole = range.contains(address, bytes) ||
                     (kind == RangeKind::mapped && memory_registry().owns(address, bytes));
  // The program may read and write beyond page-locked memory, the host may not.
  if (!whole && host_memory && !device) return {true, false, address};
  return {false, whole, host_address(range, address)};
}

namespace written {
namespace {

std::uint64_t word(CUstream stream) noexcept {
  return reinterpret_cast<std::uint64_t>(stream);
}
std::uint64_t word(const void* pointer) noexcept {
  return reinterpret_cast<std::uint64_t>(pointer);
}
std::uint64_t word(CUcontext context) noexcept {
  return reinterpret_cast<std::uint64_t>(context);
}

std::span<const std::byte> bytes_at(const void* address, std::size_t bytes) noexcept {
  return {static_cast<const std::byte*>(address), bytes};
}
std::span<std::byte> bytes_at(void* address, std::size_t bytes) noexcept {
  return {static_cast<std::byte*>(address), bytes};
}

bool stream_valid(CUstream stream) noexcept {
  return handle_valid(call::HandleKind::stream, word(stream));
}

/// What the forms of CUDA 2 say: they take a context of that time, and no context here is one.
constexpr CUresult old_form = CUDA_ERROR_INVALID_CONTEXT;

/// Whether a side of a copy between contexts names one, or none, as it may. The table keeps
/// destroyed contexts, which a thread may still have as its current one.
bool names_a_context(CUcontext handle) noexcept {
  if (handle == nullptr) return true;
  const Context* context = contexts()->find(handle);
  return context != nullptr && context->state.load() != ContextState::destroyed;
}

/// After a copy that has completed: what the device wrote is the program's to see.
CUresult seen(CUresult result) noexcept {
  return result == CUDA_SUCCESS ? mirror_in() : result;
}

/// Publishes a copy whose both sides the host has. An address that the registry does not know is
/// sent and waited for, so that the host's refusal is the call's own error.
template <class Call>
CUresult post_copy(const typename Call::Request& request, bool known) {
  if (known) return post<Call>(request);
  ReplyOf<Call> reply;
  return call<Call>(request, reply);
}

/// Begins in memory that is known here and ends outside of it: refused before a part of a copy that
/// travels in pieces is done.
bool exceeds_its_memory(const Operand& operand, std::uint64_t address, std::uint64_t bytes) {
  return !operand.known && find_memory(address) && !memory_registry().owns(address, bytes);
}

/// Moves bytes between two pieces of plain memory.
CUresult copy_on_this_side(CUdeviceptr dst, CUdeviceptr src, std::size_t bytes) noexcept {
  std::memmove(reinterpret_cast<void*>(dst), reinterpret_cast<const void*>(src), bytes);
  return CUDA_SUCCESS;
}

/// Direction of copy.capnp.
enum class Direction : std::uint32_t {
  device_to_device = 0,
  host_to_device = 1,
  device_to_host = 2
};

template <class Call>
void set_stream(typename Call::Request& request, CUstream stream) noexcept {
  if constexpr (requires { request.hStream; }) {
    request.hStream = word(stream);
  } else {
    request.stream = word(stream);
  }
}

template <class Call>
CUresult send_to_device(CUdeviceptr dst, const void* source, std::size_t bytes, CUstream stream) {
  return send_bulk<Call>(
      bytes_at(source, bytes),
      [&](std::size_t offset, std::size_t part, Location location, std::size_t staging_offset) {
        typename Call::Request request;
        request.dstDevice = dst + offset;
        request.byteCount = part;
        set_stream<Call>(request, stream);
        request.location = static_cast<std::uint32_t>(location);
        request.stagingOffset = staging_offset;
        return request;
      });
}

template <class Call>
CUresult fetch_from_device(void* destination, CUdeviceptr src, std::size_t bytes, CUstream stream) {
  return fetch_bulk<Call>(
      bytes_at(destination, bytes),
      [&](std::size_t offset, std::size_t part, Location location, std::size_t staging_offset) {
        typename Call::Request request;
        request.srcDevice = src + offset;
        request.byteCount = part;
        set_stream<Call>(request, stream);
        request.location = static_cast<std::uint32_t>(location);
        request.stagingOffset = staging_offset;
        return request;
      });
}

/// A unified copy with one plain side.
template <class Call>
CUresult unified_bulk(CUdeviceptr dst, CUdeviceptr src, std::size_t bytes, CUstream stream,
                      Direction direction) {
  const auto make = [&](std::size_t offset, std::size_t part, Location location,
                        std::size_t staging_offset) {
    typename Call::Request request;
    request.dst = direction == Direction::device_to_host ? 0 : dst + offset;
    request.src = direction == Direction::host_to_device ? 0 : src + offset;
    request.byteCount = part;
    set_stream<Call>(request, stream);
    request.direction = static_cast<std::uint32_t>(direction);
    request.location = static_cast<std::uint32_t>(location);
    request.stagingOffset = staging_offset;
    return request;
  };
  if (direction == Direction::host_to_device) {
    return send_bulk<Call>(bytes_at(reinterpret_cast<const void*>(src), bytes), make);
  }
  return fetch_bulk<Call>(bytes_at(reinterpret_cast<void*>(dst), bytes), make);
}

}  // namespace

// --- Blocking copies ---

CUresult cuMemcpyHtoD_v2(CUdeviceptr dstDevice, const void* srcHost, size_t ByteCount) {
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const Operand source = examine_operand(word(srcHost), ByteCount, false);
  const Operand target = examine_operand(dstDevice, ByteCount, true);
  if (source.plain) {
    if (exceeds_its_memory(target, dstDevice, ByteCount)) return CUDA_ERROR_INVALID_VALUE;
    return seen(
        send_to_device<calls::MemcpyHtoD>(target.address, srcHost, ByteCount, default_stream()));
  }
  calls::MemcpyHtoD::Request request;
  request.dstDevice = target.address;
  request.byteCount = ByteCount;
  request.stream = word(default_stream());
  request.location = static_cast<std::uint32_t>(Location::shared);
  request.stagingOffset = source.address;
  ReplyOf<calls::MemcpyHtoD> reply;
  return seen(call<calls::MemcpyHtoD>(request, reply));
}

CUresult cuMemcpyHtoD(CUdeviceptr_v1, const void*, unsigned int) {
  return old_form;
}

CUresult cuMemcpyDtoH_v2(void* dstHost, CUdeviceptr srcDevice, size_t ByteCount) {
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const Operand target = examine_operand(word(dstHost), ByteCount, false);
  const Operand source = examine_operand(srcDevice, ByteCount, true);
  if (target.plain) {
    if (exceeds_its_memory(source, srcDevice, ByteCount)) return CUDA_ERROR_INVALID_VALUE;
    return seen(
        fetch_from_device<calls::MemcpyDtoH>(dstHost, source.address, ByteCount, default_stream()));
  }
  calls::MemcpyDtoH::Request request;
  request.srcDevice = source.address;
  request.byteCount = ByteCount;
  request.stream = word(default_stream());
  request.location = static_cast<std::uint32_t>(Location::shared);
  request.stagingOffset = target.address;
  ReplyOf<calls::MemcpyDtoH> reply;
  return seen(call<calls::MemcpyDtoH>(request, reply));
}

CUresult cuMemcpyDtoH(void*, CUdeviceptr_v1, unsigned int) {
  return old_form;
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr dstDevice, CUdeviceptr srcDevice, size_t ByteCount) {
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  calls::MemcpyDtoD::Request request;
  request.dstDevice = examine_operand(dstDevice, ByteCount, true).address;
  request.srcDevice = examine_operand(srcDevice, ByteCount, true).address;
  request.byteCount = ByteCount;
  request.stream = word(default_stream());
  ReplyOf<calls::MemcpyDtoD> reply;
  return call<calls::MemcpyDtoD>(request, reply);
}

CUresult cuMemcpyDtoD(CUdeviceptr_v1, CUdeviceptr_v1, unsigned int) {
  return old_form;
}

CUresult cuMemcpy(CUdeviceptr dst, CUdeviceptr src, size_t ByteCount) {
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (dst == 0 || src == 0) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const Operand target = examine_operand(dst, ByteCount, false);
  const Operand source = examine_operand(src, ByteCount, false);
  if (target.plain && source.plain) return copy_on_this_side(dst, src, ByteCount);
  if ((source.plain && exceeds_its_memory(target, dst, ByteCount)) ||
      (target.plain && exceeds_its_memory(source, src, ByteCount))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (source.plain) {
    return seen(unified_bulk<calls::Memcpy>(target.address, src, ByteCount, default_stream(),
                                            Direction::host_to_device));
  }
  if (target.plain) {
    return seen(unified_bulk<calls::Memcpy>(dst, source.address, ByteCount, default_stream(),
                                            Direction::device_to_host));
  }
  calls::Memcpy::Request request;
  request.dst = target.address;
  request.src = source.address;
  request.byteCount = ByteCount;
  request.stream = word(default_stream());
  request.location = static_cast<std::uint32_t>(Location::shared);
  ReplyOf<calls::Memcpy> reply;
  return seen(call<calls::Memcpy>(request, reply));
}

CUresult cuMemcpyPeer(CUdeviceptr dstDevice, CUcontext dstContext, CUdeviceptr srcDevice,
                      CUcontext srcContext, size_t ByteCount) {
  if (!names_a_context(dstContext) || !names_a_context(srcContext)) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  calls::MemcpyPeer::Request request;
  request.dstDevice = examine_operand(dstDevice, ByteCount, true).address;
  request.dstContext = word(dstContext);
  request.srcDevice = examine_operand(srcDevice, ByteCount, true).address;
  request.srcContext = word(srcContext);
  request.byteCount = ByteCount;
  request.stream = word(default_stream());
  ReplyOf<calls::MemcpyPeer> reply;
  return call<calls::MemcpyPeer>(request, reply);
}

// --- Stream-ordered copies ---

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr dstDevice, const void* srcHost, size_t ByteCount,
                              CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  Operand source = examine_operand(word(srcHost), ByteCount, false);
  const Operand target = examine_operand(dstDevice, ByteCount, true);
  if (const CUresult result = settle_in_capture(hStream, word(srcHost), ByteCount, source);
      result != CUDA_SUCCESS) {
    return result;
  }
  calls::MemcpyHtoDAsync::Request request;
  request.dstDevice = target.address;
  request.byteCount = ByteCount;
  request.hStream = word(hStream);
  if (!source.plain) {
    request.location = static_cast<std::uint32_t>(Location::shared);
    request.stagingOffset = source.address;
    return post_copy<calls::MemcpyHtoDAsync>(request, source.known && target.known);
  }
  if (exceeds_its_memory(target, dstDevice, ByteCount)) return CUDA_ERROR_INVALID_VALUE;
  // The message is a copy of the source, so a small one need not be waited for.
  if (target.known && ByteCount <= small_copy && ByteCount <= trailing_piece()) {
    return post<calls::MemcpyHtoDAsync>(request, bytes_at(srcHost, ByteCount));
  }
  return send_to_device<calls::MemcpyHtoDAsync>(target.address, srcHost, ByteCount, hStream);
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr_v1, const void*, unsigned int, CUstream) {
  return old_form;
}

CUresult cuMemcpyDtoHAsync_v2(void* dstHost, CUdeviceptr srcDevice, size_t ByteCount,
                              CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  Operand target = examine_operand(word(dstHost), ByteCount, false);
  const Operand source = examine_operand(srcDevice, ByteCount, true);
  if (const CUresult result = settle_in_capture(hStream, word(dstHost), ByteCount, target);
      result != CUDA_SUCCESS) {
    return result;
  }
  if (!target.plain) {
    calls::MemcpyDtoHAsync::Request request;
    request.srcDevice = source.address;
    request.byteCount = ByteCount;
    request.hStream = word(hStream);
    request.location = static_cast<std::uint32_t>(Location::shared);
    request.stagingOffset = target.address;
    return post_copy<calls::MemcpyDtoHAsync>(request, source.known && target.known);
  }
  if (exceeds_its_memory(source, srcDevice, ByteCount)) return CUDA_ERROR_INVALID_VALUE;
  // As in CUDA, a copy to pageable memory has completed when it returns.
  return seen(
      fetch_from_device<calls::MemcpyDtoHAsync>(dstHost, source.address, ByteCount, hStream));
}

CUresult cuMemcpyDtoHAsync(void*, CUdeviceptr_v1, unsigned int, CUstream) {
  return old_form;
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr dstDevice, CUdeviceptr srcDevice, size_t ByteCount,
                              CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const Operand target = examine_operand(dstDevice, ByteCount, true);
  const Operand source = examine_operand(srcDevice, ByteCount, true);
  calls::MemcpyDtoDAsync::Request request;
  request.dstDevice = target.address;
  request.srcDevice = source.address;
  request.byteCount = ByteCount;
  request.hStream = word(hStream);
  return post_copy<calls::MemcpyDtoDAsync>(request, target.known && source.known);
}

CUresult cuMemcpyDtoDAsync(CUdeviceptr_v1, CUdeviceptr_v1, unsigned int, CUstream) {
  return old_form;
}

CUresult cuMemcpyAsync(CUdeviceptr dst, CUdeviceptr src, size_t ByteCount, CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (dst == 0 || src == 0) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  Operand target = examine_operand(dst, ByteCount, false);
  Operand source = examine_operand(src, ByteCount, false);
  for (const auto& [address, operand] : {std::pair{dst, &target}, std::pair{src, &source}}) {
    const CUresult result = settle_in_capture(hStream, address, ByteCount, *operand);
    if (result != CUDA_SUCCESS) return result;
  }
  calls::MemcpyAsync::Request request;
  request.dst = target.address;
  request.src = source.address;
  request.byteCount = ByteCount;
  request.hStream = word(hStream);
  if (!target.plain && !source.plain) {
    request.location = static_cast<std::uint32_t>(Location::shared);
    return post_copy<calls::MemcpyAsync>(request, target.known && source.known);
  }
  if (target.plain && source.plain) {
    // Host functions of the stream may still be writing the source.
    ReplyOf<calls::StreamSynchronize> reply;
    const CUresult result = call<calls::StreamSynchronize>({.hStream = word(hStream)}, reply);
    if (result != CUDA_SUCCESS) return result;
    return copy_on_this_side(dst, src, ByteCount);
  }
  if ((source.plain && exceeds_its_memory(target, dst, ByteCount)) ||
      (target.plain && exceeds_its_memory(source, src, ByteCount))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (target.plain) {
    return seen(unified_bulk<calls::MemcpyAsync>(dst, source.address, ByteCount, hStream,
                                                 Direction::device_to_host));
  }
  if (target.known && ByteCount <= small_copy && ByteCount <= trailing_piece()) {
    request.src = 0;
    request.direction = static_cast<std::uint32_t>(Direction::host_to_device);
    return post<calls::MemcpyAsync>(request,
                                    bytes_at(reinterpret_cast<const void*>(src), ByteCount));
  }
  return unified_bulk<calls::MemcpyAsync>(target.address, src, ByteCount, hStream,
                                          Direction::host_to_device);
}

CUresult cuMemcpyPeerAsync(CUdeviceptr dstDevice, CUcontext dstContext, CUdeviceptr srcDevice,
                           CUcontext srcContext, size_t ByteCount, CUstream hStream) {
  if (!names_a_context(dstContext) || !names_a_context(srcContext)) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const Operand target = examine_operand(dstDevice, ByteCount, true);
  const Operand source = examine_operand(srcDevice, ByteCount, true);
  calls::MemcpyPeerAsync::Request request;
  request.dstDevice = target.address;
  request.dstContext = word(dstContext);
  request.srcDevice = source.address;
  request.srcContext = word(srcContext);
  request.byteCount = ByteCount;
  request.hStream = word(hStream);
  // It cannot be captured: the host's refusal is the call's own error.
  return post_copy<calls::MemcpyPeerAsync>(request,
                                           target.known && source.known && !capture_active());
}

}  // namespace written
}  // namespace vgpu::guest
