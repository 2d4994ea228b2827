#include <cstddef>
#include <cstdint>
#include <span>
#include <vgpu/calls/copy.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "copy_bytes.hpp"
#include "host_memory.hpp"
#include "vgpu/host/call_context.hpp"

namespace vgpu::host {
namespace {

constexpr std::uint32_t trailing = static_cast<std::uint32_t>(Location::trailing);
constexpr std::uint32_t staging = static_cast<std::uint32_t>(Location::staging);
constexpr std::uint32_t shared = static_cast<std::uint32_t>(Location::shared);

const void* pointer(std::uint64_t address) noexcept {
  return reinterpret_cast<const void*>(address);
}

/// Page-locks the staging area, once per session. Where the backend cannot, copies from it are
/// slower and no less right.
void pin_staging(CallContext& context) {
  context.session().staging().pin_once([&](std::byte* data, std::uint64_t bytes) {
    const DriverTable& driver = context.driver();
    if (driver.cuMemHostRegister_v2 == nullptr) return;
    const RelaxedCapture relaxed(driver);
    const CUresult result = driver.cuMemHostRegister_v2(data, bytes, CU_MEMHOSTREGISTER_PORTABLE);
    if (result != CUDA_SUCCESS) {
      context.session().log(LogLevel::warning,
                            "the staging area cannot be page-locked; copies will be slower");
    }
  });
}

/// The stream that a blocking copy of the guest means: 0 the legacy stream, 2 the thread's own.
bool default_stream(const CallContext& context, std::uint64_t id, CUstream& stream) {
  return id <= 2 && context.resolve(HandleKind::stream, id, stream);
}

/// The context of a side of a copy between contexts, which may be none.
bool peer_context(const CallContext& context, std::uint64_t id, CUcontext& found) {
  return id == 0 || context.resolve(HandleKind::context, id, found);
}

/// A call that the guest waits for anyway must not keep others from starting while it waits.
void before_waiting(CallContext& context, std::uint32_t location) {
  if (location != shared && context.awaited()) context.give_turn_on();
}

template <class Function, class... Arguments>
CUresult run(Function function, Arguments... arguments) {
  return function == nullptr ? CUDA_ERROR_NOT_SUPPORTED : function(arguments...);
}

CUresult to_device(CallContext& context, std::uint64_t target, std::uint64_t count,
                   std::uint32_t location, std::uint64_t offset, CUstream stream, bool blocking) {
  if (!context.owns(target, count)) return CUDA_ERROR_INVALID_VALUE;
  const void* source = nullptr;
  CUresult result = source_of(context, location, offset, count, context.trailing(), source);
  if (result != CUDA_SUCCESS) return result;
  const DriverTable& driver = context.driver();
  if (blocking && stream == nullptr) return run(driver.cuMemcpyHtoD_v2, target, source, count);
  if (!blocking) before_waiting(context, location);
  result = run(driver.cuMemcpyHtoDAsync_v2, target, source, count, stream);
  if (blocking) return result == CUDA_SUCCESS ? wait_for_stream(context, stream) : result;
  // The driver has read pageable memory when it returns; page-locked memory it reads later.
  return location == staging ? finish_piece(context, location, stream, result) : result;
}

template <class Reply>
CUresult to_host(CallContext& context, std::uint64_t source, std::uint64_t count,
                 std::uint32_t location, std::uint64_t offset, CUstream stream, bool blocking,
                 Reply& reply) {
  if (!context.owns(source, count)) return CUDA_ERROR_INVALID_VALUE;
  void* target = nullptr;
  std::span<std::byte> scratch;
  CUresult result = target_of(context, location, offset, count, target, scratch);
  if (result != CUDA_SUCCESS) return result;
  const DriverTable& driver = context.driver();
  if (blocking && stream == nullptr) {
    result = run(driver.cuMemcpyDtoH_v2, target, source, count);
  } else {
    if (!blocking) before_waiting(context, location);
    result = run(driver.cuMemcpyDtoHAsync_v2, target, source, count, stream);
    if (blocking) {
      if (result == CUDA_SUCCESS) result = wait_for_stream(context, stream);
    } else {
      result = finish_piece(context, location, stream, result);
    }
  }
  if (result == CUDA_SUCCESS && !scratch.empty()) {
    context.set_trailing_reply(scratch);
    reply.trailingBytes = scratch.size();
  }
  return result;
}

template <class Request, class Reply>
CUresult unified(CallContext& context, const Request& request, CUstream stream, bool blocking,
                 Reply& reply) {
  // Direction of copy.capnp: 0 both addresses are the host's, 1 from the program, 2 to it.
  const DriverTable& driver = context.driver();
  if (request.direction == 1) {
    return to_device(context, request.dst, request.byteCount, request.location,
                     request.stagingOffset, stream, blocking);
  }
  if (request.direction == 2) {
    return to_host(context, request.src, request.byteCount, request.location, request.stagingOffset,
                   stream, blocking, reply);
  }
  if (request.direction != 0 || !context.owns(request.dst, request.byteCount) ||
      !context.owns(request.src, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (blocking && stream == nullptr) {
    return run(driver.cuMemcpy, request.dst, request.src, request.byteCount);
  }
  const CUresult result =
      run(driver.cuMemcpyAsync, request.dst, request.src, request.byteCount, stream);
  return blocking && result == CUDA_SUCCESS ? wait_for_stream(context, stream) : result;
}

}  // namespace

CUresult source_of(CallContext& context, std::uint32_t location, std::uint64_t offset,
                   std::uint64_t length, std::span<const std::byte> bytes, const void*& source) {
  switch (location) {
    case trailing:
      if (bytes.size() != length) return CUDA_ERROR_INVALID_VALUE;
      source = bytes.data();
      return CUDA_SUCCESS;
    case staging:
      source = context.session().staging().at(offset, length);
      if (source == nullptr) return CUDA_ERROR_INVALID_VALUE;
      pin_staging(context);
      return CUDA_SUCCESS;
    case shared:
      if (!context.owns(offset, length)) return CUDA_ERROR_INVALID_VALUE;
      source = pointer(offset);
      return CUDA_SUCCESS;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult target_of(CallContext& context, std::uint32_t location, std::uint64_t offset,
                   std::uint64_t length, void*& target, std::span<std::byte>& scratch) {
  if (location == trailing) {
    scratch = context.scratch<std::byte>(length);
    target = scratch.data();
    return CUDA_SUCCESS;
  }
  const void* place = nullptr;
  const CUresult result = source_of(context, location, offset, length, {}, place);
  target = const_cast<void*>(place);
  return result;
}

CUresult wait_for_stream(CallContext& context, CUstream stream) {
  const DriverTable& driver = context.driver();
  // The copy itself is allowed beside a capture, whatever waiting for it is.
  const RelaxedCapture relaxed(driver);
  CUevent event = nullptr;
  if (driver.cuEventCreate == nullptr || driver.cuEventRecord == nullptr ||
      driver.cuEventSynchronize == nullptr || driver.cuEventDestroy_v2 == nullptr ||
      driver.cuEventCreate(&event, CU_EVENT_DISABLE_TIMING) != CUDA_SUCCESS) {
    return run(driver.cuStreamSynchronize, stream);
  }
  CUresult result = driver.cuEventRecord(event, stream);
  if (result == CUDA_SUCCESS) result = driver.cuEventSynchronize(event);
  driver.cuEventDestroy_v2(event);
  return result;
}

CUresult finish_piece(CallContext& context, std::uint32_t location, CUstream stream,
                      CUresult submitted) {
  if (submitted != CUDA_SUCCESS || location == shared) return submitted;
  return wait_for_stream(context, stream);
}

// --- Blocking copies ---

CUresult execute(CallContext& context, const calls::Memcpy::Request& request,
                 calls::Memcpy::Reply& reply) {
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  return unified(context, request, stream, true, reply);
}

CUresult execute(CallContext& context, const calls::MemcpyHtoD::Request& request,
                 calls::MemcpyHtoD::Reply&) {
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  return to_device(context, request.dstDevice, request.byteCount, request.location,
                   request.stagingOffset, stream, true);
}

CUresult execute(CallContext& context, const calls::MemcpyDtoH::Request& request,
                 calls::MemcpyDtoH::Reply& reply) {
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  return to_host(context, request.srcDevice, request.byteCount, request.location,
                 request.stagingOffset, stream, true, reply);
}

CUresult execute(CallContext& context, const calls::MemcpyDtoD::Request& request,
                 calls::MemcpyDtoD::Reply&) {
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (!context.owns(request.dstDevice, request.byteCount) ||
      !context.owns(request.srcDevice, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const DriverTable& driver = context.driver();
  // Between two places of one device CUDA does not make the caller wait.
  return stream == nullptr
             ? run(driver.cuMemcpyDtoD_v2, request.dstDevice, request.srcDevice, request.byteCount)
             : run(driver.cuMemcpyDtoDAsync_v2, request.dstDevice, request.srcDevice,
                   request.byteCount, stream);
}

CUresult execute(CallContext& context, const calls::MemcpyPeer::Request& request,
                 calls::MemcpyPeer::Reply&) {
  CUcontext target{};
  CUcontext source{};
  CUstream stream{};
  if (!default_stream(context, request.stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (!peer_context(context, request.dstContext, target) ||
      !peer_context(context, request.srcContext, source)) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (!context.owns(request.dstDevice, request.byteCount) ||
      !context.owns(request.srcDevice, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const DriverTable& driver = context.driver();
  return stream == nullptr ? run(driver.cuMemcpyPeer, request.dstDevice, target, request.srcDevice,
                                 source, request.byteCount)
                           : run(driver.cuMemcpyPeerAsync, request.dstDevice, target,
                                 request.srcDevice, source, request.byteCount, stream);
}

// --- Stream-ordered copies ---

CUresult execute(CallContext& context, const calls::MemcpyAsync::Request& request,
                 calls::MemcpyAsync::Reply& reply) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return unified(context, request, stream, false, reply);
}

CUresult execute(CallContext& context, const calls::MemcpyHtoDAsync::Request& request,
                 calls::MemcpyHtoDAsync::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return to_device(context, request.dstDevice, request.byteCount, request.location,
                   request.stagingOffset, stream, false);
}

CUresult execute(CallContext& context, const calls::MemcpyDtoHAsync::Request& request,
                 calls::MemcpyDtoHAsync::Reply& reply) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return to_host(context, request.srcDevice, request.byteCount, request.location,
                 request.stagingOffset, stream, false, reply);
}

CUresult execute(CallContext& context, const calls::MemcpyDtoDAsync::Request& request,
                 calls::MemcpyDtoDAsync::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (!context.owns(request.dstDevice, request.byteCount) ||
      !context.owns(request.srcDevice, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return run(context.driver().cuMemcpyDtoDAsync_v2, request.dstDevice, request.srcDevice,
             request.byteCount, stream);
}

CUresult execute(CallContext& context, const calls::MemcpyPeerAsync::Request& request,
                 calls::MemcpyPeerAsync::Reply&) {
  CUstream stream{};
  CUcontext target{};
  CUcontext source{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (!peer_context(context, request.dstContext, target) ||
      !peer_context(context, request.srcContext, source)) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (!context.owns(request.dstDevice, request.byteCount) ||
      !context.owns(request.srcDevice, request.byteCount)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return run(context.driver().cuMemcpyPeerAsync, request.dstDevice, target, request.srcDevice,
             source, request.byteCount, stream);
}

}  // namespace vgpu::host
