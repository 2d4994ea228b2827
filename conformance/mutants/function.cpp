#include <cstring>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> function_mutants() {
  static constexpr Mutant list[] = {
      {"static_shared_memory_is_forgotten", "cuFuncGetAttribute knows of no static shared memory",
       "cuFuncGetAttribute",
       [](DriverTable& driver) {
         driver.cuFuncGetAttribute = [](int* value, CUfunction_attribute attribute,
                                        CUfunction function) {
           const CUresult result = real().cuFuncGetAttribute(value, attribute, function);
           if (result == CUDA_SUCCESS && attribute == CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES) {
             *value = 0;
           }
           return result;
         };
       }},
      {"shared_memory_is_not_opted_into", "cuFuncSetAttribute succeeds and changes nothing",
       "cuFuncSetAttribute",
       [](DriverTable& driver) {
         driver.cuFuncSetAttribute = [](CUfunction function, CUfunction_attribute attribute,
                                        int value) {
           int before = 0;
           const bool known =
               real().cuFuncGetAttribute(&before, attribute, function) == CUDA_SUCCESS;
           const CUresult result = real().cuFuncSetAttribute(function, attribute, value);
           if (result == CUDA_SUCCESS && known) {
             real().cuFuncSetAttribute(function, attribute, before);
           }
           return result;
         };
       }},
      {"parameters_without_alignment",
       "cuFuncGetParamInfo puts each parameter right behind the one before", "cuFuncGetParamInfo",
       [](DriverTable& driver) {
         driver.cuFuncGetParamInfo = [](CUfunction function, std::size_t index, std::size_t* offset,
                                        std::size_t* size) {
           const CUresult result = real().cuFuncGetParamInfo(function, index, offset, size);
           if (result != CUDA_SUCCESS) return result;
           *offset = 0;
           for (std::size_t before = 0; before < index; ++before) {
             std::size_t at = 0;
             std::size_t bytes = 0;
             real().cuFuncGetParamInfo(function, before, &at, &bytes);
             *offset += bytes;
           }
           return result;
         };
       }},
      {"names_in_one_buffer", "the text of cuFuncGetName lasts until the next call only",
       "cuFuncGetName",
       [](DriverTable& driver) {
         static char buffer[256];
         driver.cuFuncGetName = [](const char** name, CUfunction function) {
           const CUresult result = real().cuFuncGetName(name, function);
           if (result != CUDA_SUCCESS) return result;
           std::strncpy(buffer, *name, sizeof buffer - 1);
           *name = buffer;
           return result;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
