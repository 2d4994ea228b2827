#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/stream.hpp>
#include <vgpu/guest_written.hpp>

#include "bulk_copy.hpp"
#include "captured_memory.hpp"
#include "copy_operand.hpp"
#include "mirrored_memory.hpp"
#include "vgpu/guest/core.hpp"

// Copies with a shape. A side in plain host memory travels as packed rows, in pieces of whole rows
// (or of parts of one row, where a row is larger than a piece); to the host such a side is a host
// pointer of NULL. All else goes as it is, with the addresses as the host knows them.

namespace vgpu::guest::written {
namespace {

/// One side of a shaped copy.
struct Side {
  CUmemorytype type = CU_MEMORYTYPE_DEVICE;
  std::uint64_t address = 0;  ///< of host, device or unified memory
  CUarray array = nullptr;
  CUcontext context = nullptr;  ///< of a copy between contexts
  std::size_t x = 0, y = 0, z = 0;
  std::size_t pitch = 0, height = 0;
  bool plain = false;
  bool known = true;

  std::size_t offset(std::size_t row, std::size_t slice) const noexcept {
    return ((z + slice) * height + y + row) * pitch + x;
  }
};

struct Box {
  Side source, target;
  std::size_t width = 0, rows = 0, slices = 1;
};

/// A handle as bytes of the structure: ids travel in the place of pointers.
template <class T>
std::span<const std::byte> bytes_of(const T& structure) noexcept {
  return {reinterpret_cast<const std::byte*>(&structure), sizeof structure};
}

/// Says what a side is, and translates its address. False: the structure is malformed.
bool settle_side(Side& side, std::size_t width, std::size_t rows, std::size_t slices) {
  if (side.type == CU_MEMORYTYPE_ARRAY) {
    // Only the host knows how large an array is, so its refusal has to be waited for.
    side.known = false;
    return handle_valid(call::HandleKind::array, reinterpret_cast<std::uint64_t>(side.array));
  }
  if (side.type != CU_MEMORYTYPE_HOST && side.type != CU_MEMORYTYPE_DEVICE &&
      side.type != CU_MEMORYTYPE_UNIFIED) {
    return false;
  }
  if (side.address == 0) return false;
  // CUDA takes 0 for the tightest pitch, and for the height of what is copied.
  if (side.pitch == 0) side.pitch = side.x + width;
  if (side.height == 0) side.height = side.y + rows;
  if (side.pitch < width || side.x > side.pitch - width) return false;
  if (slices > 1 && (side.height < rows || side.y > side.height - rows)) return false;
  std::size_t last = 0;
  if (__builtin_add_overflow(side.z, slices - 1, &last) ||
      __builtin_mul_overflow(last, side.height, &last) ||
      __builtin_add_overflow(last, side.y + rows - 1, &last) ||
      __builtin_mul_overflow(last, side.pitch, &last) ||
      __builtin_add_overflow(last, side.x + width, &last) || last > UINT64_MAX - side.address) {
    return false;
  }
  const std::size_t first = side.offset(0, 0);
  const Operand operand =
      examine_operand(side.address + first, last - first, side.type == CU_MEMORYTYPE_DEVICE);
  side.plain = operand.plain;
  side.known = operand.known;
  if (!operand.plain) {
    side.address = operand.address - first;
    // The host takes a host pointer for memory of its own, so it must be one to its driver too.
    if (side.type == CU_MEMORYTYPE_HOST) side.type = CU_MEMORYTYPE_UNIFIED;
  } else {
    side.type = CU_MEMORYTYPE_HOST;
  }
  return true;
}

void to_structure(const Side& side, CUmemorytype& type, const void*& host, CUdeviceptr& device,
                  CUarray& array, std::size_t& x, std::size_t& y, std::size_t& pitch) noexcept {
  type = side.type;
  host = nullptr;
  device =
      side.type == CU_MEMORYTYPE_DEVICE || side.type == CU_MEMORYTYPE_UNIFIED ? side.address : 0;
  array = side.array;
  x = side.x;
  y = side.y;
  pitch = side.pitch;
}

/// The shapes that a structure can say.
struct Flat {
  using Structure = CUDA_MEMCPY2D;
  static Structure make(const Box& box) noexcept {
    Structure copy{};
    const void* host = nullptr;
    to_structure(box.source, copy.srcMemoryType, copy.srcHost, copy.srcDevice, copy.srcArray,
                 copy.srcXInBytes, copy.srcY, copy.srcPitch);
    to_structure(box.target, copy.dstMemoryType, host, copy.dstDevice, copy.dstArray,
                 copy.dstXInBytes, copy.dstY, copy.dstPitch);
    copy.WidthInBytes = box.width;
    copy.Height = box.rows;
    return copy;
  }
};

template <class Volume>
struct Solid {
  using Structure = Volume;
  static Structure make(const Box& box) noexcept {
    Structure copy{};
    const void* host = nullptr;
    to_structure(box.source, copy.srcMemoryType, copy.srcHost, copy.srcDevice, copy.srcArray,
                 copy.srcXInBytes, copy.srcY, copy.srcPitch);
    to_structure(box.target, copy.dstMemoryType, host, copy.dstDevice, copy.dstArray,
                 copy.dstXInBytes, copy.dstY, copy.dstPitch);
    copy.srcZ = box.source.z;
    copy.srcHeight = box.source.height;
    copy.dstZ = box.target.z;
    copy.dstHeight = box.target.height;
    copy.WidthInBytes = box.width;
    copy.Height = box.rows;
    copy.Depth = box.slices;
    if constexpr (requires { copy.srcContext; }) {
      copy.srcContext = box.source.context;
      copy.dstContext = box.target.context;
    }
    return copy;
  }
};

template <class Structure>
Box box_of(const Structure& copy) noexcept {
  Box box;
  const auto address = [](CUmemorytype type, const void* host, CUdeviceptr device) {
    return type == CU_MEMORYTYPE_HOST ? reinterpret_cast<std::uint64_t>(host) : device;
  };
  Side& source = box.source;
  source.type = copy.srcMemoryType;
  source.address = address(copy.srcMemoryType, copy.srcHost, copy.srcDevice);
  source.array = copy.srcArray;
  source.x = copy.srcXInBytes;
  source.y = copy.srcY;
  source.pitch = copy.srcPitch;
  Side& target = box.target;
  target.type = copy.dstMemoryType;
  target.address = address(copy.dstMemoryType, copy.dstHost, copy.dstDevice);
  target.array = copy.dstArray;
  target.x = copy.dstXInBytes;
  target.y = copy.dstY;
  target.pitch = copy.dstPitch;
  box.width = copy.WidthInBytes;
  box.rows = copy.Height;
  if constexpr (requires { copy.Depth; }) {
    source.z = copy.srcZ;
    source.height = copy.srcHeight;
    target.z = copy.dstZ;
    target.height = copy.dstHeight;
    box.slices = copy.Depth;
  }
  if constexpr (requires { copy.srcContext; }) {
    source.context = copy.srcContext;
    target.context = copy.dstContext;
  }
  return box;
}

/// Both sides are plain: nobody else needs to know.
void copy_rows(const Box& box) noexcept {
  for (std::size_t slice = 0; slice < box.slices; ++slice) {
    for (std::size_t row = 0; row < box.rows; ++row) {
      std::memmove(
          reinterpret_cast<std::byte*>(box.target.address) + box.target.offset(row, slice),
          reinterpret_cast<const std::byte*>(box.source.address) + box.source.offset(row, slice),
          box.width);
    }
  }
}

/// Packed bytes of a part of a plain side, in either direction.
void pack(const Side& side, std::size_t column, std::size_t width, std::size_t row,
          std::size_t rows, std::size_t slice, std::byte* packed) noexcept {
  const auto* base = reinterpret_cast<const std::byte*>(side.address);
  for (std::size_t i = 0; i < rows; ++i) {
    std::memcpy(packed + i * width, base + side.offset(row + i, slice) + column, width);
  }
}
void unpack(const Side& side, std::size_t column, std::size_t width, std::size_t row,
            std::size_t rows, std::size_t slice, const std::byte* packed) noexcept {
  auto* base = reinterpret_cast<std::byte*>(side.address);
  for (std::size_t i = 0; i < rows; ++i) {
    std::memcpy(base + side.offset(row + i, slice) + column, packed + i * width, width);
  }
}

template <class Call>
void set_stream(typename Call::Request& request, CUstream stream) noexcept {
  if constexpr (requires { request.hStream; }) {
    request.hStream = reinterpret_cast<std::uint64_t>(stream);
  } else {
    request.stream = reinterpret_cast<std::uint64_t>(stream);
  }
}

/// One piece of a copy with one plain side: `part` says which rows, `width` and `column` which
/// bytes of them.
template <class Call, class Shape>
CUresult copy_piece(const Box& part, const Side& plain, bool outward, std::size_t column,
                    std::size_t row, std::size_t slice, CUstream stream, Staging* staging,
                    std::vector<std::byte>& packed) {
  const std::size_t bytes = part.width * part.rows;
  typename Call::Request request;
  const typename Shape::Structure structure = Shape::make(part);
  request.pCopy = bytes_of(structure);
  set_stream<Call>(request, stream);
  const int lane = staging != nullptr ? staging->acquire() : Staging::no_lane;
  std::byte* place = nullptr;
  if (lane != Staging::no_lane) {
    place = staging->data(lane);
    request.location = static_cast<std::uint32_t>(Location::staging);
    request.stagingOffset = Staging::offset(lane);
  } else {
    packed.resize(bytes);
    place = packed.data();
    request.location = static_cast<std::uint32_t>(Location::trailing);
  }
  if (outward) {
    pack(plain, column, part.width, row, part.rows, slice, place);
    if (lane == Staging::no_lane) request.bytes = {place, bytes};
  }
  ReplyOf<Call> reply;
  CUresult result = call<Call>(request, reply);
  if (result == CUDA_SUCCESS && !outward) {
    if (lane != Staging::no_lane) {
      unpack(plain, column, part.width, row, part.rows, slice, place);
    } else if (reply.value.bytes.size() == bytes) {
      unpack(plain, column, part.width, row, part.rows, slice, reply.value.bytes.data());
    } else {
      result = CUDA_ERROR_UNKNOWN;
    }
  }
  if (lane != Staging::no_lane) staging->release(lane);
  return result;
}

template <class Call, class Shape>
CUresult copy_in_pieces(const Box& box, bool outward, CUstream stream) {
  const Side& plain = outward ? box.source : box.target;
  std::size_t total = 0;
  if (__builtin_mul_overflow(box.width, box.rows, &total) ||
      __builtin_mul_overflow(total, box.slices, &total)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  Staging* staging = total > small_copy ? Staging::find() : nullptr;
  const std::size_t limit = staging != nullptr ? Staging::lane_bytes : trailing_piece();
  if (limit == 0) return detail::phase_error(detail::phase.load(std::memory_order_acquire));
  const std::size_t width = std::min(box.width, limit);
  const std::size_t rows = std::min(box.rows, std::max<std::size_t>(limit / width, 1));
  std::vector<std::byte> packed;
  for (std::size_t slice = 0; slice < box.slices; ++slice) {
    for (std::size_t row = 0; row < box.rows; row += rows) {
      for (std::size_t column = 0; column < box.width; column += width) {
        Box part = box;
        part.width = std::min(width, box.width - column);
        part.rows = std::min(rows, box.rows - row);
        part.slices = 1;
        Side& there = outward ? part.target : part.source;
        there.x += column;
        there.y += row;
        there.z += slice;
        Side& here = outward ? part.source : part.target;
        here.x = here.y = here.z = 0;
        here.pitch = part.width;
        here.height = part.rows;
        const CUresult result = copy_piece<Call, Shape>(part, plain, outward, column, row, slice,
                                                        stream, staging, packed);
        if (result != CUDA_SUCCESS) return result;
      }
    }
  }
  return CUDA_SUCCESS;
}

/// As settle_in_capture, for all bytes from the first that is copied to the last.
CUresult settle_side_in_capture(Side& side, const Box& box, CUstream stream) {
  if (!side.plain) return CUDA_SUCCESS;
  const std::size_t first = side.offset(0, 0);
  const std::size_t end = side.offset(box.rows - 1, box.slices - 1) + box.width;
  Operand operand{side.plain, side.known, side.address};
  const CUresult result = settle_in_capture(stream, side.address + first, end - first, operand);
  if (result != CUDA_SUCCESS || operand.plain) return result;
  side.plain = false;
  side.known = operand.known;
  side.address = operand.address - first;
  side.type = CU_MEMORYTYPE_HOST;
  return CUDA_SUCCESS;
}

template <class Call, class Shape>
CUresult copy_shape(const typename Shape::Structure& structure, CUstream stream, bool blocking) {
  Box box = box_of(structure);
  if (box.width == 0 || box.rows == 0 || box.slices == 0) return CUDA_SUCCESS;
  if (!settle_side(box.source, box.width, box.rows, box.slices) ||
      !settle_side(box.target, box.width, box.rows, box.slices)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  if (!blocking) {
    for (Side* side : {&box.source, &box.target}) {
      const CUresult result = settle_side_in_capture(*side, box, stream);
      if (result != CUDA_SUCCESS) return result;
    }
  }
  const bool plain = box.source.plain || box.target.plain;
  CUresult result = CUDA_SUCCESS;
  if (box.source.plain && box.target.plain) {
    if (!blocking) {
      ReplyOf<calls::StreamSynchronize> reply;
      result = call<calls::StreamSynchronize>({.hStream = reinterpret_cast<std::uint64_t>(stream)},
                                              reply);
      if (result != CUDA_SUCCESS) return result;
    }
    copy_rows(box);
    return CUDA_SUCCESS;
  }
  if (plain) {
    result = copy_in_pieces<Call, Shape>(box, box.source.plain, stream);
  } else {
    typename Call::Request request;
    const typename Shape::Structure settled = Shape::make(box);
    request.pCopy = bytes_of(settled);
    set_stream<Call>(request, stream);
    request.location = static_cast<std::uint32_t>(Location::shared);
    if (!blocking && box.source.known && box.target.known) return post<Call>(request);
    ReplyOf<Call> reply;
    result = call<Call>(request, reply);
  }
  if (result == CUDA_SUCCESS && (blocking || box.target.plain)) result = mirror_in();
  return result;
}

bool stream_valid(CUstream stream) noexcept {
  return handle_valid(call::HandleKind::stream, reinterpret_cast<std::uint64_t>(stream));
}

/// What the forms of CUDA 2 say: they take a context of that time, and no context here is one.
constexpr CUresult old_form = CUDA_ERROR_INVALID_CONTEXT;

CUresult copy_solid(const CUDA_MEMCPY3D& copy, CUstream stream, bool blocking) {
  using Shape = Solid<CUDA_MEMCPY3D>;
  return blocking ? copy_shape<calls::Memcpy3D, Shape>(copy, stream, true)
                  : copy_shape<calls::Memcpy3DAsync, Shape>(copy, stream, false);
}

/// Whether a side of a copy between contexts names a live one; arrays know their own.
bool names_a_context(CUmemorytype type, CUcontext handle) noexcept {
  if (type == CU_MEMORYTYPE_ARRAY || handle == nullptr) return true;
  const Context* context = contexts()->find(handle);
  return context != nullptr && context->state.load() != ContextState::destroyed;
}

CUresult copy_between_contexts(CUDA_MEMCPY3D_PEER copy, CUstream stream, bool blocking) {
  using Shape = Solid<CUDA_MEMCPY3D_PEER>;
  if (!names_a_context(copy.srcMemoryType, copy.srcContext) ||
      !names_a_context(copy.dstMemoryType, copy.dstContext)) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (copy.srcMemoryType == CU_MEMORYTYPE_ARRAY) copy.srcContext = nullptr;
  if (copy.dstMemoryType == CU_MEMORYTYPE_ARRAY) copy.dstContext = nullptr;
  return blocking ? copy_shape<calls::Memcpy3DPeer, Shape>(copy, stream, true)
                  : copy_shape<calls::Memcpy3DPeerAsync, Shape>(copy, stream, false);
}

}  // namespace

CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* pCopy) {
  return copy_shape<calls::Memcpy2D, Flat>(*pCopy, default_stream(), true);
}
CUresult cuMemcpy2D(const CUDA_MEMCPY2D_v1*) {
  return old_form;
}
CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* pCopy) {
  return copy_shape<calls::Memcpy2DUnaligned, Flat>(*pCopy, default_stream(), true);
}
CUresult cuMemcpy2DUnaligned(const CUDA_MEMCPY2D_v1*) {
  return old_form;
}
CUresult cuMemcpy3D_v2(const CUDA_MEMCPY3D* pCopy) {
  return copy_solid(*pCopy, default_stream(), true);
}
CUresult cuMemcpy3D(const CUDA_MEMCPY3D_v1*) {
  return old_form;
}
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* pCopy, CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  return copy_shape<calls::Memcpy2DAsync, Flat>(*pCopy, hStream, false);
}
CUresult cuMemcpy2DAsync(const CUDA_MEMCPY2D_v1*, CUstream) {
  return old_form;
}
CUresult cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D* pCopy, CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  return copy_solid(*pCopy, hStream, false);
}
CUresult cuMemcpy3DAsync(const CUDA_MEMCPY3D_v1*, CUstream) {
  return old_form;
}
CUresult cuMemcpy3DPeer(const CUDA_MEMCPY3D_PEER* pCopy) {
  return copy_between_contexts(*pCopy, default_stream(), true);
}
CUresult cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D_PEER* pCopy, CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  return copy_between_contexts(*pCopy, hStream, false);
}

}  // namespace vgpu::guest::written
