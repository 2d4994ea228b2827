#include <cstddef>
#include <cstdint>
#include <span>
#include <vgpu/calls/copy.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "copy_bytes.hpp"
#include "vgpu/host/call_context.hpp"

// Copies between one row of an array and linear memory. The driver checks ranges in the array.

namespace vgpu::host {
namespace {

constexpr auto shared = static_cast<std::uint32_t>(Location::shared);

bool resolve_array(const CallContext& context, std::uint64_t id, CUarray& array) {
  return id != 0 && context.resolve(HandleKind::array, id, array);
}

/// The stream that a blocking copy of the guest means: 0 the legacy stream, 2 the thread's own.
bool default_stream(const CallContext& context, std::uint64_t id, CUstream& stream) {
  return id <= 2 && context.resolve(HandleKind::stream, id, stream);
}

template <class Request>
CUresult to_array(CallContext& context, const Request& request, CUstream stream, bool blocking) {
  CUarray array{};
  if (!resolve_array(context, request.dstArray, array)) return CUDA_ERROR_INVALID_VALUE;
  const void* source = nullptr;
  CUresult result = source_of(context, request.location, request.stagingOffset, request.byteCount,
                              context.trailing(), source);
  if (result != CUDA_SUCCESS) return result;
  const DriverTable& driver = context.driver();
  if (driver.cuMemcpyHtoA_v2 == nullptr || driver.cuMemcpyHtoAAsync_v2 == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (blocking && stream == nullptr) {
    return driver.cuMemcpyHtoA_v2(array, request.dstOffset, source, request.byteCount);
  }
  if (!blocking && request.location != shared && context.awaited()) context.give_turn_on();
  result = driver.cuMemcpyHtoAAsync_v2(array, request.dstOffset, source, request.byteCount, stream);
  if (blocking) return result == CUDA_SUCCESS ? wait_for_stream(context, stream) : result;
  return finish_piece(context, request.location, stream, result);
}

template <class Request, class Reply>
CUresult from_array(CallContext& context, const Request& request, Reply& reply, CUstream stream,
                    bool blocking) {
  CUarray array{};
  if (!resolve_array(context, request.srcArray, array)) return CUDA_ERROR_INVALID_VALUE;
  void* target = nullptr;
  std::span<std::byte> scratch;
  CUresult result = target_of(context, request.location, request.stagingOffset, request.byteCount,
                              target, scratch);
  if (result != CUDA_SUCCESS) return result;
  const DriverTable& driver = context.driver();
  if (driver.cuMemcpyAtoH_v2 == nullptr || driver.cuMemcpyAtoHAsync_v2 == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (blocking && stream == nullptr) {
    result = driver.cuMemcpyAtoH_v2(target, array, request.srcOffset, request.byteCount);
  } else {
    if (!blocking && request.location != shared && context.awaited()) context.give_turn_on();
    result =
        driver.cuMemcpyAtoHAsync_v2(target, array, request.srcOffset, request.byteCount, stream);
    if (!blocking) {
      result = finish_piece(context, request.location, stream, result);
    } else if (result == CUDA_SUCCESS) {
      result = wait_for_stream(context, stream);
    }
  }
  if (result == CUDA_SUCCESS && !scratch.empty()) {
    context.set_trailing_reply(scratch);
    reply.trailingBytes = scratch.size();
  }
  return result;
}

}  // namespace

CUresult execute(CallContext& context, const calls::MemcpyHtoA::Request& request,
                 calls::MemcpyHtoA::Reply&) {
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  return to_array(context, request, stream, true);
}

CUresult execute(CallContext& context, const calls::MemcpyAtoH::Request& request,
                 calls::MemcpyAtoH::Reply& reply) {
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  return from_array(context, request, reply, stream, true);
}

CUresult execute(CallContext& context, const calls::MemcpyHtoAAsync::Request& request,
                 calls::MemcpyHtoAAsync::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return to_array(context, request, stream, false);
}

CUresult execute(CallContext& context, const calls::MemcpyAtoHAsync::Request& request,
                 calls::MemcpyAtoHAsync::Reply& reply) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return from_array(context, request, reply, stream, false);
}

CUresult execute(CallContext& context, const calls::MemcpyDtoA::Request& request,
                 calls::MemcpyDtoA::Reply&) {
  CUarray array{};
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (!resolve_array(context, request.dstArray, array) ||
      !context.owns(request.srcDevice, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const DriverTable& driver = context.driver();
  const auto copy = stream == nullptr ? driver.cuMemcpyDtoA_v2 : driver.cuMemcpyDtoA_v2_ptds;
  if (copy == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return copy(array, request.dstOffset, request.srcDevice, request.byteCount);
}

CUresult execute(CallContext& context, const calls::MemcpyAtoD::Request& request,
                 calls::MemcpyAtoD::Reply&) {
  CUarray array{};
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (!resolve_array(context, request.srcArray, array) ||
      !context.owns(request.dstDevice, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const DriverTable& driver = context.driver();
  const auto copy = stream == nullptr ? driver.cuMemcpyAtoD_v2 : driver.cuMemcpyAtoD_v2_ptds;
  if (copy == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return copy(request.dstDevice, array, request.srcOffset, request.byteCount);
}

}  // namespace vgpu::host
