#include <algorithm>
#include <unordered_set>

#include "capture.hpp"
#include "capture_list.hpp"
#include "driver.hpp"
#include "event.hpp"

namespace vgpu::softdevice {
namespace {

std::atomic<int> capture_count{0};

std::vector<std::shared_ptr<Capture>>& capture_list() {
  static auto* const list = new std::vector<std::shared_ptr<Capture>>;
  return *list;
}

/// A blocking stream of the context captures: the legacy stream must not be used.
bool beside_blocking_capture(const Context& context, bool invalidate) {
  bool found = false;
  for (const auto& stream : context.streams()) {
    if (stream->capture == nullptr || !stream->is_blocking()) continue;
    found = true;
    if (invalidate) stream->capture->invalidated = true;
  }
  return found;
}

void add_unique(std::vector<std::shared_ptr<GraphNode>>& to,
                const std::vector<std::shared_ptr<GraphNode>>& from) {
  for (const auto& node : from) {
    if (std::find(to.begin(), to.end(), node) == to.end()) to.push_back(node);
  }
}

}  // namespace

std::mutex& capture_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

bool any_capture() noexcept {
  return capture_count.load(std::memory_order_acquire) != 0;
}

void add_capture_locked(const std::shared_ptr<Capture>& capture) {
  capture_list().push_back(capture);
  capture_count.fetch_add(1);
}

void end_capture_locked(const std::shared_ptr<Capture>& capture) {
  for (const auto& weak : capture->streams) {
    const auto stream = weak.lock();
    if (stream == nullptr || stream->capture != capture) continue;
    stream->capture.reset();
    stream->capture_dependencies.clear();
  }
  auto& list = capture_list();
  const auto found = std::find(list.begin(), list.end(), capture);
  if (found == list.end()) return;
  list.erase(found);
  capture_count.fetch_sub(1);
}

void abandon_capture(const std::shared_ptr<Stream>& stream) {
  if (!any_capture()) return;
  const std::lock_guard lock(capture_mutex());
  const auto capture = stream->capture;
  if (capture == nullptr) return;
  capture->invalidated = true;
  if (capture->origin.lock() == stream) {
    end_capture_locked(capture);
    if (!capture->graph_is_callers) {
      driver().graphs.remove(capture->graph->handle);
      capture->graph->retire();
    }
  }
  stream->capture.reset();
  stream->capture_dependencies.clear();
}

CUresult check_unsafe_call() {
  if (!any_capture()) return CUDA_SUCCESS;
  const CUstreamCaptureMode mode = thread_state().capture_mode;
  if (mode == CU_STREAM_CAPTURE_MODE_RELAXED) return CUDA_SUCCESS;
  const std::lock_guard lock(capture_mutex());
  const auto self = std::this_thread::get_id();
  bool prohibited = false;
  for (const auto& capture : capture_list()) {
    const bool mine = capture->thread == self;
    const bool counts = mine ? capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED
                             : mode == CU_STREAM_CAPTURE_MODE_GLOBAL &&
                                   capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (!counts) continue;
    capture->invalidated = true;
    prohibited = true;
  }
  return prohibited ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

bool beside_blocking_capture_locked(const Context& context) {
  return beside_blocking_capture(context, false);
}

CUresult check_capture_locked(Stream& stream, Context& context, bool& captured) {
  captured = stream.capture != nullptr;
  if (captured) {
    return stream.capture->invalidated ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED : CUDA_SUCCESS;
  }
  if (stream.kind() == Stream::Kind::legacy && beside_blocking_capture(context, true)) {
    return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
  }
  return CUDA_SUCCESS;
}

std::shared_ptr<GraphNode> capture_locked(Stream& stream, const std::shared_ptr<Context>& context,
                                          Work work) {
  std::shared_ptr<GraphNode> node;
  {
    const std::lock_guard lock(graph_mutex());
    std::vector<GraphNode*> dependencies;
    for (const auto& dependency : stream.capture_dependencies) {
      dependencies.push_back(dependency.get());
    }
    node = stream.capture->graph->add(std::move(work), dependencies, context);
  }
  stream.capture_dependencies.assign(1, node);
  return node;
}

CUresult refuse_if_capturing(Stream& stream, Context& context) {
  if (!any_capture()) return CUDA_SUCCESS;
  const std::lock_guard lock(capture_mutex());
  if (stream.capture != nullptr) {
    if (stream.capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    stream.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  bool captured = false;
  return check_capture_locked(stream, context, captured);
}

CUresult refuse_if_context_captures(Context& context) {
  if (!any_capture()) return CUDA_SUCCESS;
  const std::lock_guard lock(capture_mutex());
  CUresult result = CUDA_SUCCESS;
  for (const auto& stream : context.streams()) {
    if (stream->capture == nullptr) continue;
    stream->capture->invalidated = true;
    result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  return result;
}

CUresult refuse_capturing_stream(Stream& stream) {
  if (!any_capture()) return CUDA_SUCCESS;
  const std::lock_guard lock(capture_mutex());
  if (stream.capture == nullptr) return CUDA_SUCCESS;
  stream.capture->invalidated = true;
  return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult capture_event_record(const std::shared_ptr<Stream>& stream, Context& context,
                              const std::shared_ptr<Event>& event, bool external, bool& captured) {
  captured = false;
  // Without a capture only an event that was captured before needs to be told.
  if (!any_capture() && !event->captured) return CUDA_SUCCESS;
  const std::lock_guard lock(capture_mutex());
  if (const CUresult result = check_capture_locked(*stream, context, captured);
      result != CUDA_SUCCESS) {
    return result;
  }
  if (!captured) {
    event->captured = false;
    event->capture.reset();
    event->capture_nodes.clear();
    return CUDA_SUCCESS;
  }
  if (external) {
    capture_locked(*stream, stream->context(), EventRecordWork{event});
    return CUDA_SUCCESS;
  }
  event->captured = true;
  event->capture = stream->capture;
  event->capture_nodes = stream->capture_dependencies;
  return CUDA_SUCCESS;
}

CUresult capture_event_wait(const std::shared_ptr<Stream>& stream,
                            const std::shared_ptr<Context>& context,
                            const std::shared_ptr<Event>& event, bool external, bool& captured) {
  captured = false;
  if (!any_capture() && !event->captured) return CUDA_SUCCESS;
  const std::lock_guard lock(capture_mutex());
  if (const CUresult result = check_capture_locked(*stream, *context, captured);
      result != CUDA_SUCCESS) {
    return result;
  }
  if (captured && external) {
    capture_locked(*stream, context, EventWaitWork{event});
    return CUDA_SUCCESS;
  }
  if (!event->captured) {
    if (!captured || event->last() == nullptr) return CUDA_SUCCESS;
    stream->capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  const auto origin = event->capture.lock();
  const auto& list = capture_list();
  if (origin == nullptr || std::find(list.begin(), list.end(), origin) == list.end()) {
    if (captured) stream->capture->invalidated = true;
    return captured ? CUDA_ERROR_STREAM_CAPTURE_ISOLATION : CUDA_ERROR_CAPTURED_EVENT;
  }
  if (captured && stream->capture != origin) {
    stream->capture->invalidated = true;
    origin->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_MERGE;
  }
  if (origin->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!captured) {
    if (stream->kind() == Stream::Kind::legacy) {
      origin->invalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    stream->capture = origin;
    stream->capture_dependencies.clear();
    origin->streams.push_back(stream);
  }
  add_unique(stream->capture_dependencies, event->capture_nodes);
  captured = true;
  return CUDA_SUCCESS;
}

CUresult check_event_not_captured(const Event& event) {
  const std::lock_guard lock(capture_mutex());
  if (!event.captured) return CUDA_SUCCESS;
  if (const auto capture = event.capture.lock()) capture->invalidated = true;
  return CUDA_ERROR_CAPTURED_EVENT;
}

bool is_joined_locked(const Capture& capture) {
  const auto origin = capture.origin.lock();
  if (origin == nullptr) return false;
  const std::lock_guard lock(graph_mutex());
  std::unordered_set<const GraphNode*> reached;
  std::vector<const GraphNode*> open;
  for (const auto& node : origin->capture_dependencies) open.push_back(node.get());
  while (!open.empty()) {
    const GraphNode* const node = open.back();
    open.pop_back();
    if (!reached.insert(node).second) continue;
    for (const GraphNode* const before : node->dependencies) open.push_back(before);
  }
  for (const auto& weak : capture.streams) {
    const auto stream = weak.lock();
    if (stream == nullptr || stream == origin) continue;
    for (const auto& node : stream->capture_dependencies) {
      if (reached.count(node.get()) == 0) return false;
    }
  }
  return true;
}

}  // namespace vgpu::softdevice
