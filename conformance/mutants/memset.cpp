#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> memset_mutants() {
  static constexpr Mutant list[] = {
      {"one_byte_short", "cuMemsetD8 leaves the last byte as it was", "cuMemsetD8",
       [](DriverTable& driver) {
         driver.cuMemsetD8_v2 = [](CUdeviceptr to, unsigned char value, std::size_t count) {
           return real().cuMemsetD8_v2(to, value, count - (count > 1 ? 1 : 0));
         };
       }},
      {"half_a_word", "cuMemsetD32 uses the lower half of its value only", "cuMemsetD32",
       [](DriverTable& driver) {
         driver.cuMemsetD32_v2 = [](CUdeviceptr to, unsigned value, std::size_t count) {
           return real().cuMemsetD32_v2(to, value & 0xffffU, count);
         };
       }},
      {"between_the_rows_too", "cuMemsetD2D8 sets what lies between its rows", "cuMemsetD2D8",
       [](DriverTable& driver) {
         driver.cuMemsetD2D8_v2 = [](CUdeviceptr to, std::size_t pitch, unsigned char value,
                                     std::size_t width, std::size_t height) {
           if (width == 0 || height < 2 || pitch < width) {
             return real().cuMemsetD2D8_v2(to, pitch, value, width, height);
           }
           return real().cuMemsetD8_v2(to, value, pitch * (height - 1) + width);
         };
       }},
      {"an_unaligned_address_is_rounded",
       "cuMemsetD16 takes an odd address for the even one before", "cuMemsetD16",
       [](DriverTable& driver) {
         driver.cuMemsetD16_v2 = [](CUdeviceptr to, unsigned short value, std::size_t count) {
           return real().cuMemsetD16_v2(to & ~CUdeviceptr{1}, value, count);
         };
       }},
      {"legacy_means_per_thread", "cuMemsetD8Async takes stream 0 as the thread's own stream",
       "cuMemsetD8Async:DefaultStreams",
       [](DriverTable& driver) {
         driver.cuMemsetD8Async = [](CUdeviceptr to, unsigned char value, std::size_t count,
                                     CUstream stream) {
           return real().cuMemsetD8Async(to, value, count,
                                         stream == nullptr ? CU_STREAM_PER_THREAD : stream);
         };
       }},
      {"does_not_wait_for_pinned_memory", "cuMemsetD32 of pinned memory returns before it is set",
       "cuMemsetD32",
       [](DriverTable& driver) {
         driver.cuMemsetD32_v2 = [](CUdeviceptr to, unsigned value, std::size_t count) {
           return real().cuMemsetD32Async(to, value, count, CU_STREAM_LEGACY);
         };
       }},
      {"in_a_capture_it_runs", "cuMemsetD16Async runs at once while its stream is capturing",
       "cuMemsetD16Async",
       [](DriverTable& driver) {
         driver.cuMemsetD16Async = [](CUdeviceptr to, unsigned short value, std::size_t count,
                                      CUstream stream) {
           CUstreamCaptureStatus status{};
           const bool capturing = real().cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS &&
                                  status == CU_STREAM_CAPTURE_STATUS_ACTIVE;
           return capturing ? real().cuMemsetD16_v2_ptds(to, value, count)
                            : real().cuMemsetD16Async(to, value, count, stream);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
