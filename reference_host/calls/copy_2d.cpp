#include <cstddef>
#include <cstdint>
#include <span>
#include <vgpu/calls/copy.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "copy_bytes.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

// A side of type HOST means plain memory of the guest: its rows are packed, in the message or in
// staging, and the pointer in the structure says nothing. Memory that guest and host share comes as
// type UNIFIED.

namespace vgpu::host {
namespace {

/// What both structures have for one side.
struct Side {
  CUmemorytype type;
  std::uint64_t address;
  std::size_t x, y, z, pitch, height;
};

template <class Structure>
Side source_side(const Structure& copy) noexcept {
  Side side{copy.srcMemoryType, copy.srcDevice, copy.srcXInBytes, copy.srcY, 0, copy.srcPitch, 0};
  if constexpr (requires { copy.srcZ; }) {
    side.z = copy.srcZ;
    side.height = copy.srcHeight;
  }
  return side;
}
template <class Structure>
Side target_side(const Structure& copy) noexcept {
  Side side{copy.dstMemoryType, copy.dstDevice, copy.dstXInBytes, copy.dstY, 0, copy.dstPitch, 0};
  if constexpr (requires { copy.dstZ; }) {
    side.z = copy.dstZ;
    side.height = copy.dstHeight;
  }
  return side;
}

/// Whether the guest owns every byte of a side in device or shared memory.
bool owns_side(const CallContext& context, const Side& side, std::size_t width, std::size_t rows,
               std::size_t slices) {
  if (side.pitch < width || side.x > side.pitch - width) return false;
  if (side.height == 0 && (slices > 1 || side.z != 0)) return false;
  std::size_t first = 0;
  std::size_t last = 0;
  if (__builtin_mul_overflow(side.z, side.height, &first) ||
      __builtin_add_overflow(first, side.y, &first) ||
      __builtin_mul_overflow(first, side.pitch, &first) ||
      __builtin_add_overflow(first, side.x, &first) ||
      __builtin_mul_overflow(slices - 1, side.height, &last) ||
      __builtin_add_overflow(last, rows - 1, &last) ||
      __builtin_mul_overflow(last, side.pitch, &last) ||
      __builtin_add_overflow(last, width, &last) || first > UINT64_MAX - side.address) {
    return false;
  }
  return context.owns(side.address + first, last);
}

/// The backend's array for the id in a structure.
bool resolve_array(const CallContext& context, CUarray& array) {
  const auto id = reinterpret_cast<std::uint64_t>(array);
  return id != 0 && context.resolve(HandleKind::array, id, array);
}

template <class Structure>
std::size_t slices_of(const Structure& copy) noexcept {
  if constexpr (requires { copy.Depth; }) {
    return copy.Depth;
  } else {
    return 1;
  }
}

template <class Structure, class Request, class Reply, class Run>
CUresult copy_shape(CallContext& context, const Request& request, Reply& reply, CUstream stream,
                    bool blocking, Run&& run) {
  Structure copy{};
  if (!call::copy_layout(request.pCopy, copy)) return CUDA_ERROR_INVALID_VALUE;
  if constexpr (requires { copy.reserved0; }) {
    copy.reserved0 = nullptr;
    copy.reserved1 = nullptr;
  }
  if constexpr (requires { copy.srcLOD; }) copy.srcLOD = copy.dstLOD = 0;
  if constexpr (requires { copy.srcContext; }) {
    for (CUcontext* side : {&copy.srcContext, &copy.dstContext}) {
      const auto id = reinterpret_cast<std::uint64_t>(*side);
      if (id != 0 && !context.resolve(HandleKind::context, id, *side)) {
        return CUDA_ERROR_INVALID_CONTEXT;
      }
    }
  }
  const std::size_t width = copy.WidthInBytes;
  const std::size_t rows = copy.Height;
  const std::size_t slices = slices_of(copy);
  if (width == 0 || rows == 0 || slices == 0) return CUDA_SUCCESS;
  std::uint64_t packed = 0;
  if (__builtin_mul_overflow(width, rows, &packed) ||
      __builtin_mul_overflow(packed, slices, &packed)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const bool from_guest = copy.srcMemoryType == CU_MEMORYTYPE_HOST;
  const bool to_guest = copy.dstMemoryType == CU_MEMORYTYPE_HOST;
  constexpr auto shared = static_cast<std::uint32_t>(Location::shared);
  if ((from_guest && to_guest) || ((from_guest || to_guest) && request.location == shared)) {
    return CUDA_ERROR_INVALID_VALUE;
  }

  std::span<std::byte> scratch;
  if (from_guest) {
    const void* bytes = nullptr;
    const CUresult found =
        source_of(context, request.location, request.stagingOffset, packed, request.bytes, bytes);
    if (found != CUDA_SUCCESS) return found;
    copy.srcHost = bytes;
    copy.srcDevice = 0;
    copy.srcXInBytes = copy.srcY = 0;
    copy.srcPitch = width;
    if constexpr (requires { copy.srcZ; }) {
      copy.srcZ = 0;
      copy.srcHeight = rows;
    }
  } else if (copy.srcMemoryType == CU_MEMORYTYPE_ARRAY) {
    if (!resolve_array(context, copy.srcArray)) return CUDA_ERROR_INVALID_HANDLE;
  } else if ((copy.srcMemoryType != CU_MEMORYTYPE_DEVICE &&
              copy.srcMemoryType != CU_MEMORYTYPE_UNIFIED) ||
             !owns_side(context, source_side(copy), width, rows, slices)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (to_guest) {
    void* bytes = nullptr;
    const CUresult found =
        target_of(context, request.location, request.stagingOffset, packed, bytes, scratch);
    if (found != CUDA_SUCCESS) return found;
    copy.dstHost = bytes;
    copy.dstDevice = 0;
    copy.dstXInBytes = copy.dstY = 0;
    copy.dstPitch = width;
    if constexpr (requires { copy.dstZ; }) {
      copy.dstZ = 0;
      copy.dstHeight = rows;
    }
  } else if (copy.dstMemoryType == CU_MEMORYTYPE_ARRAY) {
    if (!resolve_array(context, copy.dstArray)) return CUDA_ERROR_INVALID_HANDLE;
  } else if ((copy.dstMemoryType != CU_MEMORYTYPE_DEVICE &&
              copy.dstMemoryType != CU_MEMORYTYPE_UNIFIED) ||
             !owns_side(context, target_side(copy), width, rows, slices)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  // A host pointer that is not used must not reach the driver: it came from the guest.
  if (!from_guest) copy.srcHost = nullptr;
  if (!to_guest) copy.dstHost = nullptr;

  const bool piece = from_guest || to_guest;
  if (!blocking && piece && context.awaited()) context.give_turn_on();
  CUresult result = run(copy);
  if (result == CUDA_SUCCESS && (piece || (blocking && stream != nullptr)) &&
      !(blocking && stream == nullptr)) {
    result = wait_for_stream(context, stream);
  }
  if (result == CUDA_SUCCESS && !scratch.empty()) reply.bytes = scratch;
  return result;
}

/// A blocking copy goes to the legacy stream by CUDA's blocking function, to the thread's own by
/// the other one.
template <class Structure, class Request, class Reply, class Blocking, class Async>
CUresult copy_blocking(CallContext& context, const Request& request, Reply& reply,
                       Blocking blocking, Async async) {
  CUstream stream{};
  if (request.stream > 2 || !context.resolve(HandleKind::stream, request.stream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (blocking == nullptr || async == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return copy_shape<Structure>(context, request, reply, stream, true, [&](const Structure& copy) {
    return stream == nullptr ? blocking(&copy) : async(&copy, stream);
  });
}

template <class Structure, class Request, class Reply, class Async>
CUresult copy_ordered(CallContext& context, const Request& request, Reply& reply, Async async) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (async == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return copy_shape<Structure>(context, request, reply, stream, false,
                               [&](const Structure& copy) { return async(&copy, stream); });
}

}  // namespace

CUresult execute(CallContext& context, const calls::Memcpy2D::Request& request,
                 calls::Memcpy2D::Reply& reply) {
  return copy_blocking<CUDA_MEMCPY2D>(context, request, reply, context.driver().cuMemcpy2D_v2,
                                      context.driver().cuMemcpy2DAsync_v2);
}

CUresult execute(CallContext& context, const calls::Memcpy2DUnaligned::Request& request,
                 calls::Memcpy2DUnaligned::Reply& reply) {
  return copy_blocking<CUDA_MEMCPY2D>(context, request, reply,
                                      context.driver().cuMemcpy2DUnaligned_v2,
                                      context.driver().cuMemcpy2DAsync_v2);
}

CUresult execute(CallContext& context, const calls::Memcpy3D::Request& request,
                 calls::Memcpy3D::Reply& reply) {
  return copy_blocking<CUDA_MEMCPY3D>(context, request, reply, context.driver().cuMemcpy3D_v2,
                                      context.driver().cuMemcpy3DAsync_v2);
}

CUresult execute(CallContext& context, const calls::Memcpy3DPeer::Request& request,
                 calls::Memcpy3DPeer::Reply& reply) {
  return copy_blocking<CUDA_MEMCPY3D_PEER>(context, request, reply, context.driver().cuMemcpy3DPeer,
                                           context.driver().cuMemcpy3DPeerAsync);
}

CUresult execute(CallContext& context, const calls::Memcpy2DAsync::Request& request,
                 calls::Memcpy2DAsync::Reply& reply) {
  return copy_ordered<CUDA_MEMCPY2D>(context, request, reply, context.driver().cuMemcpy2DAsync_v2);
}

CUresult execute(CallContext& context, const calls::Memcpy3DAsync::Request& request,
                 calls::Memcpy3DAsync::Reply& reply) {
  return copy_ordered<CUDA_MEMCPY3D>(context, request, reply, context.driver().cuMemcpy3DAsync_v2);
}

CUresult execute(CallContext& context, const calls::Memcpy3DPeerAsync::Request& request,
                 calls::Memcpy3DPeerAsync::Reply& reply) {
  return copy_ordered<CUDA_MEMCPY3D_PEER>(context, request, reply,
                                          context.driver().cuMemcpy3DPeerAsync);
}

}  // namespace vgpu::host
