#include <cstring>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

namespace {

/// The table behind cuGetExportTable that stores values of a context: put, remove, get.
struct Storage {
  using Destructor = void (*)(CUcontext context, void* key, void* value);
  CUresult (*put)(CUcontext context, void* key, void* value, Destructor destructor);
  CUresult (*remove)(CUcontext context, void* key);
  CUresult (*get)(void** value, CUcontext context, void* key);
};

constexpr unsigned char storage_name[] = {0xc6, 0x93, 0x33, 0x6e, 0x11, 0x21, 0xdf, 0x11,
                                          0xa8, 0xc3, 0x68, 0xf3, 0x55, 0xd8, 0x95, 0x93};

const Storage* real_storage;
Storage wrong_storage;

/// Lets `put` stand where programs find the table's own.
CUresult find_table(const void** table, const CUuuid* id, decltype(Storage::put) put) {
  const CUresult result = real().cuGetExportTable(table, id);
  if (result != CUDA_SUCCESS || std::memcmp(id, storage_name, sizeof storage_name) != 0) {
    return result;
  }
  real_storage = static_cast<const Storage*>(*table);
  wrong_storage = *real_storage;
  wrong_storage.put = put;
  *table = &wrong_storage;
  return result;
}

}  // namespace

std::span<const Mutant> primary_context_mutants() {
  static constexpr Mutant list[] = {
      {"retains_are_not_counted",
       "the first release ends a primary context that was retained twice",
       "cuDevicePrimaryCtxRetain",
       [](DriverTable& driver) {
         driver.cuDevicePrimaryCtxRetain = [](CUcontext* context, CUdevice device) {
           unsigned flags = 0;
           int active = 0;
           real().cuDevicePrimaryCtxGetState(device, &flags, &active);
           const CUresult result = real().cuDevicePrimaryCtxRetain(context, device);
           if (result == CUDA_SUCCESS && active != 0) real().cuDevicePrimaryCtxRelease_v2(device);
           return result;
         };
       }},
      {"the_last_release_ends_nothing", "a primary context outlives its last release",
       "cuDevicePrimaryCtxRelease:PrimaryContextLifetime_fresh",
       [](DriverTable& driver) {
         driver.cuDevicePrimaryCtxRelease_v2 = [](CUdevice device) {
           const CUresult result = real().cuDevicePrimaryCtxRelease_v2(device);
           unsigned flags = 0;
           int active = 0;
           if (result == CUDA_SUCCESS &&
               real().cuDevicePrimaryCtxGetState(device, &flags, &active) == CUDA_SUCCESS &&
               active == 0) {
             CUcontext kept = nullptr;
             real().cuDevicePrimaryCtxRetain(&kept, device);
           }
           return result;
         };
       }},
      {"reset_takes_the_retains_away", "cuDevicePrimaryCtxReset releases what was retained",
       "cuDevicePrimaryCtxReset",
       [](DriverTable& driver) {
         driver.cuDevicePrimaryCtxReset_v2 = [](CUdevice device) {
           const CUresult result = real().cuDevicePrimaryCtxReset_v2(device);
           while (real().cuDevicePrimaryCtxRelease_v2(device) == CUDA_SUCCESS) {
           }
           return result;
         };
       }},
      {"an_active_context_keeps_its_flags", "cuDevicePrimaryCtxSetFlags refuses an active context",
       "cuDevicePrimaryCtxSetFlags",
       [](DriverTable& driver) {
         driver.cuDevicePrimaryCtxSetFlags_v2 = [](CUdevice device, unsigned flags) {
           unsigned before = 0;
           int active = 0;
           real().cuDevicePrimaryCtxGetState(device, &before, &active);
           return active != 0 ? CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE
                              : real().cuDevicePrimaryCtxSetFlags_v2(device, flags);
         };
       }},
      {"no_destructors", "what a context stores for CUDA's runtime is not destroyed with it",
       "PrimaryContextLifetime_fresh",
       [](DriverTable& driver) {
         driver.cuGetExportTable = [](const void** table, const CUuuid* id) {
           return find_table(table, id,
                             [](CUcontext context, void* key, void* value, Storage::Destructor) {
                               return real_storage->put(context, key, value, nullptr);
                             });
         };
       },
       true},
      {"a_stored_value_is_replaced", "storing under a key that has a value takes the new value",
       "PrimaryContextLifetime_fresh",
       [](DriverTable& driver) {
         driver.cuGetExportTable = [](const void** table, const CUuuid* id) {
           return find_table(
               table, id,
               [](CUcontext context, void* key, void* value, Storage::Destructor destructor) {
                 real_storage->remove(context, key);
                 return real_storage->put(context, key, value, destructor);
               });
         };
       },
       true},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
