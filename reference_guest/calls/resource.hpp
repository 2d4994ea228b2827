#pragma once

/// \file
/// CUDA_RESOURCE_DESC on its way: what textures and surfaces read. Ids stand in the place of array
/// handles in the program already, so only addresses change.

#include <cstdint>

#include "copy_operand.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest {

/// Checks the handle in a resource and translates its address. False: CUDA_ERROR_INVALID_VALUE.
inline bool settle_resource(CUDA_RESOURCE_DESC& desc) {
  const auto word = [](const void* handle) { return reinterpret_cast<std::uint64_t>(handle); };
  switch (desc.resType) {
    case CU_RESOURCE_TYPE_ARRAY:
      return handle_valid(call::HandleKind::array, word(desc.res.array.hArray));
    case CU_RESOURCE_TYPE_MIPMAPPED_ARRAY:
      return handle_valid(call::HandleKind::mipmapped_array, word(desc.res.mipmap.hMipmappedArray));
    case CU_RESOURCE_TYPE_LINEAR: {
      CUdeviceptr& address = desc.res.linear.devPtr;
      address = examine_operand(address, desc.res.linear.sizeInBytes, true).address;
      return true;
    }
    case CU_RESOURCE_TYPE_PITCH2D: {
      CUdeviceptr& address = desc.res.pitch2D.devPtr;
      address = examine_operand(address, 1, true).address;
      return true;
    }
    default:
      return false;
  }
}

}  // namespace vgpu::guest
