#include <cstddef>
#include <cstdint>
#include <span>
#include <vgpu/calls/array.hpp>
#include <vgpu/calls/copy.hpp>
#include <vgpu/guest_written.hpp>

#include "bulk_copy.hpp"
#include "captured_memory.hpp"
#include "copy_operand.hpp"
#include "mirrored_memory.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/guest/core.hpp"

// Copies between one row of an array and linear memory. How large an array is only the host knows,
// so every copy is waited for until the host has accepted it.

namespace vgpu::guest::written {
namespace {

std::uint64_t word(const void* handle) noexcept {
  return reinterpret_cast<std::uint64_t>(handle);
}

bool array_valid(CUarray array) noexcept {
  return handle_valid(call::HandleKind::array, word(array));
}

/// What the forms of CUDA 2 say: they take a context of that time, and no context here is one.
constexpr CUresult old_form = CUDA_ERROR_INVALID_CONTEXT;

std::size_t element_bytes(const CUDA_ARRAY_DESCRIPTOR& descriptor) noexcept {
  switch (descriptor.Format) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
    case CU_AD_FORMAT_SIGNED_INT8:
      return descriptor.NumChannels;
    case CU_AD_FORMAT_UNSIGNED_INT16:
    case CU_AD_FORMAT_SIGNED_INT16:
    case CU_AD_FORMAT_HALF:
      return descriptor.NumChannels * std::size_t{2};
    case CU_AD_FORMAT_UNSIGNED_INT32:
    case CU_AD_FORMAT_SIGNED_INT32:
    case CU_AD_FORMAT_FLOAT:
      return descriptor.NumChannels * std::size_t{4};
    default:
      return 0;
  }
}

/// A copy that travels in pieces is refused before any of it is done.
CUresult check_row(CUarray array, std::size_t offset, std::size_t bytes) {
  if (bytes <= small_copy) return CUDA_SUCCESS;
  ReplyOf<calls::ArrayGetDescriptor> reply;
  const CUresult result = call<calls::ArrayGetDescriptor>({.hArray = word(array)}, reply);
  if (result != CUDA_SUCCESS) return result;
  CUDA_ARRAY_DESCRIPTOR descriptor{};
  if (!call::copy_layout(reply.value.pArrayDescriptor, descriptor)) return CUDA_ERROR_UNKNOWN;
  const std::size_t element = element_bytes(descriptor);
  if (element == 0) return CUDA_SUCCESS;
  const std::size_t row = descriptor.Width * element;
  return offset <= row && bytes <= row - offset ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

template <class Call>
void set_stream(typename Call::Request& request, CUstream stream) noexcept {
  if constexpr (requires { request.hStream; }) {
    request.hStream = word(stream);
  } else {
    request.stream = word(stream);
  }
}

/// Copies between a row of `array` and `linear`; in which direction says the call. A copy into an
/// array only reads what is at `linear`.
template <class Call>
CUresult copy_row(CUarray array, std::size_t array_offset, void* linear, std::size_t bytes,
                  CUstream stream, bool blocking) {
  constexpr bool into_array = requires(typename Call::Request & request) {
    request.dstArray;
  };
  if (!array_valid(array)) return CUDA_ERROR_INVALID_VALUE;
  if (bytes == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  Operand operand = examine_operand(word(linear), bytes, false);
  if (!blocking) {
    const CUresult result = settle_in_capture(stream, word(linear), bytes, operand);
    if (result != CUDA_SUCCESS) return result;
  }
  const auto make = [&](std::size_t offset, std::size_t part, Location location,
                        std::uint64_t place) {
    typename Call::Request request;
    if constexpr (into_array) {
      request.dstArray = word(array);
      request.dstOffset = array_offset + offset;
    } else {
      request.srcArray = word(array);
      request.srcOffset = array_offset + offset;
    }
    request.byteCount = part;
    set_stream<Call>(request, stream);
    request.location = static_cast<std::uint32_t>(location);
    request.stagingOffset = place;
    return request;
  };
  CUresult result = CUDA_SUCCESS;
  if (!operand.plain) {
    ReplyOf<Call> reply;
    result = call<Call>(make(0, bytes, Location::shared, operand.address), reply);
  } else if (result = check_row(array, array_offset, bytes); result == CUDA_SUCCESS) {
    const std::span<std::byte> memory(static_cast<std::byte*>(linear), bytes);
    if constexpr (into_array) {
      result = send_bulk<Call>(memory, make);
    } else {
      result = fetch_bulk<Call>(memory, make);
    }
  }
  const bool arrived = !into_array && result == CUDA_SUCCESS && (blocking || operand.plain);
  return arrived ? mirror_in() : result;
}

bool stream_valid(CUstream stream) noexcept {
  return handle_valid(call::HandleKind::stream, word(stream));
}

}  // namespace

CUresult cuMemcpyHtoA_v2(CUarray dstArray, size_t dstOffset, const void* srcHost,
                         size_t ByteCount) {
  return copy_row<calls::MemcpyHtoA>(dstArray, dstOffset, const_cast<void*>(srcHost), ByteCount,
                                     default_stream(), true);
}
CUresult cuMemcpyAtoH_v2(void* dstHost, CUarray srcArray, size_t srcOffset, size_t ByteCount) {
  return copy_row<calls::MemcpyAtoH>(srcArray, srcOffset, dstHost, ByteCount, default_stream(),
                                     true);
}
CUresult cuMemcpyHtoAAsync_v2(CUarray dstArray, size_t dstOffset, const void* srcHost,
                              size_t ByteCount, CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  return copy_row<calls::MemcpyHtoAAsync>(dstArray, dstOffset, const_cast<void*>(srcHost),
                                          ByteCount, hStream, false);
}
CUresult cuMemcpyAtoHAsync_v2(void* dstHost, CUarray srcArray, size_t srcOffset, size_t ByteCount,
                              CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  return copy_row<calls::MemcpyAtoHAsync>(srcArray, srcOffset, dstHost, ByteCount, hStream, false);
}

CUresult cuMemcpyDtoA_v2(CUarray dstArray, size_t dstOffset, CUdeviceptr srcDevice,
                         size_t ByteCount) {
  if (!array_valid(dstArray)) return CUDA_ERROR_INVALID_VALUE;
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  ReplyOf<calls::MemcpyDtoA> reply;
  return call<calls::MemcpyDtoA>({.dstArray = word(dstArray),
                                  .dstOffset = dstOffset,
                                  .srcDevice = examine_operand(srcDevice, ByteCount, true).address,
                                  .byteCount = ByteCount,
                                  .stream = word(default_stream())},
                                 reply);
}
CUresult cuMemcpyAtoD_v2(CUdeviceptr dstDevice, CUarray srcArray, size_t srcOffset,
                         size_t ByteCount) {
  if (!array_valid(srcArray)) return CUDA_ERROR_INVALID_VALUE;
  if (ByteCount == 0) return CUDA_SUCCESS;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  ReplyOf<calls::MemcpyAtoD> reply;
  const CUresult result =
      call<calls::MemcpyAtoD>({.dstDevice = examine_operand(dstDevice, ByteCount, true).address,
                               .srcArray = word(srcArray),
                               .srcOffset = srcOffset,
                               .byteCount = ByteCount,
                               .stream = word(default_stream())},
                              reply);
  return result == CUDA_SUCCESS ? mirror_in() : result;
}

CUresult cuMemcpyHtoA(CUarray, unsigned int, const void*, unsigned int) {
  return old_form;
}
CUresult cuMemcpyAtoH(void*, CUarray, unsigned int, unsigned int) {
  return old_form;
}
CUresult cuMemcpyHtoAAsync(CUarray, unsigned int, const void*, unsigned int, CUstream) {
  return old_form;
}
CUresult cuMemcpyAtoHAsync(void*, CUarray, unsigned int, unsigned int, CUstream) {
  return old_form;
}
CUresult cuMemcpyDtoA(CUarray, unsigned int, CUdeviceptr_v1, unsigned int) {
  return old_form;
}
CUresult cuMemcpyAtoD(CUdeviceptr_v1, CUarray, unsigned int, unsigned int) {
  return old_form;
}
CUresult cuMemcpyAtoA(CUarray, unsigned int, CUarray, unsigned int, unsigned int) {
  return old_form;
}

}  // namespace vgpu::guest::written
