/// Stream capture. The guest thread's capture mode is that of the host thread that serves it, so
/// every call here runs on the right one by itself.

#include <algorithm>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "capture_handles.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::host {

using call::HandleKind;

namespace {

/// Edge data as the guest sent it, one per dependency; a NULL array stays NULL.
bool edge_data(CallContext& context, std::span<const std::byte> bytes, std::uint64_t count,
               std::span<CUgraphEdgeData>& out) {
  return call::copy_layouts(context, bytes, out) && (out.empty() || out.size() == count);
}

}  // namespace

CUresult execute(CallContext& context, const calls::StreamBeginCapture::Request& request,
                 calls::StreamBeginCapture::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return context.driver().cuStreamBeginCapture_v2(
      stream, call::from_wire<CUstreamCaptureMode>(request.mode));
}

CUresult execute(CallContext& context, const calls::StreamBeginCaptureToGraph::Request& request,
                 calls::StreamBeginCaptureToGraph::Reply&) {
  const auto begin = context.driver().cuStreamBeginCaptureToGraph;
  if (begin == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUgraph graph{};
  std::span<CUgraphNode> nodes;
  std::span<CUgraphEdgeData> edges;
  if (!resolve_graph(context, request.hGraph, graph) ||
      request.dependencies.size() != request.numDependencies ||
      !resolve_nodes(context, request.dependencies, nodes) ||
      !edge_data(context, request.dependencyData, nodes.size(), edges)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return begin(stream, graph, nodes.data(), edges.data(), nodes.size(),
               call::from_wire<CUstreamCaptureMode>(request.mode));
}

CUresult execute(CallContext& context,
                 const calls::ThreadExchangeStreamCaptureMode::Request& request,
                 calls::ThreadExchangeStreamCaptureMode::Reply& reply) {
  auto mode = call::from_wire<CUstreamCaptureMode>(request.mode);
  const CUresult result = context.driver().cuThreadExchangeStreamCaptureMode(&mode);
  if (result == CUDA_SUCCESS) reply.mode = call::to_wire<std::uint32_t>(mode);
  return result;
}

CUresult execute(CallContext& context, const calls::StreamEndCapture::Request& request,
                 calls::StreamEndCapture::Reply& reply) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (!context.can_bind(HandleKind::graph, request.phGraph)) return CUDA_ERROR_INVALID_HANDLE;
  const DriverTable& driver = context.driver();
  const std::uint64_t known = known_capture_graph(context, stream);
  CUgraph graph = nullptr;
  const CUresult result = driver.cuStreamEndCapture(stream, &graph);
  if (result != CUDA_SUCCESS || graph == nullptr) {
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    const bool ended = driver.cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS &&
                       status == CU_STREAM_CAPTURE_STATUS_NONE;
    if (known != 0 && ended) context.release(HandleKind::graph, known);
    return result;
  }
  // The graph keeps the id that the guest has for it, if it has one.
  reply.graph = context.id_of(HandleKind::graph, graph);
  if (reply.graph != 0) return CUDA_SUCCESS;
  if (!context.bind_new(HandleKind::graph, request.phGraph, graph)) {
    driver.cuGraphDestroy(graph);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.graph = request.phGraph;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::StreamGetCaptureInfo::Request& request,
                 calls::StreamGetCaptureInfo::Reply& reply) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CaptureState state;
  const CUresult result = query_capture(context.driver(), stream, state);
  if (result != CUDA_SUCCESS) return result;
  reply.captureStatusOut = call::to_wire<std::uint32_t>(state.status);
  if (state.status != CU_STREAM_CAPTURE_STATUS_ACTIVE) return CUDA_SUCCESS;
  reply.idOut = state.id;
  reply.graphOut = context.mint(HandleKind::graph, state.graph);
  if (reply.graphOut == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  if (!node_ids(context, {state.dependencies, state.count}, reply.graphOut,
                reply.dependenciesOut)) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.numDependenciesOut = state.count;
  if (state.edges != nullptr) {
    // The backend's array lasts until the next call for the stream, which another thread may make.
    const auto edges = context.scratch<CUgraphEdgeData>(state.count);
    std::copy_n(state.edges, state.count, edges.begin());
    reply.edgeDataOut = std::as_bytes(edges);
  }
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context,
                 const calls::StreamUpdateCaptureDependencies::Request& request,
                 calls::StreamUpdateCaptureDependencies::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  std::span<CUgraphNode> nodes;
  std::span<CUgraphEdgeData> edges;
  if (request.dependencies.size() != request.numDependencies ||
      !resolve_nodes(context, request.dependencies, nodes) ||
      !edge_data(context, request.dependencyData, nodes.size(), edges)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const DriverTable& driver = context.driver();
  if (driver.cuStreamUpdateCaptureDependencies_v2 != nullptr) {
    return driver.cuStreamUpdateCaptureDependencies_v2(stream, nodes.data(), edges.data(),
                                                       nodes.size(), request.flags);
  }
  if (driver.cuStreamUpdateCaptureDependencies == nullptr || !edges.empty()) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  return driver.cuStreamUpdateCaptureDependencies(stream, nodes.data(), nodes.size(),
                                                  request.flags);
}

}  // namespace vgpu::host
