#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vgpu/calls/texture.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "resource.hpp"
#include "vgpu/call/convert.hpp"
#include "vgpu/host/call_context.hpp"

// A texture object is the backend's own value on both sides, since kernels use it as it is. The
// handle table holds it under an id that nobody is told, so that the guest can end and ask for its
// own objects only, and so that they end with their context.

namespace vgpu::host {
namespace {

/// The id by which a value of the guest is one of its texture objects; 0 when it is not.
std::uint64_t own(const CallContext& context, std::uint64_t value) {
  return value == 0 ? 0 : context.id_of(HandleKind::texture_object, value);
}

template <class Structure>
std::span<const std::byte> copy_out(CallContext& context, const Structure& structure) {
  const std::span<std::byte> bytes = context.scratch<std::byte>(sizeof structure);
  std::memcpy(bytes.data(), &structure, sizeof structure);
  return bytes;
}

std::uint64_t word(const void* handle) noexcept {
  return reinterpret_cast<std::uint64_t>(handle);
}

}  // namespace

bool resolve_resource(const CallContext& context, std::span<const std::byte> bytes,
                      CUDA_RESOURCE_DESC& desc) {
  if (!call::copy_layout(bytes, desc)) return false;
  switch (desc.resType) {
    case CU_RESOURCE_TYPE_ARRAY: {
      CUarray& array = desc.res.array.hArray;
      return array != nullptr && context.resolve(HandleKind::array, word(array), array);
    }
    case CU_RESOURCE_TYPE_MIPMAPPED_ARRAY: {
      CUmipmappedArray& array = desc.res.mipmap.hMipmappedArray;
      return array != nullptr && context.resolve(HandleKind::mipmapped_array, word(array), array);
    }
    case CU_RESOURCE_TYPE_LINEAR:
      return context.owns(desc.res.linear.devPtr, desc.res.linear.sizeInBytes);
    case CU_RESOURCE_TYPE_PITCH2D: {
      // The last row may be shorter than the pitch; how long it is the backend knows.
      std::uint64_t before_last = 0;
      const auto& image = desc.res.pitch2D;
      return image.height != 0 &&
             !__builtin_mul_overflow(image.pitchInBytes, image.height - 1, &before_last) &&
             context.owns(image.devPtr, before_last + 1);
    }
    default:
      return false;
  }
}

std::span<const std::byte> describe_resource(CallContext& context, const CUDA_RESOURCE_DESC& desc) {
  // An array that has ended since is NULL: what the backend still calls it may be another's now.
  CUDA_RESOURCE_DESC described = desc;
  if (desc.resType == CU_RESOURCE_TYPE_ARRAY) {
    described.res.array.hArray =
        reinterpret_cast<CUarray>(context.id_of(HandleKind::array, desc.res.array.hArray));
  } else if (desc.resType == CU_RESOURCE_TYPE_MIPMAPPED_ARRAY) {
    described.res.mipmap.hMipmappedArray = reinterpret_cast<CUmipmappedArray>(
        context.id_of(HandleKind::mipmapped_array, desc.res.mipmap.hMipmappedArray));
  }
  return copy_out(context, described);
}

CUresult execute(CallContext& context, const calls::TexObjectCreate::Request& request,
                 calls::TexObjectCreate::Reply& reply) {
  const DriverTable& driver = context.driver();
  if (driver.cuTexObjectCreate == nullptr || driver.cuTexObjectDestroy == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUDA_RESOURCE_DESC resource{};
  CUDA_TEXTURE_DESC texture{};
  CUDA_RESOURCE_VIEW_DESC view{};
  const bool has_view = request.pResViewDesc.data() != nullptr;
  if (!resolve_resource(context, request.pResDesc, resource) ||
      !call::copy_layout(request.pTexDesc, texture) ||
      (has_view && !call::copy_layout(request.pResViewDesc, view))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUtexObject object = 0;
  const CUresult result =
      driver.cuTexObjectCreate(&object, &resource, &texture, has_view ? &view : nullptr);
  if (result != CUDA_SUCCESS) return result;
  if (context.mint(HandleKind::texture_object, object) == 0) {
    driver.cuTexObjectDestroy(object);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.pTexObject = object;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::TexObjectDestroy::Request& request,
                 calls::TexObjectDestroy::Reply&) {
  if (context.driver().cuTexObjectDestroy == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  const std::uint64_t id = own(context, request.texObject);
  if (id == 0) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = context.driver().cuTexObjectDestroy(request.texObject);
  if (result == CUDA_SUCCESS) context.release(HandleKind::texture_object, id);
  return result;
}

CUresult execute(CallContext& context, const calls::TexObjectGetResourceDesc::Request& request,
                 calls::TexObjectGetResourceDesc::Reply& reply) {
  if (context.driver().cuTexObjectGetResourceDesc == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (own(context, request.texObject) == 0) return CUDA_ERROR_INVALID_VALUE;
  CUDA_RESOURCE_DESC desc{};
  const CUresult result = context.driver().cuTexObjectGetResourceDesc(&desc, request.texObject);
  if (result == CUDA_SUCCESS) reply.pResDesc = describe_resource(context, desc);
  return result;
}

CUresult execute(CallContext& context, const calls::TexObjectGetTextureDesc::Request& request,
                 calls::TexObjectGetTextureDesc::Reply& reply) {
  if (context.driver().cuTexObjectGetTextureDesc == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (own(context, request.texObject) == 0) return CUDA_ERROR_INVALID_VALUE;
  CUDA_TEXTURE_DESC desc{};
  const CUresult result = context.driver().cuTexObjectGetTextureDesc(&desc, request.texObject);
  if (result == CUDA_SUCCESS) reply.pTexDesc = copy_out(context, desc);
  return result;
}

CUresult execute(CallContext& context, const calls::TexObjectGetResourceViewDesc::Request& request,
                 calls::TexObjectGetResourceViewDesc::Reply& reply) {
  if (context.driver().cuTexObjectGetResourceViewDesc == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (own(context, request.texObject) == 0) return CUDA_ERROR_INVALID_VALUE;
  CUDA_RESOURCE_VIEW_DESC desc{};
  const CUresult result = context.driver().cuTexObjectGetResourceViewDesc(&desc, request.texObject);
  if (result == CUDA_SUCCESS) reply.pResViewDesc = copy_out(context, desc);
  return result;
}

}  // namespace vgpu::host
