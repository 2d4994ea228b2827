#include "mutants/questions.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> pool_mutants() {
  static constexpr Mutant list[] = {
      {"attributes_are_ignored", "cuMemPoolSetAttribute does not keep the release threshold",
       "cuMemPoolSetAttribute",
       [](DriverTable& driver) {
         driver.cuMemPoolSetAttribute = [](CUmemoryPool pool, CUmemPool_attribute attribute,
                                           void* value) {
           cuuint64_t none = 0;
           const bool threshold =
               attribute == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD && value != nullptr;
           return real().cuMemPoolSetAttribute(pool, attribute, threshold ? &none : value);
         };
       }},
      {"the_pool_is_ignored", "cuMemAllocFromPoolAsync takes memory of the current pool",
       "cuMemAllocFromPoolAsync",
       [](DriverTable& driver) {
         driver.cuMemAllocFromPoolAsync = [](CUdeviceptr* address, std::size_t bytes,
                                             CUmemoryPool pool, CUstream stream) {
           return pool == nullptr ? real().cuMemAllocFromPoolAsync(address, bytes, pool, stream)
                                  : real().cuMemAllocAsync(address, bytes, stream);
         };
       }},
      {"the_current_pool_stays", "cuDeviceSetMemPool succeeds and changes nothing",
       "cuDeviceSetMemPool",
       [](DriverTable& driver) {
         driver.cuDeviceSetMemPool = [](CUdevice device, CUmemoryPool pool) {
           CUmemoryPool before = nullptr;
           const bool known = real().cuDeviceGetMemPool(&before, device) == CUDA_SUCCESS;
           const CUresult result = real().cuDeviceSetMemPool(device, pool);
           if (result == CUDA_SUCCESS && known) real().cuDeviceSetMemPool(device, before);
           return result;
         };
       }},
      {"trimming_needs_a_context", "cuMemPoolTrimTo refuses when no context is current",
       "cuMemPoolTrimTo",
       [](DriverTable& driver) {
         driver.cuMemPoolTrimTo = [](CUmemoryPool pool, std::size_t keep) {
           CUcontext context = nullptr;
           return real().cuCtxGetCurrent(&context) == CUDA_SUCCESS && context == nullptr
                      ? CUDA_ERROR_INVALID_CONTEXT
                      : real().cuMemPoolTrimTo(pool, keep);
         };
       }},
      {"freed_before_its_stream_gets_there",
       "cuMemFreeAsync does not wait for the earlier work of its stream", "cuMemFreeAsync",
       [](DriverTable& driver) {
         driver.cuMemFreeAsync = [](CUdeviceptr address, CUstream stream) {
           return is_busy(stream) ? real().cuMemFreeAsync(address, CU_STREAM_PER_THREAD)
                                  : real().cuMemFreeAsync(address, stream);
         };
       }},
      {"used_memory_does_not_shrink",
       "cuMemPoolGetAttribute goes on counting what was freed as used", "cuMemPoolGetAttribute",
       [](DriverTable& driver) {
         driver.cuMemPoolGetAttribute = [](CUmemoryPool pool, CUmemPool_attribute attribute,
                                           void* value) {
           return real().cuMemPoolGetAttribute(pool,
                                               attribute == CU_MEMPOOL_ATTR_USED_MEM_CURRENT
                                                   ? CU_MEMPOOL_ATTR_USED_MEM_HIGH
                                                   : attribute,
                                               value);
         };
       }},
      {"the_default_pool_is_destroyed", "cuMemPoolDestroy takes the default pool",
       "cuMemPoolDestroy",
       [](DriverTable& driver) {
         driver.cuMemPoolDestroy = [](CUmemoryPool pool) {
           CUmemoryPool of_device = nullptr;
           return pool != nullptr &&
                          real().cuDeviceGetDefaultMemPool(&of_device, 0) == CUDA_SUCCESS &&
                          pool == of_device
                      ? CUDA_SUCCESS
                      : real().cuMemPoolDestroy(pool);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
