/// Stream capture. While a capture is on, calls of this process wait for their answers, since a
/// capture's errors are immediate; hence the count of captures.

#include <cstring>
#include <vgpu/calls/capture.hpp>
#include <vgpu/calls/graph.hpp>
#include <vgpu/calls/stream.hpp>
#include <vgpu/guest_written.hpp>

#include "capture_registry.hpp"
#include "graph_objects.hpp"
#include "object_note.hpp"

namespace vgpu::guest::written {
namespace {

using call::to_wire;

/// Counts a capture and has `send` begin it.
template <class Send>
CUresult begin_capture(CUstream stream, Send&& send) {
  CaptureRegistry& registry = CaptureRegistry::instance();
  const bool fresh = registry.begin(stream);
  const CUresult result = send();
  if (result != CUDA_SUCCESS && fresh) registry.end(stream);
  return result;
}

/// Whether the capture that began in `stream` is still there after cuStreamEndCapture failed: it is
/// when the call came from a wrong thread, and is not when the capture was invalid.
bool still_capturing(CUstream stream) {
  ReplyOf<calls::StreamIsCapturing> reply;
  const CUresult result =
      call<calls::StreamIsCapturing>({.hStream = to_wire<std::uint64_t>(stream)}, reply);
  return result == CUDA_SUCCESS && reply.value.captureStatus != CU_STREAM_CAPTURE_STATUS_NONE;
}

bool has_data(std::span<const CUgraphEdgeData> edges) noexcept {
  const CUgraphEdgeData plain{};
  for (const CUgraphEdgeData& edge : edges) {
    if (std::memcmp(&edge, &plain, sizeof edge) != 0) return true;
  }
  return false;
}

}  // namespace

CUresult cuStreamBeginCapture_v2(CUstream hStream, CUstreamCaptureMode mode) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  return begin_capture(hStream, [&] {
    return ask<calls::StreamBeginCapture>(
        {.hStream = to_wire<std::uint64_t>(hStream), .mode = to_wire<std::uint32_t>(mode)});
  });
}

// Without a mode, nothing is forbidden meanwhile.
CUresult cuStreamBeginCapture(CUstream hStream) {
  return written::cuStreamBeginCapture_v2(hStream, CU_STREAM_CAPTURE_MODE_RELAXED);
}

CUresult cuStreamBeginCaptureToGraph(CUstream hStream, CUgraph hGraph,
                                     const CUgraphNode* dependencies,
                                     const CUgraphEdgeData* dependencyData, size_t numDependencies,
                                     CUstreamCaptureMode mode) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (!is_graph(hGraph) || (dependencies == nullptr && numDependencies != 0) ||
      static_cast<unsigned>(mode) > CU_STREAM_CAPTURE_MODE_RELAXED) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  calls::StreamBeginCaptureToGraph::Request request;
  request.hStream = to_wire<std::uint64_t>(hStream);
  request.hGraph = id_of(hGraph);
  request.dependencies = ids_of(dependencies, numDependencies);
  request.dependencyData = bytes_of(dependencyData, numDependencies);
  request.numDependencies = numDependencies;
  request.mode = to_wire<std::uint32_t>(mode);
  return begin_capture(hStream, [&] { return ask<calls::StreamBeginCaptureToGraph>(request); });
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  ReplyOf<calls::ThreadExchangeStreamCaptureMode> reply;
  const CUresult result =
      call<calls::ThreadExchangeStreamCaptureMode>({.mode = to_wire<std::uint32_t>(*mode)}, reply);
  if (result == CUDA_SUCCESS) call::from_wire(reply.value.mode, *mode);
  return result;
}

CUresult cuStreamEndCapture(CUstream hStream, CUgraph* phGraph) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  const std::uint64_t minted = mint_handle(call::HandleKind::graph);
  if (minted == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  ReplyOf<calls::StreamEndCapture> reply;
  const CUresult result = call<calls::StreamEndCapture>(
      {.hStream = to_wire<std::uint64_t>(hStream), .phGraph = minted}, reply);
  if (result != CUDA_SUCCESS || reply.value.graph != minted) retire_handle(minted);
  if (phGraph != nullptr) *phGraph = nullptr;
  if (result == CUDA_SUCCESS && phGraph != nullptr) {
    if (reply.value.graph != minted) adopt_handle(reply.value.graph);
    *phGraph = reinterpret_cast<CUgraph>(reply.value.graph);
  } else if (result == CUDA_SUCCESS && reply.value.graph == minted) {
    // Nobody wants it, and no other handle names it.
    ask<calls::GraphDestroy>({.hGraph = minted});
    retire_handle(minted);
  }
  CaptureRegistry& registry = CaptureRegistry::instance();
  if (registry.counts(hStream) && (result == CUDA_SUCCESS || !still_capturing(hStream))) {
    registry.end(hStream);
  }
  return result;
}

CUresult cuStreamGetCaptureInfo_v3(CUstream hStream, CUstreamCaptureStatus* captureStatus_out,
                                   cuuint64_t* id_out, CUgraph* graph_out,
                                   const CUgraphNode** dependencies_out,
                                   const CUgraphEdgeData** edgeData_out,
                                   size_t* numDependencies_out) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (edgeData_out != nullptr && dependencies_out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (!capture_active()) {
    *captureStatus_out = CU_STREAM_CAPTURE_STATUS_NONE;
    return CUDA_SUCCESS;
  }
  ReplyOf<calls::StreamGetCaptureInfo> reply;
  const CUresult result =
      call<calls::StreamGetCaptureInfo>({.hStream = to_wire<std::uint64_t>(hStream)}, reply);
  if (result != CUDA_SUCCESS) return result;
  const auto& info = reply.value;
  call::from_wire(info.captureStatusOut, *captureStatus_out);
  if (info.captureStatusOut != CU_STREAM_CAPTURE_STATUS_ACTIVE) return CUDA_SUCCESS;

  CaptureRegistry::Arrays arrays;
  for (const std::uint64_t node : info.dependenciesOut) {
    arrays.dependencies.push_back(reinterpret_cast<CUgraphNode>(node));
  }
  arrays.edges.resize(arrays.dependencies.size());
  if (!call::copy_bytes(info.edgeDataOut, arrays.edges.data(),
                        arrays.edges.size() * sizeof(CUgraphEdgeData))) {
    return CUDA_ERROR_UNKNOWN;
  }
  // Without room for their data, edges that carry some cannot be told.
  if (dependencies_out != nullptr && edgeData_out == nullptr && has_data(arrays.edges)) {
    return CUDA_ERROR_LOSSY_QUERY;
  }
  if (!handle_valid(call::HandleKind::graph, info.graphOut)) adopt_handle(info.graphOut);
  if (id_out != nullptr) *id_out = info.idOut;
  if (graph_out != nullptr) *graph_out = reinterpret_cast<CUgraph>(info.graphOut);
  if (numDependencies_out != nullptr) *numDependencies_out = arrays.dependencies.size();
  if (dependencies_out == nullptr) return CUDA_SUCCESS;
  const auto& kept = CaptureRegistry::instance().keep(hStream, std::move(arrays));
  *dependencies_out = kept.dependencies.data();
  if (edgeData_out != nullptr) *edgeData_out = kept.edges.data();
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCaptureInfo_v2(CUstream hStream, CUstreamCaptureStatus* captureStatus_out,
                                   cuuint64_t* id_out, CUgraph* graph_out,
                                   const CUgraphNode** dependencies_out,
                                   size_t* numDependencies_out) {
  if (captureStatus_out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return written::cuStreamGetCaptureInfo_v3(hStream, captureStatus_out, id_out, graph_out,
                                            dependencies_out, nullptr, numDependencies_out);
}

CUresult cuStreamGetCaptureInfo(CUstream hStream, CUstreamCaptureStatus* captureStatus_out,
                                cuuint64_t* id_out) {
  if (captureStatus_out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return written::cuStreamGetCaptureInfo_v3(hStream, captureStatus_out, id_out, nullptr, nullptr,
                                            nullptr, nullptr);
}

CUresult cuStreamUpdateCaptureDependencies_v2(CUstream hStream, CUgraphNode* dependencies,
                                              const CUgraphEdgeData* dependencyData,
                                              size_t numDependencies, unsigned int flags) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (dependencies == nullptr && numDependencies != 0) return CUDA_ERROR_INVALID_VALUE;
  if (!capture_active()) return CUDA_ERROR_ILLEGAL_STATE;
  calls::StreamUpdateCaptureDependencies::Request request;
  request.hStream = to_wire<std::uint64_t>(hStream);
  request.dependencies = ids_of(dependencies, numDependencies);
  request.dependencyData = bytes_of(dependencyData, numDependencies);
  request.numDependencies = numDependencies;
  request.flags = flags;
  return ask<calls::StreamUpdateCaptureDependencies>(request);
}

CUresult cuStreamUpdateCaptureDependencies(CUstream hStream, CUgraphNode* dependencies,
                                           size_t numDependencies, unsigned int flags) {
  return written::cuStreamUpdateCaptureDependencies_v2(hStream, dependencies, nullptr,
                                                       numDependencies, flags);
}

}  // namespace vgpu::guest::written
