/// Events. Whatever needs no look at the device is decided here.

#include <vgpu/calls/event.hpp>
#include <vgpu/guest_written.hpp>

#include "mirrored_memory.hpp"
#include "object_note.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::guest::written {
namespace {

using call::HandleKind;
using call::to_wire;

/// Checks of both forms of recording: an event is recorded in streams of its own context only.
CUresult check_record(CUevent event, CUstream stream) noexcept {
  ObjectNote event_note;
  if (const CUresult result = check_event(event, event_note); result != CUDA_SUCCESS) {
    return result;
  }
  ObjectNote stream_note;
  if (const CUresult result = check_stream(stream, stream_note); result != CUDA_SUCCESS) {
    return result;
  }
  const Context* context = context_of(stream, stream_note);
  const bool foreign = event_note.known() && context != nullptr && event_note.context() != context;
  return foreign ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
}

}  // namespace

CUresult cuEventCreate(CUevent* phEvent, unsigned int Flags) {
  if ((Flags & ~event_flag_mask) != 0) return CUDA_ERROR_INVALID_VALUE;
  if ((Flags & CU_EVENT_INTERPROCESS) != 0 && (Flags & CU_EVENT_DISABLE_TIMING) == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const std::uint64_t id =
      mint_handle(HandleKind::event, ObjectNote::pack(*current_context(), Flags));
  if (id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  const CUresult result = post<calls::EventCreate>({.phEvent = id, .flags = Flags});
  if (result != CUDA_SUCCESS) {
    retire_handle(id);
    return result;
  }
  *phEvent = reinterpret_cast<CUevent>(id);
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent hEvent, CUstream hStream) {
  if (const CUresult result = check_record(hEvent, hStream); result != CUDA_SUCCESS) return result;
  return post<calls::EventRecord>(
      {.hEvent = to_wire<std::uint64_t>(hEvent), .hStream = to_wire<std::uint64_t>(hStream)});
}

CUresult cuEventRecordWithFlags(CUevent hEvent, CUstream hStream, unsigned int flags) {
  if (const CUresult result = check_record(hEvent, hStream); result != CUDA_SUCCESS) return result;
  if ((flags & ~static_cast<unsigned>(CU_EVENT_RECORD_EXTERNAL)) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (flags != CU_EVENT_RECORD_DEFAULT && !capture_active()) return CUDA_ERROR_ILLEGAL_STATE;
  return post<calls::EventRecordWithFlags>({.hEvent = to_wire<std::uint64_t>(hEvent),
                                            .hStream = to_wire<std::uint64_t>(hStream),
                                            .flags = flags});
}

CUresult cuEventQuery(CUevent hEvent) {
  ObjectNote note;
  if (const CUresult result = check_event(hEvent, note); result != CUDA_SUCCESS) return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  ReplyOf<calls::EventQuery> reply;
  const CUresult result =
      call<calls::EventQuery>({.hEvent = to_wire<std::uint64_t>(hEvent)}, reply);
  return result == CUDA_SUCCESS ? mirror_in() : result;
}

CUresult cuEventSynchronize(CUevent hEvent) {
  ObjectNote note;
  if (const CUresult result = check_event(hEvent, note); result != CUDA_SUCCESS) return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  ReplyOf<calls::EventSynchronize> reply;
  const CUresult result =
      call<calls::EventSynchronize>({.hEvent = to_wire<std::uint64_t>(hEvent)}, reply);
  return result == CUDA_SUCCESS ? mirror_in() : result;
}

CUresult cuEventDestroy_v2(CUevent hEvent) {
  const std::uint64_t id = to_wire<std::uint64_t>(hEvent);
  ObjectNote note;
  if (const CUresult result = check_event(hEvent, note); result != CUDA_SUCCESS) {
    // What ended with its context is gone on the host; only the handle is left.
    if (!note.known()) return result;
    retire_handle(id);
    return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  }
  const CUresult result = post<calls::EventDestroy>({.hEvent = id});
  if (result == CUDA_SUCCESS) retire_handle(id);
  return result;
}

CUresult cuEventElapsedTime_v2(float* pMilliseconds, CUevent hStart, CUevent hEnd) {
  ObjectNote start;
  ObjectNote end;
  if (const CUresult result = check_event(hStart, start); result != CUDA_SUCCESS) return result;
  if (const CUresult result = check_event(hEnd, end); result != CUDA_SUCCESS) return result;
  for (const ObjectNote& note : {start, end}) {
    if (note.known() && (note.traits() & CU_EVENT_DISABLE_TIMING) != 0) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
  }
  if (start.known() && end.known() && start.context() != end.context()) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  ReplyOf<calls::EventElapsedTime> reply;
  const CUresult result = call<calls::EventElapsedTime>(
      {.hStart = to_wire<std::uint64_t>(hStart), .hEnd = to_wire<std::uint64_t>(hEnd)}, reply);
  if (result == CUDA_SUCCESS) *pMilliseconds = reply.value.pMilliseconds;
  return result;
}

}  // namespace vgpu::guest::written
