#include <vgpu/guest_written.hpp>

#include "code.hpp"

namespace vgpu::guest::written {

CUresult cuTensorMapEncodeTiled(CUtensorMap* tensorMap, CUtensorMapDataType tensorDataType,
                                cuuint32_t tensorRank, void* globalAddress,
                                const cuuint64_t* globalDim, const cuuint64_t* globalStrides,
                                const cuuint32_t* boxDim, const cuuint32_t* elementStrides,
                                CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                                CUtensorMapL2promotion l2Promotion,
                                CUtensorMapFloatOOBfill oobFill) {
  constexpr cuuint32_t most_dimensions = 5;
  if (tensorRank == 0 || tensorRank > most_dimensions) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::TensorMapEncodeTiled> reply;
  const CUresult result = call<calls::TensorMapEncodeTiled>(
      {.tensorDataType = static_cast<std::uint32_t>(tensorDataType),
       .tensorRank = tensorRank,
       .globalAddress = call::to_wire<std::uint64_t>(globalAddress),
       .interleave = static_cast<std::uint32_t>(interleave),
       .swizzle = static_cast<std::uint32_t>(swizzle),
       .l2Promotion = static_cast<std::uint32_t>(l2Promotion),
       .oobFill = static_cast<std::uint32_t>(oobFill),
       .globalDim = {reinterpret_cast<const std::uint64_t*>(globalDim), tensorRank},
       .globalStrides = {reinterpret_cast<const std::uint64_t*>(globalStrides), tensorRank - 1},
       .boxDim = {boxDim, tensorRank},
       .elementStrides = {elementStrides, tensorRank}},
      reply);
  if (result != CUDA_SUCCESS) return result;
  return call::copy_layout(reply.value.tensorMap, *tensorMap) ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN;
}

}  // namespace vgpu::guest::written
