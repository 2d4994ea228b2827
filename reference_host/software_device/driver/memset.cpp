#include "allocation.hpp"
#include "capture.hpp"
#include "driver.hpp"
#include "work.hpp"

using namespace vgpu::softdevice;

namespace {

/// Whether a memset without a stream returns only when it is done. In device memory it does not,
/// unless the program asked for that.
bool is_synchronous(CUdeviceptr target, const Context& context) {
  if ((context.flags & CU_CTX_SYNC_MEMOPS) != 0) return true;
  const auto allocation = driver().allocations.find(target, 1);
  return allocation != nullptr && (allocation->is_host() || allocation->sync_memops ||
                                   allocation->kind == AllocationKind::managed);
}

/// For the forms of CUDA 2, before they take the way of the newer ones.
CUresult begin_old() {
  return entry([]() -> CUresult {
    std::shared_ptr<Context> context;
    return require_old_context(context);
  });
}

CUresult fill(CUdeviceptr target, std::size_t pitch, unsigned value, unsigned element,
              std::size_t width, std::size_t height, CUstream hStream, bool per_thread,
              bool synchronous) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    CUDA_MEMSET_NODE_PARAMS params{};
    params.dst = target;
    params.pitch = pitch;
    params.value = value;
    params.elementSize = element;
    params.width = width;
    params.height = height;
    MemsetWork work;
    if (const CUresult result = make_memset_work(params, work); result != CUDA_SUCCESS) {
      return result;
    }
    if (!synchronous) return submit(stream, context, work);
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    if (!is_synchronous(target, *context)) return submit(stream, context, work);
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    return submit_and_wait(stream, context, work);
  });
}

}  // namespace

extern "C" {

CUresult cuMemsetD8(CUdeviceptr_v1 target, unsigned char value, unsigned int count) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return fill(target, 0, value, 1, count, 1, nullptr, false, true);
}
CUresult cuMemsetD8_v2(CUdeviceptr target, unsigned char value, size_t count) {
  return fill(target, 0, value, 1, count, 1, nullptr, false, true);
}
CUresult cuMemsetD8_v2_ptds(CUdeviceptr target, unsigned char value, size_t count) {
  return fill(target, 0, value, 1, count, 1, nullptr, true, true);
}
CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char value, size_t count, CUstream stream) {
  return fill(target, 0, value, 1, count, 1, stream, false, false);
}
CUresult cuMemsetD8Async_ptsz(CUdeviceptr target, unsigned char value, size_t count,
                              CUstream stream) {
  return fill(target, 0, value, 1, count, 1, stream, true, false);
}
CUresult cuMemsetD2D8(CUdeviceptr_v1 target, unsigned int pitch, unsigned char value,
                      unsigned int width, unsigned int height) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return fill(target, pitch, value, 1, width, height, nullptr, false, true);
}
CUresult cuMemsetD2D8_v2(CUdeviceptr target, size_t pitch, unsigned char value, size_t width,
                         size_t height) {
  return fill(target, pitch, value, 1, width, height, nullptr, false, true);
}
CUresult cuMemsetD2D8_v2_ptds(CUdeviceptr target, size_t pitch, unsigned char value, size_t width,
                              size_t height) {
  return fill(target, pitch, value, 1, width, height, nullptr, true, true);
}
CUresult cuMemsetD2D8Async(CUdeviceptr target, size_t pitch, unsigned char value, size_t width,
                           size_t height, CUstream stream) {
  return fill(target, pitch, value, 1, width, height, stream, false, false);
}
CUresult cuMemsetD2D8Async_ptsz(CUdeviceptr target, size_t pitch, unsigned char value, size_t width,
                                size_t height, CUstream stream) {
  return fill(target, pitch, value, 1, width, height, stream, true, false);
}
CUresult cuMemsetD16(CUdeviceptr_v1 target, unsigned short value, unsigned int count) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return fill(target, 0, value, 2, count, 1, nullptr, false, true);
}
CUresult cuMemsetD16_v2(CUdeviceptr target, unsigned short value, size_t count) {
  return fill(target, 0, value, 2, count, 1, nullptr, false, true);
}
CUresult cuMemsetD16_v2_ptds(CUdeviceptr target, unsigned short value, size_t count) {
  return fill(target, 0, value, 2, count, 1, nullptr, true, true);
}
CUresult cuMemsetD16Async(CUdeviceptr target, unsigned short value, size_t count, CUstream stream) {
  return fill(target, 0, value, 2, count, 1, stream, false, false);
}
CUresult cuMemsetD16Async_ptsz(CUdeviceptr target, unsigned short value, size_t count,
                               CUstream stream) {
  return fill(target, 0, value, 2, count, 1, stream, true, false);
}
CUresult cuMemsetD2D16(CUdeviceptr_v1 target, unsigned int pitch, unsigned short value,
                       unsigned int width, unsigned int height) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return fill(target, pitch, value, 2, width, height, nullptr, false, true);
}
CUresult cuMemsetD2D16_v2(CUdeviceptr target, size_t pitch, unsigned short value, size_t width,
                          size_t height) {
  return fill(target, pitch, value, 2, width, height, nullptr, false, true);
}
CUresult cuMemsetD2D16_v2_ptds(CUdeviceptr target, size_t pitch, unsigned short value, size_t width,
                               size_t height) {
  return fill(target, pitch, value, 2, width, height, nullptr, true, true);
}
CUresult cuMemsetD2D16Async(CUdeviceptr target, size_t pitch, unsigned short value, size_t width,
                            size_t height, CUstream stream) {
  return fill(target, pitch, value, 2, width, height, stream, false, false);
}
CUresult cuMemsetD2D16Async_ptsz(CUdeviceptr target, size_t pitch, unsigned short value,
                                 size_t width, size_t height, CUstream stream) {
  return fill(target, pitch, value, 2, width, height, stream, true, false);
}
CUresult cuMemsetD32(CUdeviceptr_v1 target, unsigned int value, unsigned int count) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return fill(target, 0, value, 4, count, 1, nullptr, false, true);
}
CUresult cuMemsetD32_v2(CUdeviceptr target, unsigned int value, size_t count) {
  return fill(target, 0, value, 4, count, 1, nullptr, false, true);
}
CUresult cuMemsetD32_v2_ptds(CUdeviceptr target, unsigned int value, size_t count) {
  return fill(target, 0, value, 4, count, 1, nullptr, true, true);
}
CUresult cuMemsetD32Async(CUdeviceptr target, unsigned int value, size_t count, CUstream stream) {
  return fill(target, 0, value, 4, count, 1, stream, false, false);
}
CUresult cuMemsetD32Async_ptsz(CUdeviceptr target, unsigned int value, size_t count,
                               CUstream stream) {
  return fill(target, 0, value, 4, count, 1, stream, true, false);
}
CUresult cuMemsetD2D32(CUdeviceptr_v1 target, unsigned int pitch, unsigned int value,
                       unsigned int width, unsigned int height) {
  if (const CUresult result = begin_old(); result != CUDA_SUCCESS) return result;
  return fill(target, pitch, value, 4, width, height, nullptr, false, true);
}
CUresult cuMemsetD2D32_v2(CUdeviceptr target, size_t pitch, unsigned int value, size_t width,
                          size_t height) {
  return fill(target, pitch, value, 4, width, height, nullptr, false, true);
}
CUresult cuMemsetD2D32_v2_ptds(CUdeviceptr target, size_t pitch, unsigned int value, size_t width,
                               size_t height) {
  return fill(target, pitch, value, 4, width, height, nullptr, true, true);
}
CUresult cuMemsetD2D32Async(CUdeviceptr target, size_t pitch, unsigned int value, size_t width,
                            size_t height, CUstream stream) {
  return fill(target, pitch, value, 4, width, height, stream, false, false);
}
CUresult cuMemsetD2D32Async_ptsz(CUdeviceptr target, size_t pitch, unsigned int value, size_t width,
                                 size_t height, CUstream stream) {
  return fill(target, pitch, value, 4, width, height, stream, true, false);
}

}  // extern "C"
