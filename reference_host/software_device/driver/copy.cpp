#include <cstring>
#include <utility>

#include "allocation.hpp"
#include "capture.hpp"
#include "driver.hpp"
#include "work.hpp"

using namespace vgpu::softdevice;

namespace {

/// Pageable sources up to this size are copied aside, so that the call need not wait.
constexpr std::size_t largest_staging = 64 * 1024;

struct Target {
  CUstream stream = nullptr;
  bool per_thread = false;
  bool synchronous = true;
};

constexpr Target sync_legacy{nullptr, false, true};
constexpr Target sync_thread{nullptr, true, true};

/// Neither side is memory that the host may look at when a blocking copy has returned.
bool within_device(const CUDA_MEMCPY3D& p) {
  for (const auto& [type, address] :
       {std::pair{p.srcMemoryType, p.srcDevice}, std::pair{p.dstMemoryType, p.dstDevice}}) {
    if (type == CU_MEMORYTYPE_ARRAY) continue;
    if (type != CU_MEMORYTYPE_DEVICE) return false;
    const auto allocation = driver().allocations.find(address, 1);
    if (allocation == nullptr ||
        (allocation->kind != AllocationKind::device && allocation->kind != AllocationKind::pool &&
         allocation->kind != AllocationKind::mapped)) {
      return false;
    }
  }
  return true;
}

Target async(CUstream stream, bool per_thread) {
  return {stream, per_thread, false};
}

CUresult copy(const CUDA_MEMCPY3D& params, const Target& target) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(target.stream, target.per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    CopyWork work;
    if (const CUresult result = make_copy_work(params, work); result != CUDA_SUCCESS) {
      return result;
    }
    if (target.synchronous) {
      if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
        return result;
      }
      if (work.params.WidthInBytes == 0) return CUDA_SUCCESS;
      if (within_device(work.params)) return submit(stream, context, std::move(work));
      return submit_and_wait(stream, context, std::move(work));
    }
    bool capturing = false;
    if (any_capture()) {
      const std::lock_guard lock(capture_mutex());
      if (const CUresult result = check_capture_locked(*stream, *context, capturing);
          result != CUDA_SUCCESS) {
        return result;
      }
    }
    if (capturing) return submit(stream, context, std::move(work));
    CUDA_MEMCPY3D& p = work.params;
    if (p.WidthInBytes == 0) return CUDA_SUCCESS;
    const bool to_pageable = p.dstMemoryType == CU_MEMORYTYPE_HOST && is_pageable(p.dstHost);
    const bool from_pageable = p.srcMemoryType == CU_MEMORYTYPE_HOST && is_pageable(p.srcHost);
    if (from_pageable && !to_pageable && p.Height == 1 && p.Depth == 1 &&
        p.WidthInBytes <= largest_staging) {
      const auto* source = static_cast<const std::byte*>(p.srcHost) +
                           (p.srcZ * p.srcHeight + p.srcY) * p.srcPitch + p.srcXInBytes;
      work.staging = std::make_shared<std::vector<std::byte>>(source, source + p.WidthInBytes);
      p.srcHost = work.staging->data();
      p.srcXInBytes = p.srcY = p.srcZ = 0;
      return submit(stream, context, std::move(work));
    }
    if (to_pageable || from_pageable) return submit_and_wait(stream, context, std::move(work));
    return submit(stream, context, std::move(work));
  });
}

CUDA_MEMCPY3D linear(CUmemorytype to, const void* target, CUmemorytype from, const void* source,
                     std::size_t size) {
  CUDA_MEMCPY3D p{};
  p.srcMemoryType = from;
  p.srcHost = source;
  p.srcDevice = reinterpret_cast<CUdeviceptr>(source);
  p.dstMemoryType = to;
  p.dstHost = const_cast<void*>(target);
  p.dstDevice = reinterpret_cast<CUdeviceptr>(target);
  p.WidthInBytes = size;
  p.Height = 1;
  p.Depth = 1;
  return p;
}

/// The forms of CUDA 2 look at nothing before the context.
template <class Body>
CUresult in_old_context(Body&& body) {
  const CUresult result = entry([]() -> CUresult {
    std::shared_ptr<Context> context;
    return require_old_context(context);
  });
  return result == CUDA_SUCCESS ? body() : result;
}

const void* as_pointer(CUdeviceptr address) {
  return reinterpret_cast<const void*>(address);
}

CUresult to_device(CUdeviceptr target, const void* source, std::size_t size, const Target& where) {
  return copy(linear(CU_MEMORYTYPE_DEVICE, as_pointer(target), CU_MEMORYTYPE_HOST, source, size),
              where);
}
CUresult to_host(void* target, CUdeviceptr source, std::size_t size, const Target& where) {
  return copy(linear(CU_MEMORYTYPE_HOST, target, CU_MEMORYTYPE_DEVICE, as_pointer(source), size),
              where);
}
CUresult between(CUdeviceptr target, CUdeviceptr source, std::size_t size, const Target& where) {
  return copy(linear(CU_MEMORYTYPE_DEVICE, as_pointer(target), CU_MEMORYTYPE_DEVICE,
                     as_pointer(source), size),
              where);
}
CUresult unified(CUdeviceptr target, CUdeviceptr source, std::size_t size, const Target& where) {
  return copy(linear(CU_MEMORYTYPE_UNIFIED, as_pointer(target), CU_MEMORYTYPE_UNIFIED,
                     as_pointer(source), size),
              where);
}

CUresult check_peers(CUcontext first, CUcontext second) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  for (const CUcontext context : {first, second}) {
    if (context != nullptr && driver().contexts.find(context) == nullptr) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
  }
  return CUDA_SUCCESS;
}

CUresult peer(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
              CUcontext source_context, std::size_t size, const Target& where) {
  if (const CUresult result = check_peers(target_context, source_context); result != CUDA_SUCCESS) {
    return result;
  }
  if (!where.synchronous) {
    // It cannot be captured.
    const CUresult result = entry([&]() -> CUresult {
      std::shared_ptr<Stream> stream;
      std::shared_ptr<Context> context;
      const CUresult found = resolve_stream(where.stream, where.per_thread, stream, context);
      return found == CUDA_SUCCESS ? refuse_if_capturing(*stream, *context) : found;
    });
    if (result != CUDA_SUCCESS) return result;
  }
  return between(target, source, size, where);
}

template <class Plane>
CUresult plane(const Plane* p, const Target& where) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (p == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_MEMCPY3D q{};
  q.srcXInBytes = p->srcXInBytes;
  q.srcY = p->srcY;
  q.srcMemoryType = p->srcMemoryType;
  q.srcHost = p->srcHost;
  q.srcDevice = p->srcDevice;
  q.srcArray = p->srcArray;
  q.srcPitch = p->srcPitch;
  q.dstXInBytes = p->dstXInBytes;
  q.dstY = p->dstY;
  q.dstMemoryType = p->dstMemoryType;
  q.dstHost = p->dstHost;
  q.dstDevice = p->dstDevice;
  q.dstArray = p->dstArray;
  q.dstPitch = p->dstPitch;
  q.WidthInBytes = p->WidthInBytes;
  q.Height = p->Height;
  q.Depth = 1;
  return copy(q, where);
}

CUresult volume(const CUDA_MEMCPY3D* p, const Target& where) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (p == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_MEMCPY3D q = *p;
  q.srcLOD = q.dstLOD = 0;  // not looked at, although documented as "must be 0"
  return copy(q, where);
}

CUresult volume_v1(const CUDA_MEMCPY3D_v1* p, const Target& where) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (p == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUDA_MEMCPY3D q{};
  q.srcXInBytes = p->srcXInBytes;
  q.srcY = p->srcY;
  q.srcZ = p->srcZ;
  q.srcLOD = p->srcLOD;
  q.srcMemoryType = p->srcMemoryType;
  q.srcHost = p->srcHost;
  q.srcDevice = p->srcDevice;
  q.srcArray = p->srcArray;
  q.srcPitch = p->srcPitch;
  q.srcHeight = p->srcHeight;
  q.dstXInBytes = p->dstXInBytes;
  q.dstY = p->dstY;
  q.dstZ = p->dstZ;
  q.dstLOD = p->dstLOD;
  q.dstMemoryType = p->dstMemoryType;
  q.dstHost = p->dstHost;
  q.dstDevice = p->dstDevice;
  q.dstArray = p->dstArray;
  q.dstPitch = p->dstPitch;
  q.dstHeight = p->dstHeight;
  q.WidthInBytes = p->WidthInBytes;
  q.Height = p->Height;
  q.Depth = p->Depth;
  return copy(q, where);
}

CUresult volume_peer(const CUDA_MEMCPY3D_PEER* p, const Target& where) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (p == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = check_peers(p->dstContext, p->srcContext); result != CUDA_SUCCESS) {
    return result;
  }
  CUDA_MEMCPY3D q{};
  q.srcXInBytes = p->srcXInBytes;
  q.srcY = p->srcY;
  q.srcZ = p->srcZ;
  q.srcLOD = p->srcLOD;
  q.srcMemoryType = p->srcMemoryType;
  q.srcHost = p->srcHost;
  q.srcDevice = p->srcDevice;
  q.srcArray = p->srcArray;
  q.srcPitch = p->srcPitch;
  q.srcHeight = p->srcHeight;
  q.dstXInBytes = p->dstXInBytes;
  q.dstY = p->dstY;
  q.dstZ = p->dstZ;
  q.dstLOD = p->dstLOD;
  q.dstMemoryType = p->dstMemoryType;
  q.dstHost = p->dstHost;
  q.dstDevice = p->dstDevice;
  q.dstArray = p->dstArray;
  q.dstPitch = p->dstPitch;
  q.dstHeight = p->dstHeight;
  q.WidthInBytes = p->WidthInBytes;
  q.Height = p->Height;
  q.Depth = p->Depth;
  return copy(q, where);
}

CUresult batch(CUdeviceptr* targets, CUdeviceptr* sources, size_t* sizes, size_t count,
               CUmemcpyAttributes* attributes, size_t* attribute_indices, size_t attribute_count,
               size_t* failed, CUstream stream, bool per_thread) {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (failed != nullptr) *failed = SIZE_MAX;
  // The legacy default stream is not a place for batches.
  if ((stream == nullptr && !per_thread) || stream == CU_STREAM_LEGACY || count == 0 ||
      targets == nullptr || sources == nullptr || sizes == nullptr || attributes == nullptr ||
      attribute_indices == nullptr || attribute_count == 0 || attribute_count > count ||
      attribute_indices[0] != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  for (size_t i = 0; i < count; ++i) {
    const CUresult result = unified(targets[i], sources[i], sizes[i], async(stream, per_thread));
    if (result == CUDA_SUCCESS) continue;
    if (failed != nullptr) *failed = i;
    return result;
  }
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuMemcpyHtoD(CUdeviceptr_v1 target, const void* source, unsigned int size) {
  return in_old_context([&] { return to_device(target, source, size, sync_legacy); });
}
CUresult cuMemcpyDtoH(void* target, CUdeviceptr_v1 source, unsigned int size) {
  return in_old_context([&] { return to_host(target, source, size, sync_legacy); });
}
CUresult cuMemcpyDtoD(CUdeviceptr_v1 target, CUdeviceptr_v1 source, unsigned int size) {
  return in_old_context([&] { return between(target, source, size, sync_legacy); });
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr_v1 target, const void* source, unsigned int size,
                           CUstream stream) {
  return in_old_context([&] { return to_device(target, source, size, async(stream, false)); });
}
CUresult cuMemcpyDtoHAsync(void* target, CUdeviceptr_v1 source, unsigned int size,
                           CUstream stream) {
  return in_old_context([&] { return to_host(target, source, size, async(stream, false)); });
}
CUresult cuMemcpyDtoDAsync(CUdeviceptr_v1 target, CUdeviceptr_v1 source, unsigned int size,
                           CUstream stream) {
  return in_old_context([&] { return between(target, source, size, async(stream, false)); });
}
CUresult cuMemcpy2D(const CUDA_MEMCPY2D_v1* params) {
  return in_old_context([&] { return plane(params, sync_legacy); });
}
CUresult cuMemcpy2DUnaligned(const CUDA_MEMCPY2D_v1* params) {
  return in_old_context([&] { return plane(params, sync_legacy); });
}
CUresult cuMemcpy2DAsync(const CUDA_MEMCPY2D_v1* params, CUstream stream) {
  return in_old_context([&] { return plane(params, async(stream, false)); });
}
CUresult cuMemcpy3D(const CUDA_MEMCPY3D_v1* params) {
  return in_old_context([&] { return volume_v1(params, sync_legacy); });
}
CUresult cuMemcpy3DAsync(const CUDA_MEMCPY3D_v1* params, CUstream stream) {
  return in_old_context([&] { return volume_v1(params, async(stream, false)); });
}
CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void* source, size_t size) {
  return to_device(target, source, size, sync_legacy);
}
CUresult cuMemcpyDtoH_v2(void* target, CUdeviceptr source, size_t size) {
  return to_host(target, source, size, sync_legacy);
}
CUresult cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source, size_t size) {
  return between(target, source, size, sync_legacy);
}
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void* source, size_t size,
                              CUstream stream) {
  return to_device(target, source, size, async(stream, false));
}
CUresult cuMemcpyDtoHAsync_v2(void* target, CUdeviceptr source, size_t size, CUstream stream) {
  return to_host(target, source, size, async(stream, false));
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, size_t size,
                              CUstream stream) {
  return between(target, source, size, async(stream, false));
}
CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* params) {
  return plane(params, sync_legacy);
}
CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* params) {
  return plane(params, sync_legacy);
}
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* params, CUstream stream) {
  return plane(params, async(stream, false));
}
CUresult cuMemcpy3D_v2(const CUDA_MEMCPY3D* params) {
  return volume(params, sync_legacy);
}
CUresult cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D* params, CUstream stream) {
  return volume(params, async(stream, false));
}
CUresult cuMemcpyHtoD_v2_ptds(CUdeviceptr target, const void* source, size_t size) {
  return to_device(target, source, size, sync_thread);
}
CUresult cuMemcpyDtoH_v2_ptds(void* target, CUdeviceptr source, size_t size) {
  return to_host(target, source, size, sync_thread);
}
CUresult cuMemcpyDtoD_v2_ptds(CUdeviceptr target, CUdeviceptr source, size_t size) {
  return between(target, source, size, sync_thread);
}
CUresult cuMemcpyHtoDAsync_v2_ptsz(CUdeviceptr target, const void* source, size_t size,
                                   CUstream stream) {
  return to_device(target, source, size, async(stream, true));
}
CUresult cuMemcpyDtoHAsync_v2_ptsz(void* target, CUdeviceptr source, size_t size, CUstream stream) {
  return to_host(target, source, size, async(stream, true));
}
CUresult cuMemcpyDtoDAsync_v2_ptsz(CUdeviceptr target, CUdeviceptr source, size_t size,
                                   CUstream stream) {
  return between(target, source, size, async(stream, true));
}
CUresult cuMemcpy2D_v2_ptds(const CUDA_MEMCPY2D* params) {
  return plane(params, sync_thread);
}
CUresult cuMemcpy2DUnaligned_v2_ptds(const CUDA_MEMCPY2D* params) {
  return plane(params, sync_thread);
}
CUresult cuMemcpy2DAsync_v2_ptsz(const CUDA_MEMCPY2D* params, CUstream stream) {
  return plane(params, async(stream, true));
}
CUresult cuMemcpy3D_v2_ptds(const CUDA_MEMCPY3D* params) {
  return volume(params, sync_thread);
}
CUresult cuMemcpy3DAsync_v2_ptsz(const CUDA_MEMCPY3D* params, CUstream stream) {
  return volume(params, async(stream, true));
}
CUresult cuMemcpy(CUdeviceptr target, CUdeviceptr source, size_t size) {
  return unified(target, source, size, sync_legacy);
}
CUresult cuMemcpyAsync(CUdeviceptr target, CUdeviceptr source, size_t size, CUstream stream) {
  return unified(target, source, size, async(stream, false));
}
CUresult cuMemcpyPeer(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                      CUcontext source_context, size_t size) {
  return peer(target, target_context, source, source_context, size, sync_legacy);
}
CUresult cuMemcpyPeerAsync(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                           CUcontext source_context, size_t size, CUstream stream) {
  return peer(target, target_context, source, source_context, size, async(stream, false));
}
CUresult cuMemcpy3DPeer(const CUDA_MEMCPY3D_PEER* params) {
  return volume_peer(params, sync_legacy);
}
CUresult cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D_PEER* params, CUstream stream) {
  return volume_peer(params, async(stream, false));
}
CUresult cuMemcpyBatchAsync(CUdeviceptr* targets, CUdeviceptr* sources, size_t* sizes, size_t count,
                            CUmemcpyAttributes* attributes, size_t* indices, size_t attribute_count,
                            size_t* failed, CUstream stream) {
  return batch(targets, sources, sizes, count, attributes, indices, attribute_count, failed, stream,
               false);
}
CUresult cuMemcpyBatchAsync_v2(CUdeviceptr* targets, CUdeviceptr* sources, size_t* sizes,
                               size_t count, CUmemcpyAttributes* attributes, size_t* indices,
                               size_t attribute_count, CUstream stream) {
  return batch(targets, sources, sizes, count, attributes, indices, attribute_count, nullptr,
               stream, false);
}
CUresult cuMemcpy_ptds(CUdeviceptr target, CUdeviceptr source, size_t size) {
  return unified(target, source, size, sync_thread);
}
CUresult cuMemcpyAsync_ptsz(CUdeviceptr target, CUdeviceptr source, size_t size, CUstream stream) {
  return unified(target, source, size, async(stream, true));
}
CUresult cuMemcpyPeer_ptds(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                           CUcontext source_context, size_t size) {
  return peer(target, target_context, source, source_context, size, sync_thread);
}
CUresult cuMemcpyPeerAsync_ptsz(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                                CUcontext source_context, size_t size, CUstream stream) {
  return peer(target, target_context, source, source_context, size, async(stream, true));
}
CUresult cuMemcpy3DPeer_ptds(const CUDA_MEMCPY3D_PEER* params) {
  return volume_peer(params, sync_thread);
}
CUresult cuMemcpy3DPeerAsync_ptsz(const CUDA_MEMCPY3D_PEER* params, CUstream stream) {
  return volume_peer(params, async(stream, true));
}
CUresult cuMemcpyBatchAsync_ptsz(CUdeviceptr* targets, CUdeviceptr* sources, size_t* sizes,
                                 size_t count, CUmemcpyAttributes* attributes, size_t* indices,
                                 size_t attribute_count, size_t* failed, CUstream stream) {
  return batch(targets, sources, sizes, count, attributes, indices, attribute_count, failed, stream,
               true);
}
CUresult cuMemcpyBatchAsync_v2_ptsz(CUdeviceptr* targets, CUdeviceptr* sources, size_t* sizes,
                                    size_t count, CUmemcpyAttributes* attributes, size_t* indices,
                                    size_t attribute_count, CUstream stream) {
  return batch(targets, sources, sizes, count, attributes, indices, attribute_count, nullptr,
               stream, true);
}

}  // extern "C"
