#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vgpu/calls/pointer.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "vgpu/host/call_context.hpp"

// The guest answers most pointer questions itself. Only what the backend alone knows is served:
// other attributes are handles and addresses of this process.

namespace vgpu::host {
namespace {

bool is_served(std::uint32_t attribute) noexcept {
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      return true;
    default:
      return false;
  }
}

constexpr std::size_t value_room = 16;

/// The pool under the id by which the guest knows it.
CUresult read_pool(CallContext& context, std::uint64_t address, std::span<std::byte> room) {
  CUmemoryPool pool = nullptr;
  const CUresult result =
      context.driver().cuPointerGetAttribute(&pool, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, address);
  if (result != CUDA_SUCCESS) return result;
  const std::uint64_t id = context.mint(HandleKind::memory_pool, pool);
  std::memcpy(room.data(), &id, sizeof id);
  return CUDA_SUCCESS;
}

CUresult read_attribute(CallContext& context, std::uint32_t attribute, std::uint64_t address,
                        std::span<std::byte> room) {
  if (context.driver().cuPointerGetAttribute == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (attribute == CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE) return read_pool(context, address, room);
  if (!is_served(attribute)) return CUDA_ERROR_NOT_SUPPORTED;
  return context.driver().cuPointerGetAttribute(
      room.data(), static_cast<CUpointer_attribute>(attribute), address);
}

}  // namespace

CUresult execute(CallContext& context, const calls::PointerGetAttribute::Request& request,
                 calls::PointerGetAttribute::Reply& reply) {
  if (!context.owns(request.ptr, 0)) return CUDA_ERROR_INVALID_VALUE;
  const std::span<std::byte> room = context.scratch<std::byte>(value_room);
  const CUresult result = read_attribute(context, request.attribute, request.ptr, room);
  if (result == CUDA_SUCCESS) reply.data = room;
  return result;
}

CUresult execute(CallContext& context, const calls::PointerGetAttributes::Request& request,
                 calls::PointerGetAttributes::Reply& reply) {
  constexpr std::size_t most = 64;
  if (request.attributes.size() != request.numAttributes || request.numAttributes > most) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const std::span<std::byte> room =
      context.scratch<std::byte>(value_room * request.attributes.size());
  if (context.owns(request.ptr, 0)) {
    for (std::size_t i = 0; i < request.attributes.size(); ++i) {
      const auto place = room.subspan(i * value_room, value_room);
      const CUresult result = read_attribute(context, request.attributes[i], request.ptr, place);
      if (result == CUDA_ERROR_NOT_SUPPORTED) return result;
    }
  }
  reply.data = room;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::host
