#include "event.hpp"

#include <chrono>

#include "capture.hpp"
#include "driver.hpp"

using namespace vgpu::softdevice;

namespace {

CUresult record(CUevent handle, CUstream hStream, unsigned flags, bool per_thread) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    const auto event = driver().events.find(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if ((flags & ~static_cast<unsigned>(CU_EVENT_RECORD_EXTERNAL)) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (event->context() != context) return CUDA_ERROR_INVALID_HANDLE;
    bool captured = false;
    if (const CUresult result = capture_event_record(stream, *context, event, flags != 0, captured);
        result != CUDA_SUCCESS || captured) {
      return result;
    }
    if (flags != 0) return CUDA_ERROR_ILLEGAL_STATE;  // external: in captures only
    Operation operation;
    operation.always = true;
    operation.run = [](Context&) { return CUDA_SUCCESS; };
    // After it is in the stream: who waits for it must queue up behind it.
    event->set_last(context->enqueue(*stream, std::move(operation)));
    return CUDA_SUCCESS;
  });
}

CUresult wait(CUstream hStream, CUevent handle, unsigned flags, bool per_thread) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    const auto event = driver().events.find(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if ((flags & ~static_cast<unsigned>(CU_EVENT_WAIT_EXTERNAL)) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    bool captured = false;
    if (const CUresult result = capture_event_wait(stream, context, event, flags != 0, captured);
        result != CUDA_SUCCESS || captured) {
      return result;
    }
    if (flags != 0) return CUDA_ERROR_ILLEGAL_STATE;  // external: in captures only
    CompletionPtr last = event->last();
    if (last == nullptr || last->is_done()) return CUDA_SUCCESS;
    Operation operation;
    operation.run = [](Context&) { return CUDA_SUCCESS; };
    operation.after.push_back(std::move(last));
    context->enqueue(*stream, std::move(operation));
    return CUDA_SUCCESS;
  });
}

/// Finds an event for a query; its context's error is the query's answer.
CUresult find_event(CUevent handle, std::shared_ptr<Event>& event,
                    std::shared_ptr<Context>& context) {
  event = driver().events.find(handle);
  if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  context = event->context();
  if (context == nullptr || !context->is_active()) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  if (thread_state().in_callback) return CUDA_ERROR_NOT_PERMITTED;
  if (const CUresult result = check_event_not_captured(*event); result != CUDA_SUCCESS) {
    return result;
  }
  return check_unsafe_call();
}

CUresult destroy(CUevent handle) {
  return entry([&]() -> CUresult {
    if (driver().events.remove(handle) != nullptr) return CUDA_SUCCESS;
    return driver().events.forget_orphan(handle) ? CUDA_ERROR_CONTEXT_IS_DESTROYED
                                                 : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult elapsed(float* milliseconds, CUevent start, CUevent end) {
  return entry([&]() -> CUresult {
    if (milliseconds == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const auto first = driver().events.find(start);
    const auto second = driver().events.find(end);
    if (first == nullptr || second == nullptr || first->context() != second->context()) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (((first->flags() | second->flags()) & CU_EVENT_DISABLE_TIMING) != 0) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    for (const auto& event : {first, second}) {
      if (const CUresult result = check_event_not_captured(*event); result != CUDA_SUCCESS) {
        return result;
      }
    }
    const CompletionPtr from = first->last();
    const CompletionPtr to = second->last();
    if (from == nullptr || to == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if (!from->is_done() || !to->is_done()) return CUDA_ERROR_NOT_READY;
    if (const auto context = first->context();
        context != nullptr && context->sticky() != CUDA_SUCCESS) {
      return context->sticky();
    }
    *milliseconds = std::chrono::duration<float, std::milli>(to->time() - from->time()).count();
    return CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

CUresult cuEventCreate(CUevent* out, unsigned int flags) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    constexpr unsigned known =
        CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING | CU_EVENT_INTERPROCESS;
    if (out == nullptr || (flags & ~known) != 0) return CUDA_ERROR_INVALID_VALUE;
    if ((flags & CU_EVENT_INTERPROCESS) != 0) {
      if ((flags & CU_EVENT_DISABLE_TIMING) == 0) return CUDA_ERROR_INVALID_VALUE;
      log_line("cuEventCreate: events cannot be shared between processes (attribute 125 is 0)");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    auto event = std::make_shared<Event>(std::move(context), flags);
    event->handle = driver().events.add(event);
    *out = event->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuEventDestroy(CUevent event) {
  return destroy(event);
}
CUresult cuEventDestroy_v2(CUevent event) {
  return destroy(event);
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  return record(event, stream, 0, false);
}
CUresult cuEventRecord_ptsz(CUevent event, CUstream stream) {
  return record(event, stream, 0, true);
}
CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned int flags) {
  return record(event, stream, flags, false);
}
CUresult cuEventRecordWithFlags_ptsz(CUevent event, CUstream stream, unsigned int flags) {
  return record(event, stream, flags, true);
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags) {
  return wait(stream, event, flags, false);
}
CUresult cuStreamWaitEvent_ptsz(CUstream stream, CUevent event, unsigned int flags) {
  return wait(stream, event, flags, true);
}

CUresult cuEventQuery(CUevent handle) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Event> event;
    std::shared_ptr<Context> context;
    if (const CUresult result = find_event(handle, event, context); result != CUDA_SUCCESS) {
      return result;
    }
    const CompletionPtr last = event->last();
    // Asked before the error: work that fails says so first and is done then.
    const bool done = last == nullptr || last->is_done();
    if (context->report() != CUDA_SUCCESS) return context->sticky();
    return done ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  });
}

CUresult cuEventSynchronize(CUevent handle) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Event> event;
    std::shared_ptr<Context> context;
    if (const CUresult result = find_event(handle, event, context); result != CUDA_SUCCESS) {
      return result;
    }
    if (const CompletionPtr last = event->last()) last->wait();
    context->output.show();
    return context->sticky();
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return elapsed(milliseconds, start, end);
}
CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) {
  return elapsed(milliseconds, start, end);
}

}  // extern "C"
