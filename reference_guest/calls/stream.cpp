/// Streams. What CUDA lets a program ask about a stream it made is answered here.

#include <algorithm>
#include <array>
#include <climits>
#include <vgpu/calls/capture.hpp>
#include <vgpu/calls/context.hpp>
#include <vgpu/calls/stream.hpp>
#include <vgpu/guest_written.hpp>

#include "capture_registry.hpp"
#include "mirrored_memory.hpp"
#include "object_note.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::guest::written {
namespace {

using call::HandleKind;
using call::to_wire;

// Traits of a stream: bit 0 CU_STREAM_NON_BLOCKING, then the priority, counted downwards from 0.
constexpr unsigned priority_shift = 1;
constexpr unsigned unknown_priority = 7;

/// Stream priorities of a device, greatest (smallest number) and least. They never change.
struct PriorityRange {
  std::atomic<bool> known{false};
  std::atomic<int> least{0};
  std::atomic<int> greatest{0};
};

/// Asks the host once per device. False when the range is not to be had.
bool priority_range(int device, int& least, int& greatest) noexcept {
  static constinit std::array<PriorityRange, 64> ranges;
  const auto index = static_cast<std::size_t>(device);
  if (device < 0 || index >= ranges.size()) return false;
  PriorityRange& range = ranges[index];
  if (!range.known.load(std::memory_order_acquire)) {
    ReplyOf<calls::CtxGetStreamPriorityRange> reply;
    if (call<calls::CtxGetStreamPriorityRange>({}, reply) != CUDA_SUCCESS) return false;
    range.least.store(reply.value.leastPriority, std::memory_order_relaxed);
    range.greatest.store(reply.value.greatestPriority, std::memory_order_relaxed);
    range.known.store(true, std::memory_order_release);
  }
  least = range.least.load(std::memory_order_relaxed);
  greatest = range.greatest.load(std::memory_order_relaxed);
  return true;
}

/// The traits of a stream that the current context makes.
unsigned stream_traits(const Context& context, unsigned flags, int priority) noexcept {
  unsigned code = 0;
  if (priority < 0) {
    int least = 0;
    int greatest = 0;
    code = unknown_priority;
    if (priority_range(context.device, least, greatest) && least == 0 &&
        greatest > -static_cast<int>(unknown_priority)) {
      code = static_cast<unsigned>(-std::max(priority, greatest));
    }
  }
  return (flags & CU_STREAM_NON_BLOCKING) | code << priority_shift;
}

/// Mints a stream's handle and has `send(id)` publish its creation.
template <class Send>
CUresult create_stream(CUstream* out, unsigned flags, int priority, Send&& send) {
  if ((flags & ~static_cast<unsigned>(CU_STREAM_NON_BLOCKING)) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const Context& context = *current_context();
  void* note = ObjectNote::pack(context, stream_traits(context, flags, priority));
  const std::uint64_t id = mint_handle(HandleKind::stream, note);
  if (id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  const CUresult result = send(id);
  if (result != CUDA_SUCCESS) {
    retire_handle(id);
    return result;
  }
  *out = reinterpret_cast<CUstream>(id);
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuStreamCreate(CUstream* phStream, unsigned int Flags) {
  return create_stream(phStream, Flags, 0, [&](std::uint64_t id) {
    return post<calls::StreamCreate>({.phStream = id, .flags = Flags});
  });
}

CUresult cuStreamCreateWithPriority(CUstream* phStream, unsigned int flags, int priority) {
  return create_stream(phStream, flags, priority, [&](std::uint64_t id) {
    return post<calls::StreamCreateWithPriority>(
        {.phStream = id, .flags = flags, .priority = priority});
  });
}

CUresult cuStreamGetPriority(CUstream hStream, int* priority) {
  ObjectNote note;
  if (const CUresult result = check_stream(hStream, note); result != CUDA_SUCCESS) return result;
  if (note.known() && note.traits() >> priority_shift != unknown_priority) {
    *priority = -static_cast<int>(note.traits() >> priority_shift);
    return CUDA_SUCCESS;
  }
  ReplyOf<calls::StreamGetPriority> reply;
  const CUresult result =
      call<calls::StreamGetPriority>({.hStream = to_wire<std::uint64_t>(hStream)}, reply);
  if (result == CUDA_SUCCESS) *priority = reply.value.priority;
  return result;
}

CUresult cuStreamGetFlags(CUstream hStream, unsigned int* flags) {
  ObjectNote note;
  if (const CUresult result = check_stream(hStream, note); result != CUDA_SUCCESS) return result;
  if (note.known() && !capture_active()) {
    *flags = note.traits() & CU_STREAM_NON_BLOCKING;
    return CUDA_SUCCESS;
  }
  ReplyOf<calls::StreamGetFlags> reply;
  const CUresult result =
      call<calls::StreamGetFlags>({.hStream = to_wire<std::uint64_t>(hStream)}, reply);
  if (result == CUDA_SUCCESS) *flags = reply.value.flags;
  return result;
}

CUresult cuStreamGetDevice(CUstream hStream, CUdevice* device) {
  ObjectNote note;
  if (const CUresult result = check_stream(hStream, note); result != CUDA_SUCCESS) return result;
  const Context* context = context_of(hStream, note);
  if (context != nullptr && !capture_active()) {
    *device = context->device;
    return CUDA_SUCCESS;
  }
  ReplyOf<calls::StreamGetDevice> reply;
  const CUresult result =
      call<calls::StreamGetDevice>({.hStream = to_wire<std::uint64_t>(hStream)}, reply);
  if (result == CUDA_SUCCESS) *device = reply.value.device;
  return result;
}

CUresult cuStreamGetCtx_v2(CUstream hStream, CUcontext* pCtx, CUgreenCtx* pGreenCtx) {
  ObjectNote note;
  if (const CUresult result = check_stream(hStream, note); result != CUDA_SUCCESS) return result;
  const Context* context = context_of(hStream, note);
  if (context == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (pCtx != nullptr) *pCtx = context->handle();
  if (pGreenCtx != nullptr) *pGreenCtx = nullptr;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx(CUstream hStream, CUcontext* pctx) {
  if (pctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return written::cuStreamGetCtx_v2(hStream, pctx, nullptr);
}

CUresult cuStreamWaitEvent(CUstream hStream, CUevent hEvent, unsigned int Flags) {
  ObjectNote note;
  if (const CUresult result = check_stream(hStream, note); result != CUDA_SUCCESS) return result;
  if (const CUresult result = check_event(hEvent, note); result != CUDA_SUCCESS) return result;
  if ((Flags & ~static_cast<unsigned>(CU_EVENT_WAIT_EXTERNAL)) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (Flags != CU_EVENT_WAIT_DEFAULT && !capture_active()) return CUDA_ERROR_ILLEGAL_STATE;
  return post<calls::StreamWaitEvent>({.hStream = to_wire<std::uint64_t>(hStream),
                                       .hEvent = to_wire<std::uint64_t>(hEvent),
                                       .flags = Flags});
}

CUresult cuStreamIsCapturing(CUstream hStream, CUstreamCaptureStatus* captureStatus) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (!capture_active()) {
    *captureStatus = CU_STREAM_CAPTURE_STATUS_NONE;
    return CUDA_SUCCESS;
  }
  ReplyOf<calls::StreamIsCapturing> reply;
  const CUresult result =
      call<calls::StreamIsCapturing>({.hStream = to_wire<std::uint64_t>(hStream)}, reply);
  if (result == CUDA_SUCCESS) call::from_wire(reply.value.captureStatus, *captureStatus);
  return result;
}

CUresult cuStreamQuery(CUstream hStream) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  ReplyOf<calls::StreamQuery> reply;
  const CUresult result =
      call<calls::StreamQuery>({.hStream = to_wire<std::uint64_t>(hStream)}, reply);
  return result == CUDA_SUCCESS ? mirror_in() : result;
}

CUresult cuStreamSynchronize(CUstream hStream) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  ReplyOf<calls::StreamSynchronize> reply;
  const CUresult result =
      call<calls::StreamSynchronize>({.hStream = to_wire<std::uint64_t>(hStream)}, reply);
  return result == CUDA_SUCCESS ? mirror_in() : result;
}

CUresult cuStreamDestroy_v2(CUstream hStream) {
  if (is_default(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  const std::uint64_t id = to_wire<std::uint64_t>(hStream);
  ObjectNote note;
  if (const CUresult result = check_stream(hStream, note); result != CUDA_SUCCESS) {
    // What ended with its context is gone on the host; only the handle is left.
    if (!note.known()) return result;
    retire_handle(id);
    return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  }
  const bool origin = capture_active() && CaptureRegistry::instance().counts(hStream);
  const CUresult result = post<calls::StreamDestroy>({.hStream = id});
  if (result != CUDA_SUCCESS) return result;
  retire_handle(id);
  if (origin) CaptureRegistry::instance().end(hStream);
  return CUDA_SUCCESS;
}

}  // namespace vgpu::guest::written
