/// Streams.

#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "capture_handles.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::host {

using call::HandleKind;

namespace {

/// Enters a stream that `make` creates under the id that the guest chose.
template <class Make>
CUresult create_stream(CallContext& context, std::uint64_t id, Make&& make) {
  if (!context.can_bind(HandleKind::stream, id)) return CUDA_ERROR_INVALID_HANDLE;
  CUstream stream = nullptr;
  const CUresult result = make(&stream);
  if (result != CUDA_SUCCESS) return result;
  if (context.bind_new(HandleKind::stream, id, stream)) return CUDA_SUCCESS;
  context.driver().cuStreamDestroy_v2(stream);
  return CUDA_ERROR_OUT_OF_MEMORY;
}

}  // namespace

CUresult execute(CallContext& context, const calls::StreamCreate::Request& request,
                 calls::StreamCreate::Reply&) {
  return create_stream(context, request.phStream, [&](CUstream* stream) {
    return context.driver().cuStreamCreate(stream, request.flags);
  });
}

CUresult execute(CallContext& context, const calls::StreamCreateWithPriority::Request& request,
                 calls::StreamCreateWithPriority::Reply&) {
  return create_stream(context, request.phStream, [&](CUstream* stream) {
    return context.driver().cuStreamCreateWithPriority(stream, request.flags, request.priority);
  });
}

CUresult execute(CallContext& context, const calls::StreamIsCapturing::Request& request,
                 calls::StreamIsCapturing::Reply& reply) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  const CUresult result = context.driver().cuStreamIsCapturing(stream, &status);
  if (result == CUDA_SUCCESS) reply.captureStatus = call::to_wire<std::uint32_t>(status);
  return result;
}

CUresult execute(CallContext& context, const calls::StreamDestroy::Request& request,
                 calls::StreamDestroy::Reply&) {
  CUstream stream{};
  if (request.hStream <= 2 || !context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  // A capture that began in this stream ends with it, and its graph with the capture.
  const std::uint64_t graph = known_capture_graph(context, stream);
  const CUresult result = context.driver().cuStreamDestroy_v2(stream);
  if (result != CUDA_SUCCESS) return result;
  if (graph != 0) context.release(HandleKind::graph, graph);
  context.release(HandleKind::stream, request.hStream);
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::StreamSetAttribute::Request& request,
                 calls::StreamSetAttribute::Reply&) {
  if (context.driver().cuStreamSetAttribute == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUstreamAttrValue value;
  if (!call::copy_layout(request.param, value)) return CUDA_ERROR_INVALID_VALUE;
  const auto attribute = call::from_wire<CUstreamAttrID>(request.attr);
  if (attribute == CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW) {
    const auto& window = value.accessPolicyWindow;
    if (window.num_bytes != 0 &&
        !context.owns(reinterpret_cast<std::uint64_t>(window.base_ptr), window.num_bytes)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
  }
  return context.driver().cuStreamSetAttribute(stream, attribute, &value);
}

}  // namespace vgpu::host
