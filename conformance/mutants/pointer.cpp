#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> pointer_mutants() {
  static constexpr Mutant list[] = {
      {"all_memory_is_the_devices", "cuPointerGetAttribute takes pinned memory for device memory",
       "cuPointerGetAttribute",
       [](DriverTable& driver) {
         driver.cuPointerGetAttribute = [](void* data, CUpointer_attribute attribute,
                                           CUdeviceptr address) {
           const CUresult result = real().cuPointerGetAttribute(data, attribute, address);
           if (result == CUDA_SUCCESS && attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE) {
             *static_cast<unsigned*>(data) = CU_MEMORYTYPE_DEVICE;
           }
           return result;
         };
       }},
      {"buffer_ids_are_used_again", "later memory has the buffer id of memory that was freed",
       "cuPointerGetAttribute",
       [](DriverTable& driver) {
         driver.cuPointerGetAttribute = [](void* data, CUpointer_attribute attribute,
                                           CUdeviceptr address) {
           const CUresult result = real().cuPointerGetAttribute(data, attribute, address);
           if (result == CUDA_SUCCESS && attribute == CU_POINTER_ATTRIBUTE_BUFFER_ID) {
             *static_cast<unsigned long long*>(data) = address >> 40;
           }
           return result;
         };
       }},
      {"synchronous_memory_is_not_kept", "cuPointerSetAttribute succeeds and changes nothing",
       "cuPointerSetAttribute",
       [](DriverTable& driver) {
         driver.cuPointerSetAttribute = [](const void* value, CUpointer_attribute attribute,
                                           CUdeviceptr address) {
           const unsigned off = 0;
           return real().cuPointerSetAttribute(value == nullptr ? nullptr : &off, attribute,
                                               address);
         };
       }},
      {"an_unknown_address_is_an_error",
       "cuPointerGetAttributes refuses addresses that it does not know", "cuPointerGetAttributes",
       [](DriverTable& driver) {
         driver.cuPointerGetAttributes = [](unsigned count, CUpointer_attribute* attributes,
                                            void** data, CUdeviceptr address) {
           unsigned type = 0;
           const CUresult known =
               real().cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address);
           return count > 0 && attributes != nullptr && data != nullptr &&
                          known == CUDA_ERROR_INVALID_VALUE
                      ? CUDA_ERROR_INVALID_VALUE
                      : real().cuPointerGetAttributes(count, attributes, data, address);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
