#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> virtual_memory_mutants() {
  static constexpr Mutant list[] = {
      {"access_is_not_taken_back", "cuMemSetAccess does not take access away", "cuMemSetAccess",
       [](DriverTable& driver) {
         driver.cuMemSetAccess = [](CUdeviceptr address, std::size_t bytes,
                                    const CUmemAccessDesc* access, std::size_t count) {
           CUmemAccessDesc all{};
           if (access != nullptr && count == 1 && access->flags == CU_MEM_ACCESS_FLAGS_PROT_NONE) {
             all = *access;
             all.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
             access = &all;
           }
           return real().cuMemSetAccess(address, bytes, access, count);
         };
       }},
      {"a_mapping_has_access", "cuMemMap lets the device use the memory at once", "cuMemMap",
       [](DriverTable& driver) {
         driver.cuMemMap = [](CUdeviceptr address, std::size_t bytes, std::size_t offset,
                              CUmemGenericAllocationHandle memory, unsigned long long flags) {
           const CUresult result = real().cuMemMap(address, bytes, offset, memory, flags);
           CUmemAccessDesc access{};
           access.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
           access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
           if (result == CUDA_SUCCESS) real().cuMemSetAccess(address, bytes, &access, 1);
           return result;
         };
       }},
      {"sizes_are_rounded", "cuMemCreate takes any size and rounds it up", "cuMemCreate",
       [](DriverTable& driver) {
         driver.cuMemCreate = [](CUmemGenericAllocationHandle* memory, std::size_t bytes,
                                 const CUmemAllocationProp* properties, unsigned long long flags) {
           std::size_t granularity = 0;
           if (properties != nullptr && bytes > 0 && bytes < (std::size_t{1} << 40) &&
               real().cuMemGetAllocationGranularity(
                   &granularity, properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM) == CUDA_SUCCESS &&
               granularity > 0) {
             bytes = (bytes + granularity - 1) / granularity * granularity;
           }
           return real().cuMemCreate(memory, bytes, properties, flags);
         };
       }},
      {"released_memory_stays", "cuMemRelease does not give the memory back", "cuMemRelease",
       [](DriverTable& driver) {
         driver.cuMemRelease = [](CUmemGenericAllocationHandle memory) {
           CUmemAllocationProp properties{};
           return real().cuMemGetAllocationPropertiesFromHandle(&properties, memory) == CUDA_SUCCESS
                      ? CUDA_SUCCESS
                      : real().cuMemRelease(memory);
         };
       }},
      {"alignment_is_ignored", "cuMemAddressReserve keeps to no alignment but its own",
       "cuMemAddressReserve",
       [](DriverTable& driver) {
         driver.cuMemAddressReserve = [](CUdeviceptr* address, std::size_t bytes, std::size_t,
                                         CUdeviceptr hint, unsigned long long flags) {
           return real().cuMemAddressReserve(address, bytes, 0, hint, flags);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
