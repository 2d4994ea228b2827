#include "mutants/questions.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> memory_operation_mutants() {
  static constexpr Mutant list[] = {
      {"equal_is_at_least", "cuStreamWaitValue32 for an equal value goes on at a greater one",
       "cuStreamWaitValue32",
       [](DriverTable& driver) {
         driver.cuStreamWaitValue32_v2 = [](CUstream stream, CUdeviceptr address, cuuint32_t value,
                                            unsigned flags) {
           return real().cuStreamWaitValue32_v2(
               stream, address, value,
               flags == CU_STREAM_WAIT_VALUE_EQ ? unsigned{CU_STREAM_WAIT_VALUE_GEQ} : flags);
         };
       }},
      {"half_a_value_is_written", "cuStreamWriteValue64 writes 32 bits", "cuStreamWriteValue64",
       [](DriverTable& driver) {
         driver.cuStreamWriteValue64_v2 = [](CUstream stream, CUdeviceptr address, cuuint64_t value,
                                             unsigned flags) {
           return address % 8 == 0 ? real().cuStreamWriteValue32_v2(
                                         stream, address, static_cast<cuuint32_t>(value), flags)
                                   : real().cuStreamWriteValue64_v2(stream, address, value, flags);
         };
       }},
      {"a_value_is_written_at_once",
       "cuStreamWriteValue32 does not wait for the work before it in its stream",
       "cuStreamWriteValue32",
       [](DriverTable& driver) {
         driver.cuStreamWriteValue32_v2 = [](CUstream stream, CUdeviceptr address, cuuint32_t value,
                                             unsigned flags) {
           return real().cuStreamWriteValue32_v2(is_busy(stream) ? CU_STREAM_PER_THREAD : stream,
                                                 address, value, flags);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
