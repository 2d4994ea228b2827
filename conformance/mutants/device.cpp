#include <cstring>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> device_mutants() {
  static constexpr Mutant list[] = {
      {"enumeration_makes_a_context", "cuDeviceGetName leaves the primary context active",
       "Enumeration_fresh",
       [](DriverTable& driver) {
         driver.cuDeviceGetName = [](char* name, int length, CUdevice device) {
           CUcontext context = nullptr;
           real().cuDevicePrimaryCtxRetain(&context, device);
           return real().cuDeviceGetName(name, length, device);
         };
       }},
      {"the_last_device_stands_in", "cuDeviceGet takes an ordinal beyond the last as the first",
       "cuDeviceGet",
       [](DriverTable& driver) {
         driver.cuDeviceGet = [](CUdevice* device, int ordinal) {
           const CUresult result = real().cuDeviceGet(device, ordinal);
           return result == CUDA_ERROR_INVALID_DEVICE ? real().cuDeviceGet(device, 0) : result;
         };
       }},
      {"a_name_without_an_end", "cuDeviceGetName does not terminate a name that it has to shorten",
       "cuDeviceGetName",
       [](DriverTable& driver) {
         driver.cuDeviceGetName = [](char* name, int length, CUdevice device) {
           const CUresult result = real().cuDeviceGetName(name, length, device);
           if (result == CUDA_SUCCESS && static_cast<int>(std::strlen(name)) == length - 1) {
             name[length - 1] = '?';
           }
           return result;
         };
       }},
      {"memory_of_32_bits", "cuDeviceTotalMem writes the lower half of the number only",
       "cuDeviceTotalMem",
       [](DriverTable& driver) {
         driver.cuDeviceTotalMem_v2 = [](std::size_t* bytes, CUdevice device) {
           std::size_t whole = 0;
           const CUresult result =
               real().cuDeviceTotalMem_v2(bytes == nullptr ? nullptr : &whole, device);
           if (result == CUDA_SUCCESS) std::memcpy(bytes, &whole, 4);
           return result;
         };
       }},
      {"unknown_attributes_are_zero", "cuDeviceGetAttribute answers 0 for what it does not know",
       "cuDeviceGetAttribute",
       [](DriverTable& driver) {
         driver.cuDeviceGetAttribute = [](int* value, CUdevice_attribute attribute,
                                          CUdevice device) {
           const CUresult result = real().cuDeviceGetAttribute(value, attribute, device);
           if (result != CUDA_ERROR_INVALID_VALUE || value == nullptr) return result;
           *value = 0;
           return CUDA_SUCCESS;
         };
       }},
      {"a_larger_block_than_there_is",
       "cuDeviceGetAttribute claims blocks of twice as many threads as can be launched",
       "cuDeviceGetAttribute",
       [](DriverTable& driver) {
         driver.cuDeviceGetAttribute = [](int* value, CUdevice_attribute attribute,
                                          CUdevice device) {
           const CUresult result = real().cuDeviceGetAttribute(value, attribute, device);
           const bool wrong = attribute == CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK ||
                              attribute == CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X;
           if (result == CUDA_SUCCESS && wrong) *value *= 2;
           return result;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
