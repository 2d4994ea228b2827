#include "mutants/questions.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> managed_mutants() {
  static constexpr Mutant list[] = {
      {"the_host_does_not_see_it", "cuMemAllocManaged gives ordinary device memory",
       "cuMemAllocManaged",
       [](DriverTable& driver) {
         driver.cuMemAllocManaged = [](CUdeviceptr* address, std::size_t bytes, unsigned flags) {
           CUdeviceptr checked = 0;
           const CUresult result =
               real().cuMemAllocManaged(address == nullptr ? nullptr : &checked, bytes, flags);
           if (result != CUDA_SUCCESS) return result;
           real().cuMemFree_v2(checked);
           return real().cuMemAlloc_v2(address, bytes);
         };
       }},
      {"advice_is_forgotten", "cuMemAdvise succeeds and keeps nothing", "cuMemAdvise",
       [](DriverTable& driver) {
         driver.cuMemAdvise_v2 = [](CUdeviceptr address, std::size_t bytes, CUmem_advise advice,
                                    CUmemLocation location) {
           const CUresult result = real().cuMemAdvise_v2(address, bytes, advice, location);
           if (result == CUDA_SUCCESS && advice == CU_MEM_ADVISE_SET_READ_MOSTLY) {
             real().cuMemAdvise_v2(address, bytes, CU_MEM_ADVISE_UNSET_READ_MOSTLY, location);
           }
           return result;
         };
       }},
      {"a_prefetch_is_forgotten", "cuMemPrefetchAsync succeeds and moves nothing",
       "cuMemPrefetchAsync",
       [](DriverTable& driver) {
         driver.cuMemPrefetchAsync_v2 = [](CUdeviceptr address, std::size_t bytes,
                                           CUmemLocation location, unsigned flags,
                                           CUstream stream) {
           const bool known = location.type == CU_MEM_LOCATION_TYPE_HOST && flags == 0 &&
                              is_plain(stream) && stream != nullptr;
           return known ? CUDA_SUCCESS
                        : real().cuMemPrefetchAsync_v2(address, bytes, location, flags, stream);
         };
       }},
      {"a_part_stands_for_the_range",
       "cuMemRangeGetAttribute answers for the first byte of its range", "cuMemRangeGetAttribute",
       [](DriverTable& driver) {
         driver.cuMemRangeGetAttribute = [](void* data, std::size_t size,
                                            CUmem_range_attribute attribute, CUdeviceptr address,
                                            std::size_t bytes) {
           const CUresult result =
               real().cuMemRangeGetAttribute(data, size, attribute, address, bytes);
           return result == CUDA_SUCCESS
                      ? real().cuMemRangeGetAttribute(data, size, attribute, address, 1)
                      : result;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
