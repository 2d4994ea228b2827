#include <atomic>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> memory_mutants() {
  static constexpr Mutant list[] = {
      {"nothing_is_allocated_too", "cuMemAlloc of 0 bytes succeeds", "cuMemAlloc",
       [](DriverTable& driver) {
         driver.cuMemAlloc_v2 = [](CUdeviceptr* address, std::size_t bytes) {
           return real().cuMemAlloc_v2(address, bytes == 0 ? 1 : bytes);
         };
       }},
      {"writes_its_output_on_failure", "cuMemAlloc writes an address that it could not allocate",
       "cuMemAlloc",
       [](DriverTable& driver) {
         driver.cuMemAlloc_v2 = [](CUdeviceptr* address, std::size_t bytes) {
           const CUresult result = real().cuMemAlloc_v2(address, bytes);
           if (result != CUDA_SUCCESS && address != nullptr) *address = 4096;
           return result;
         };
       }},
      {"the_old_form_writes_64_bits", "cuMemAlloc of CUDA 2 writes an address of today's width",
       "cuMemAlloc",
       [](DriverTable& driver) {
         driver.cuMemAlloc = [](CUdeviceptr_v1* address, unsigned bytes) {
           return real().cuMemAlloc_v2(reinterpret_cast<CUdeviceptr*>(address), bytes);
         };
       }},
      {"a_second_free_succeeds", "cuMemFree says nothing of an address that is not allocated",
       "cuMemFree",
       [](DriverTable& driver) {
         driver.cuMemFree_v2 = [](CUdeviceptr address) {
           const CUresult result = real().cuMemFree_v2(address);
           return result == CUDA_ERROR_INVALID_VALUE ? CUDA_SUCCESS : result;
         };
       }},
      {"freed_memory_stays", "cuMemFree does not give the memory back", "cuMemFree",
       [](DriverTable& driver) {
         driver.cuMemFree_v2 = [](CUdeviceptr address) {
           CUdeviceptr base = 0;
           const bool allocated =
               real().cuMemGetAddressRange_v2(&base, nullptr, address) == CUDA_SUCCESS &&
               base == address;
           return allocated ? CUDA_SUCCESS : real().cuMemFree_v2(address);
         };
       }},
      {"free_memory_is_remembered", "cuMemGetInfo goes on saying what was free at first",
       "cuMemGetInfo",
       [](DriverTable& driver) {
         static std::atomic<std::size_t> first;
         driver.cuMemGetInfo_v2 = [](std::size_t* free, std::size_t* total) {
           const CUresult result = real().cuMemGetInfo_v2(free, total);
           if (result != CUDA_SUCCESS || free == nullptr) return result;
           std::size_t none = 0;
           first.compare_exchange_strong(none, *free);
           *free = first;
           return result;
         };
       }},
      {"pitch_without_alignment", "cuMemAllocPitch makes rows of exactly the width",
       "cuMemAllocPitch",
       [](DriverTable& driver) {
         driver.cuMemAllocPitch_v2 = [](CUdeviceptr* address, std::size_t* pitch, std::size_t width,
                                        std::size_t height, unsigned element) {
           const CUresult result =
               real().cuMemAllocPitch_v2(address, pitch, width, height, element);
           if (result == CUDA_SUCCESS) *pitch = width;
           return result;
         };
       }},
      {"one_byte_more", "cuMemGetAddressRange tells one byte more than was allocated",
       "cuMemGetAddressRange",
       [](DriverTable& driver) {
         driver.cuMemGetAddressRange_v2 = [](CUdeviceptr* base, std::size_t* bytes,
                                             CUdeviceptr address) {
           const CUresult result = real().cuMemGetAddressRange_v2(base, bytes, address);
           if (result == CUDA_SUCCESS && bytes != nullptr) ++*bytes;
           return result;
         };
       }},
      {"pinned_flags_are_forgotten", "cuMemHostGetFlags knows of no flag but the mapping",
       "cuMemHostGetFlags",
       [](DriverTable& driver) {
         driver.cuMemHostGetFlags = [](unsigned* flags, void* address) {
           const CUresult result = real().cuMemHostGetFlags(flags, address);
           if (result == CUDA_SUCCESS) *flags &= CU_MEMHOSTALLOC_DEVICEMAP;
           return result;
         };
       }},
      {"registering_does_nothing", "cuMemHostRegister leaves the memory ordinary",
       "cuMemHostRegister:PinnedMemoryVisibility",
       [](DriverTable& driver) {
         driver.cuMemHostRegister_v2 = [](void* address, std::size_t bytes, unsigned flags) {
           const CUresult result = real().cuMemHostRegister_v2(address, bytes, flags);
           if (result == CUDA_SUCCESS) real().cuMemHostUnregister(address);
           return result;
         };
       }},
      {"unregistering_does_nothing", "memory stays registered after cuMemHostUnregister",
       "cuMemHostUnregister",
       [](DriverTable& driver) {
         driver.cuMemHostUnregister = [](void* address) {
           unsigned flags = 0;
           return real().cuMemHostGetFlags(&flags, address) == CUDA_SUCCESS
                      ? CUDA_SUCCESS
                      : real().cuMemHostUnregister(address);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
