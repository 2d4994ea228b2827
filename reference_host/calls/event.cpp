/// Events.

#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

namespace vgpu::host {

using call::HandleKind;

CUresult execute(CallContext& context, const calls::EventCreate::Request& request,
                 calls::EventCreate::Reply&) {
  if (!context.can_bind(HandleKind::event, request.phEvent)) return CUDA_ERROR_INVALID_HANDLE;
  CUevent event = nullptr;
  const CUresult result = context.driver().cuEventCreate(&event, request.flags);
  if (result != CUDA_SUCCESS) return result;
  if (context.bind_new(HandleKind::event, request.phEvent, event)) return CUDA_SUCCESS;
  context.driver().cuEventDestroy_v2(event);
  return CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::EventDestroy::Request& request,
                 calls::EventDestroy::Reply&) {
  CUevent event{};
  if (request.hEvent == 0 || !context.resolve(HandleKind::event, request.hEvent, event)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  const CUresult result = context.driver().cuEventDestroy_v2(event);
  if (result == CUDA_SUCCESS) context.release(HandleKind::event, request.hEvent);
  return result;
}

CUresult execute(CallContext& context, const calls::EventElapsedTime::Request& request,
                 calls::EventElapsedTime::Reply& reply) {
  CUevent start{};
  CUevent end{};
  if (!context.resolve(HandleKind::event, request.hStart, start) ||
      !context.resolve(HandleKind::event, request.hEnd, end)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  // Drivers before CUDA 12.8 have the first form only.
  const DriverTable& driver = context.driver();
  const auto elapsed = driver.cuEventElapsedTime_v2 != nullptr ? driver.cuEventElapsedTime_v2
                                                               : driver.cuEventElapsedTime;
  if (elapsed == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return elapsed(&reply.pMilliseconds, start, end);
}

}  // namespace vgpu::host
