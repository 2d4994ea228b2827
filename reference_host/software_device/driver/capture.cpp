#include "capture.hpp"

#include <algorithm>

#include "capture_list.hpp"
#include "driver.hpp"

using namespace vgpu::softdevice;

namespace {

std::atomic<std::uint64_t> next_capture_id{1};

bool valid_mode(CUstreamCaptureMode mode) {
  return mode == CU_STREAM_CAPTURE_MODE_GLOBAL || mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL ||
         mode == CU_STREAM_CAPTURE_MODE_RELAXED;
}

/// Nodes of `graph` behind handles; false when one is not of that graph.
bool find_nodes(const CUgraphNode* handles, std::size_t count, const std::shared_ptr<Graph>& graph,
                std::vector<std::shared_ptr<GraphNode>>& nodes) {
  for (std::size_t i = 0; i < count; ++i) {
    auto node = driver().graph_nodes.find(handles[i]);
    if (node == nullptr || node->graph.lock() != graph) return false;
    nodes.push_back(std::move(node));
  }
  return true;
}

CUresult begin(CUstream handle, bool per_thread, CUstreamCaptureMode mode, CUgraph into = nullptr,
               const CUgraphNode* dependencies = nullptr, std::size_t dependency_count = 0,
               bool to_graph = false) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(handle, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (!valid_mode(mode)) return CUDA_ERROR_INVALID_VALUE;
    if (stream->kind() == Stream::Kind::legacy) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    auto capture = std::make_shared<Capture>();
    std::vector<std::shared_ptr<GraphNode>> nodes;
    if (to_graph) {
      capture->graph = driver().graphs.find(into);
      if (capture->graph == nullptr || (dependency_count > 0 && dependencies == nullptr) ||
          !find_nodes(dependencies, dependency_count, capture->graph, nodes)) {
        return CUDA_ERROR_INVALID_VALUE;
      }
      capture->graph_is_callers = true;
    } else {
      capture->graph = std::make_shared<Graph>();
      capture->graph->handle = driver().graphs.add(capture->graph);
    }
    const std::lock_guard lock(capture_mutex());
    if (stream->capture != nullptr) {
      if (!to_graph) driver().graphs.remove(capture->graph->handle);
      return CUDA_ERROR_ILLEGAL_STATE;
    }
    capture->id = next_capture_id.fetch_add(1);
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    capture->origin = stream;
    capture->streams.push_back(stream);
    stream->capture = capture;
    stream->capture_dependencies = std::move(nodes);
    add_capture_locked(capture);
    return CUDA_SUCCESS;
  });
}

CUresult end(CUstream handle, bool per_thread, CUgraph* out) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(handle, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    const std::lock_guard lock(capture_mutex());
    const auto capture = stream->capture;
    if (capture == nullptr) return CUDA_ERROR_ILLEGAL_STATE;
    if (capture->origin.lock() != stream) {
      capture->invalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    }
    if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
        capture->thread != std::this_thread::get_id()) {
      return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
    }
    CUresult result = CUDA_SUCCESS;
    if (capture->invalidated) {
      result = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    } else if (!is_joined_locked(*capture)) {
      result = CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
    }
    end_capture_locked(capture);
    if (result == CUDA_SUCCESS && out != nullptr) {
      *out = capture->graph->handle;
      return result;
    }
    if (out != nullptr) *out = nullptr;
    // Nobody gets the graph. After an error one of the caller's is gone, too.
    if (result != CUDA_SUCCESS || !capture->graph_is_callers) {
      driver().graphs.remove(capture->graph->handle);
      capture->graph->retire();
    }
    return result;
  });
}

CUstreamCaptureStatus status_of(const Stream& stream) {
  if (stream.capture == nullptr) return CU_STREAM_CAPTURE_STATUS_NONE;
  return stream.capture->invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                     : CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

struct CaptureInfo {
  CUstreamCaptureStatus* status = nullptr;
  cuuint64_t* id = nullptr;
  CUgraph* graph = nullptr;
  const CUgraphNode** dependencies = nullptr;
  const CUgraphEdgeData** edges = nullptr;
  std::size_t* count = nullptr;
};

CUresult info(CUstream handle, bool per_thread, const CaptureInfo& out) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(handle, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (out.status == nullptr || (out.edges != nullptr && out.dependencies == nullptr)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const std::lock_guard lock(capture_mutex());
    if (stream->kind() == Stream::Kind::legacy && beside_blocking_capture_locked(*context)) {
      return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    *out.status = status_of(*stream);
    if (*out.status != CU_STREAM_CAPTURE_STATUS_ACTIVE) return CUDA_SUCCESS;
    if (out.id != nullptr) *out.id = stream->capture->id;
    if (out.graph != nullptr) *out.graph = stream->capture->graph->handle;
    stream->capture_handles.clear();
    for (const auto& node : stream->capture_dependencies) {
      stream->capture_handles.push_back(node->handle);
    }
    stream->capture_edge_data.assign(stream->capture_handles.size(), CUgraphEdgeData{});
    if (out.dependencies != nullptr) *out.dependencies = stream->capture_handles.data();
    if (out.edges != nullptr) *out.edges = stream->capture_edge_data.data();
    if (out.count != nullptr) *out.count = stream->capture_handles.size();
    return CUDA_SUCCESS;
  });
}

CUresult is_capturing(CUstream handle, bool per_thread, CUstreamCaptureStatus* out) {
  CaptureInfo wanted;
  wanted.status = out;
  return info(handle, per_thread, wanted);
}

CUresult update(CUstream handle, bool per_thread, const CUgraphNode* dependencies,
                std::size_t count, unsigned flags) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(handle, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (flags > CU_STREAM_SET_CAPTURE_DEPENDENCIES || (count > 0 && dependencies == nullptr)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const std::lock_guard lock(capture_mutex());
    if (stream->capture == nullptr) return CUDA_ERROR_ILLEGAL_STATE;
    if (stream->capture->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    std::vector<std::shared_ptr<GraphNode>> nodes;
    if (!find_nodes(dependencies, count, stream->capture->graph, nodes)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    auto& mine = stream->capture_dependencies;
    if (flags == CU_STREAM_SET_CAPTURE_DEPENDENCIES) mine.clear();
    for (const auto& node : nodes) {
      if (std::find(mine.begin(), mine.end(), node) == mine.end()) mine.push_back(node);
    }
    return CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

// Without a mode, nothing is forbidden meanwhile.
CUresult cuStreamBeginCapture(CUstream s) {
  return begin(s, false, CU_STREAM_CAPTURE_MODE_RELAXED);
}
CUresult cuStreamBeginCapture_ptsz(CUstream s) {
  return begin(s, true, CU_STREAM_CAPTURE_MODE_RELAXED);
}
CUresult cuStreamBeginCapture_v2(CUstream s, CUstreamCaptureMode mode) {
  return begin(s, false, mode);
}
CUresult cuStreamBeginCapture_v2_ptsz(CUstream s, CUstreamCaptureMode mode) {
  return begin(s, true, mode);
}
CUresult cuStreamBeginCaptureToGraph(CUstream s, CUgraph graph, const CUgraphNode* dependencies,
                                     const CUgraphEdgeData*, size_t count,
                                     CUstreamCaptureMode mode) {
  return begin(s, false, mode, graph, dependencies, count, true);
}
CUresult cuStreamBeginCaptureToGraph_ptsz(CUstream s, CUgraph graph,
                                          const CUgraphNode* dependencies, const CUgraphEdgeData*,
                                          size_t count, CUstreamCaptureMode mode) {
  return begin(s, true, mode, graph, dependencies, count, true);
}
CUresult cuStreamEndCapture(CUstream s, CUgraph* graph) {
  return end(s, false, graph);
}
CUresult cuStreamEndCapture_ptsz(CUstream s, CUgraph* graph) {
  return end(s, true, graph);
}

CUresult cuStreamIsCapturing(CUstream s, CUstreamCaptureStatus* status) {
  return is_capturing(s, false, status);
}
CUresult cuStreamIsCapturing_ptsz(CUstream s, CUstreamCaptureStatus* status) {
  return is_capturing(s, true, status);
}

CUresult cuStreamGetCaptureInfo(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id) {
  return info(s, false, {status, id, nullptr, nullptr, nullptr, nullptr});
}
CUresult cuStreamGetCaptureInfo_ptsz(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id) {
  return info(s, true, {status, id, nullptr, nullptr, nullptr, nullptr});
}
CUresult cuStreamGetCaptureInfo_v2(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id,
                                   CUgraph* graph, const CUgraphNode** dependencies,
                                   size_t* count) {
  return info(s, false, {status, id, graph, dependencies, nullptr, count});
}
CUresult cuStreamGetCaptureInfo_v2_ptsz(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id,
                                        CUgraph* graph, const CUgraphNode** dependencies,
                                        size_t* count) {
  return info(s, true, {status, id, graph, dependencies, nullptr, count});
}
CUresult cuStreamGetCaptureInfo_v3(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id,
                                   CUgraph* graph, const CUgraphNode** dependencies,
                                   const CUgraphEdgeData** edges, size_t* count) {
  return info(s, false, {status, id, graph, dependencies, edges, count});
}
CUresult cuStreamGetCaptureInfo_v3_ptsz(CUstream s, CUstreamCaptureStatus* status, cuuint64_t* id,
                                        CUgraph* graph, const CUgraphNode** dependencies,
                                        const CUgraphEdgeData** edges, size_t* count) {
  return info(s, true, {status, id, graph, dependencies, edges, count});
}

CUresult cuStreamUpdateCaptureDependencies(CUstream s, CUgraphNode* dependencies, size_t count,
                                           unsigned int flags) {
  return update(s, false, dependencies, count, flags);
}
CUresult cuStreamUpdateCaptureDependencies_ptsz(CUstream s, CUgraphNode* dependencies, size_t count,
                                                unsigned int flags) {
  return update(s, true, dependencies, count, flags);
}
CUresult cuStreamUpdateCaptureDependencies_v2(CUstream s, CUgraphNode* dependencies,
                                              const CUgraphEdgeData*, size_t count,
                                              unsigned int flags) {
  return update(s, false, dependencies, count, flags);
}
CUresult cuStreamUpdateCaptureDependencies_v2_ptsz(CUstream s, CUgraphNode* dependencies,
                                                   const CUgraphEdgeData*, size_t count,
                                                   unsigned int flags) {
  return update(s, true, dependencies, count, flags);
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  return entry([&]() -> CUresult {
    if (mode == nullptr || !valid_mode(*mode)) return CUDA_ERROR_INVALID_VALUE;
    std::swap(thread_state().capture_mode, *mode);
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
