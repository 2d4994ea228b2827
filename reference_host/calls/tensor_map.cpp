#include <cstring>

#include "code.hpp"

namespace vgpu::host {

CUresult execute(CallContext& context, const calls::TensorMapEncodeTiled::Request& request,
                 calls::TensorMapEncodeTiled::Reply& reply) {
  const auto encode = context.driver().cuTensorMapEncodeTiled;
  if (encode == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  const std::size_t rank = request.tensorRank;
  constexpr std::size_t most_dimensions = 5;
  if (rank == 0 || rank > most_dimensions || request.globalDim.size() < rank ||
      request.globalStrides.size() < rank - 1 || request.boxDim.size() < rank ||
      request.elementStrides.size() < rank) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (!context.owns(request.globalAddress, 0)) return CUDA_ERROR_INVALID_VALUE;
  // The driver wants its alignment, which scratch memory does not have.
  CUtensorMap aligned{};
  const CUresult result = encode(&aligned, static_cast<CUtensorMapDataType>(request.tensorDataType),
                                 request.tensorRank, call::from_wire<void*>(request.globalAddress),
                                 reinterpret_cast<const cuuint64_t*>(request.globalDim.data()),
                                 reinterpret_cast<const cuuint64_t*>(request.globalStrides.data()),
                                 request.boxDim.data(), request.elementStrides.data(),
                                 static_cast<CUtensorMapInterleave>(request.interleave),
                                 static_cast<CUtensorMapSwizzle>(request.swizzle),
                                 static_cast<CUtensorMapL2promotion>(request.l2Promotion),
                                 static_cast<CUtensorMapFloatOOBfill>(request.oobFill));
  if (result != CUDA_SUCCESS) return result;
  const std::span<std::byte> bytes = context.scratch<std::byte>(sizeof aligned);
  if (bytes.size() != sizeof aligned) return CUDA_ERROR_OUT_OF_MEMORY;
  std::memcpy(bytes.data(), &aligned, sizeof aligned);
  reply.tensorMap = bytes;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::host
