#include <atomic>
#include <cstdint>
#include <memory>
#include <vgpu/calls/array.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

namespace vgpu::host {
namespace {

/// Bytes that an array counts for in the guest's quota, as long as its handle is alive.
class Charge {
 public:
  Charge(std::atomic<std::uint64_t>& total, std::uint64_t bytes) : total_(total), bytes_(bytes) {
    total_.fetch_add(bytes_, std::memory_order_relaxed);
  }
  ~Charge() { total_.fetch_sub(bytes_, std::memory_order_relaxed); }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

 private:
  std::atomic<std::uint64_t>& total_;
  const std::uint64_t bytes_;
};

std::uint64_t channel_bits(CUarray_format format) noexcept {
  switch (format) {
    case CU_AD_FORMAT_UNSIGNED_INT32:
    case CU_AD_FORMAT_SIGNED_INT32:
    case CU_AD_FORMAT_FLOAT:
      return 32;
    case CU_AD_FORMAT_UNSIGNED_INT16:
    case CU_AD_FORMAT_SIGNED_INT16:
    case CU_AD_FORMAT_HALF:
      return 16;
    case CU_AD_FORMAT_UNSIGNED_INT8:
    case CU_AD_FORMAT_SIGNED_INT8:
      return 8;
    default:
      return 32;  // what none of the formats with their channels in the name exceeds
  }
}

/// Bytes of an array's texels; UINT64_MAX where they cannot be counted.
std::uint64_t array_size(const CUDA_ARRAY3D_DESCRIPTOR& descriptor) noexcept {
  // Its memory belongs to others.
  if ((descriptor.Flags & (CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING)) != 0) return 0;
  std::uint64_t bytes = channel_bits(descriptor.Format) / 8 * descriptor.NumChannels;
  for (const std::uint64_t extent : {descriptor.Width, descriptor.Height, descriptor.Depth}) {
    if (extent != 0 && __builtin_mul_overflow(bytes, extent, &bytes)) return UINT64_MAX;
  }
  return bytes;
}

/// Makes an object with `create(handle&)` under the id that the guest chose, within its quota.
template <class Handle, class Create, class Destroy>
CUresult make(CallContext& context, HandleKind kind, std::uint64_t id, std::uint64_t bytes,
              Create&& create, Destroy&& destroy) {
  if (!context.can_bind(kind, id)) return CUDA_ERROR_INVALID_HANDLE;
  Session& session = context.session();
  if (bytes > session.quota_left(session.device_bytes_used())) return CUDA_ERROR_OUT_OF_MEMORY;
  Handle handle{};
  if (const CUresult result = create(&handle); result != CUDA_SUCCESS) return result;
  const auto charge = std::make_shared<Charge>(session.array_bytes(), bytes);
  if (context.bind_new(kind, id, handle)) {
    session.handles().attach(kind, id, charge);
    return CUDA_SUCCESS;
  }
  destroy(handle);
  return CUDA_ERROR_OUT_OF_MEMORY;
}

}  // namespace

CUresult execute(CallContext& context, const calls::ArrayCreate::Request& request,
                 calls::ArrayCreate::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuArrayCreate_v2 == nullptr || driver.cuArrayDestroy == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUDA_ARRAY_DESCRIPTOR descriptor{};
  if (!call::copy_layout(request.pAllocateArray, descriptor)) return CUDA_ERROR_INVALID_VALUE;
  const CUDA_ARRAY3D_DESCRIPTOR whole{descriptor.Width,  descriptor.Height,      0,
                                      descriptor.Format, descriptor.NumChannels, 0};
  return make<CUarray>(
      context, HandleKind::array, request.pHandle, array_size(whole),
      [&](CUarray* array) { return driver.cuArrayCreate_v2(array, &descriptor); },
      driver.cuArrayDestroy);
}

CUresult execute(CallContext& context, const calls::Array3DCreate::Request& request,
                 calls::Array3DCreate::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuArray3DCreate_v2 == nullptr || driver.cuArrayDestroy == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  if (!call::copy_layout(request.pAllocateArray, descriptor)) return CUDA_ERROR_INVALID_VALUE;
  return make<CUarray>(
      context, HandleKind::array, request.pHandle, array_size(descriptor),
      [&](CUarray* array) { return driver.cuArray3DCreate_v2(array, &descriptor); },
      driver.cuArrayDestroy);
}

CUresult execute(CallContext& context, const calls::MipmappedArrayCreate::Request& request,
                 calls::MipmappedArrayCreate::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuMipmappedArrayCreate == nullptr || driver.cuMipmappedArrayDestroy == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  if (!call::copy_layout(request.pMipmappedArrayDesc, descriptor)) return CUDA_ERROR_INVALID_VALUE;
  // All smaller levels together are at most as large as the first one.
  std::uint64_t bytes = array_size(descriptor);
  if (request.numMipmapLevels > 1 && __builtin_add_overflow(bytes, bytes, &bytes)) {
    bytes = UINT64_MAX;
  }
  return make<CUmipmappedArray>(
      context, HandleKind::mipmapped_array, request.pHandle, bytes,
      [&](CUmipmappedArray* array) {
        return driver.cuMipmappedArrayCreate(array, &descriptor, request.numMipmapLevels);
      },
      driver.cuMipmappedArrayDestroy);
}

CUresult execute(CallContext& context, const calls::ArrayGetPlane::Request& request,
                 calls::ArrayGetPlane::Reply& reply) {
  if (context.driver().cuArrayGetPlane == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUarray array{};
  if (request.hArray == 0 || !context.resolve(HandleKind::array, request.hArray, array)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUarray plane{};
  const CUresult result = context.driver().cuArrayGetPlane(&plane, array, request.planeIdx);
  if (result != CUDA_SUCCESS) return result;
  // A plane ends with its array.
  reply.pPlaneArray = context.mint(HandleKind::array, plane, request.hArray);
  return reply.pPlaneArray != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::MipmappedArrayGetLevel::Request& request,
                 calls::MipmappedArrayGetLevel::Reply& reply) {
  if (context.driver().cuMipmappedArrayGetLevel == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUmipmappedArray array{};
  if (request.hMipmappedArray == 0 ||
      !context.resolve(HandleKind::mipmapped_array, request.hMipmappedArray, array)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUarray level{};
  const CUresult result = context.driver().cuMipmappedArrayGetLevel(&level, array, request.level);
  if (result != CUDA_SUCCESS) return result;
  reply.pLevelArray = context.mint(HandleKind::array, level, request.hMipmappedArray);
  return reply.pLevelArray != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

}  // namespace vgpu::host
