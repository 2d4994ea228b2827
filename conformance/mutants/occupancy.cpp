#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> occupancy_mutants() {
  static constexpr Mutant list[] = {
      {"dynamic_shared_memory_does_not_count",
       "cuOccupancyMaxActiveBlocksPerMultiprocessor ignores dynamic shared memory",
       "cuOccupancyMaxActiveBlocksPerMultiprocessor",
       [](DriverTable& driver) {
         driver.cuOccupancyMaxActiveBlocksPerMultiprocessor = [](int* blocks, CUfunction function,
                                                                 int block_size, std::size_t) {
           return real().cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, block_size,
                                                                     0);
         };
       }},
      {"static_shared_memory_does_not_count",
       "cuOccupancyAvailableDynamicSMemPerBlock does not take static shared memory off",
       "cuOccupancyAvailableDynamicSMemPerBlock",
       [](DriverTable& driver) {
         driver.cuOccupancyAvailableDynamicSMemPerBlock = [](std::size_t* bytes,
                                                             CUfunction function, int blocks,
                                                             int block_size) {
           const CUresult result =
               real().cuOccupancyAvailableDynamicSMemPerBlock(bytes, function, blocks, block_size);
           int taken = 0;
           if (result == CUDA_SUCCESS &&
               real().cuFuncGetAttribute(&taken, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function) ==
                   CUDA_SUCCESS) {
             *bytes += static_cast<std::size_t>(taken);
           }
           return result;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
