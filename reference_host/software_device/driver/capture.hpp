#pragma once

#include <cuda.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "graph.hpp"
#include "stream.hpp"

namespace vgpu::softdevice {

/// One capture sequence, from cuStreamBeginCapture to cuStreamEndCapture.
struct Capture {
  std::uint64_t id = 0;
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  std::thread::id thread;
  std::shared_ptr<Graph> graph;
  bool graph_is_callers = false;  ///< cuStreamBeginCaptureToGraph
  bool invalidated = false;
  std::weak_ptr<Stream> origin;
  std::vector<std::weak_ptr<Stream>> streams;  ///< origin and all that joined
};

/// Guards capture state of streams and events. Locked before `graph_mutex()`, never after it.
std::mutex& capture_mutex();

/// False as long as no stream of the process captures: a cheap way past everything below.
bool any_capture() noexcept;

/// To be asked by calls that are unsafe during capture, before they do anything.
/// \return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED when the thread's mode prohibits them; the capture
/// is invalidated then.
CUresult check_unsafe_call();

/// Under `capture_mutex()`: whether work may go to `stream`, and whether it is captured.
/// \param captured set when the stream captures.
/// \return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, _IMPLICIT for the legacy stream beside a capture.
CUresult check_capture_locked(Stream& stream, Context& context, bool& captured);

/// Under `capture_mutex()`: adds a node to the capture of `stream`.
std::shared_ptr<GraphNode> capture_locked(Stream& stream, const std::shared_ptr<Context>& context,
                                          Work work);

/// Refuses with CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED and invalidates when `stream` captures;
/// CUDA_ERROR_STREAM_CAPTURE_IMPLICIT for the legacy stream beside a capture.
CUresult refuse_if_capturing(Stream& stream, Context& context);

/// Refuses with CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, in every mode, when a stream of the context
/// captures; its captures are invalidated.
CUresult refuse_if_context_captures(Context& context);

/// Refuses with CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, again and again, when `stream` captures; its
/// capture is invalidated.
CUresult refuse_capturing_stream(Stream& stream);

/// Ends the capture that begins in `stream`, or invalidates the one it joined: the stream goes
/// away.
void abandon_capture(const std::shared_ptr<Stream>& stream);

/// Event side: records into a capture if the stream captures. \param captured whether it did.
CUresult capture_event_record(const std::shared_ptr<Stream>& stream, Context& context,
                              const std::shared_ptr<Event>& event, bool external, bool& captured);
/// Waits inside a capture, joining it if need be. \param captured whether nothing is left to do.
CUresult capture_event_wait(const std::shared_ptr<Stream>& stream,
                            const std::shared_ptr<Context>& context,
                            const std::shared_ptr<Event>& event, bool external, bool& captured);
/// CUDA_ERROR_CAPTURED_EVENT when the event was last recorded in a capture.
CUresult check_event_not_captured(const Event& event);

}  // namespace vgpu::softdevice
