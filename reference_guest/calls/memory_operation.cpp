/// Streams that wait for a word in memory, or write one.

#include <cstdint>
#include <vgpu/calls/memory_operation.hpp>
#include <vgpu/guest_written.hpp>

#include "mirrored_memory.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/guest/memory_registry.hpp"

namespace vgpu::guest::written {
namespace {

/// \param known whether the flags are such that nothing is left for the host to refuse.
template <class Call, class Word>
CUresult send(CUstream hStream, CUdeviceptr address, Word value, unsigned int flags, bool known) {
  const auto stream = reinterpret_cast<std::uint64_t>(hStream);
  if (!handle_valid(call::HandleKind::stream, stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (address % sizeof value != 0) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult mirrored = mirror_out(); mirrored != CUDA_SUCCESS) return mirrored;
  return post_if<Call>(known && knows_memory(address, sizeof value),
                       {.stream = stream, .addr = address, .value = value, .flags = flags});
}

template <class Call, class Word>
CUresult wait(CUstream stream, CUdeviceptr address, Word value, unsigned int flags) {
  constexpr unsigned conditions = 3;
  // Not every device can flush.
  if ((flags & ~(conditions | CU_STREAM_WAIT_VALUE_FLUSH)) != 0) return CUDA_ERROR_INVALID_VALUE;
  return send<Call>(stream, address, value, flags, (flags & CU_STREAM_WAIT_VALUE_FLUSH) == 0);
}

template <class Call, class Word>
CUresult write(CUstream stream, CUdeviceptr address, Word value, unsigned int flags) {
  if (flags != CU_STREAM_WRITE_VALUE_DEFAULT) return CUDA_ERROR_INVALID_VALUE;
  return send<Call>(stream, address, value, flags, true);
}

/// The forms of before CUDA 11.7 have device attributes of their own, and newer drivers do not
/// offer them.
CUresult old_forms(CUdevice_attribute offered) noexcept {
  const Device* device = find_device(current_context()->device);
  int can = 0;
  return device != nullptr && device->attribute(offered, &can) == CUDA_SUCCESS && can != 0
             ? CUDA_SUCCESS
             : CUDA_ERROR_NOT_SUPPORTED;
}
CUresult old_forms_32() noexcept {
  return old_forms(CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_MEM_OPS_V1);
}
CUresult old_forms_64() noexcept {
  return old_forms(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS_V1);
}

/// They may go without a barrier, and are as right with one.
constexpr unsigned int with_barrier(unsigned int flags) {
  return flags & ~static_cast<unsigned int>(CU_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER);
}

}  // namespace

CUresult cuStreamWaitValue32_v2(CUstream stream, CUdeviceptr addr, cuuint32_t value,
                                unsigned int flags) {
  return wait<calls::StreamWaitValue32>(stream, addr, value, flags);
}
CUresult cuStreamWaitValue64_v2(CUstream stream, CUdeviceptr addr, cuuint64_t value,
                                unsigned int flags) {
  return wait<calls::StreamWaitValue64>(stream, addr, value, flags);
}

CUresult cuStreamWriteValue32_v2(CUstream stream, CUdeviceptr addr, cuuint32_t value,
                                 unsigned int flags) {
  return write<calls::StreamWriteValue32>(stream, addr, value, flags);
}
CUresult cuStreamWriteValue64_v2(CUstream stream, CUdeviceptr addr, cuuint64_t value,
                                 unsigned int flags) {
  return write<calls::StreamWriteValue64>(stream, addr, value, flags);
}
CUresult cuStreamWaitValue32(CUstream stream, CUdeviceptr addr, cuuint32_t value,
                             unsigned int flags) {
  if (const CUresult result = old_forms_32(); result != CUDA_SUCCESS) return result;
  return written::cuStreamWaitValue32_v2(stream, addr, value, flags);
}
CUresult cuStreamWaitValue64(CUstream stream, CUdeviceptr addr, cuuint64_t value,
                             unsigned int flags) {
  if (const CUresult result = old_forms_64(); result != CUDA_SUCCESS) return result;
  return written::cuStreamWaitValue64_v2(stream, addr, value, flags);
}
CUresult cuStreamWriteValue32(CUstream stream, CUdeviceptr addr, cuuint32_t value,
                              unsigned int flags) {
  if (const CUresult result = old_forms_32(); result != CUDA_SUCCESS) return result;
  return written::cuStreamWriteValue32_v2(stream, addr, value, with_barrier(flags));
}
CUresult cuStreamWriteValue64(CUstream stream, CUdeviceptr addr, cuuint64_t value,
                              unsigned int flags) {
  if (const CUresult result = old_forms_64(); result != CUDA_SUCCESS) return result;
  return written::cuStreamWriteValue64_v2(stream, addr, value, with_barrier(flags));
}

}  // namespace vgpu::guest::written
