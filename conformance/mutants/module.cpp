#include <map>
#include <mutex>
#include <string>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

namespace {

/// Modules by the address and beginning of their image, kept for the next load.
CUresult load_once(CUmodule* module, const void* image) {
  static std::mutex& mutex = *new std::mutex;
  static auto& loaded = *new std::map<std::pair<CUcontext, const void*>, CUmodule>;
  CUcontext context = nullptr;
  real().cuCtxGetCurrent(&context);
  const std::lock_guard lock(mutex);
  const auto known = loaded.find({context, image});
  unsigned count = 0;
  if (module != nullptr && known != loaded.end() &&
      real().cuModuleGetFunctionCount(&count, known->second) == CUDA_SUCCESS) {
    *module = known->second;
    return CUDA_SUCCESS;
  }
  const CUresult result = real().cuModuleLoadData(module, image);
  if (result == CUDA_SUCCESS) loaded[{context, image}] = *module;
  return result;
}

}  // namespace

std::span<const Mutant> module_mutants() {
  static constexpr Mutant list[] = {
      {"a_variable_of_another_size", "cuModuleGetGlobal rounds the size of a variable up",
       "cuModuleGetGlobal",
       [](DriverTable& driver) {
         driver.cuModuleGetGlobal_v2 = [](CUdeviceptr* address, std::size_t* bytes, CUmodule module,
                                          const char* name) {
           const CUresult result = real().cuModuleGetGlobal_v2(address, bytes, module, name);
           if (result == CUDA_SUCCESS && bytes != nullptr) *bytes = (*bytes + 255) / 256 * 256;
           return result;
         };
       }},
      {"a_module_is_remembered", "cuModuleLoadData of an image that is loaded gives that module",
       "cuModuleLoadData", [](DriverTable& driver) { driver.cuModuleLoadData = load_once; }},
      {"a_missing_function_is_a_bad_argument",
       "cuModuleGetFunction returns INVALID_VALUE for a name that is not there",
       "cuModuleGetFunction",
       [](DriverTable& driver) {
         driver.cuModuleGetFunction = [](CUfunction* function, CUmodule module, const char* name) {
           const CUresult result = real().cuModuleGetFunction(function, module, name);
           return result == CUDA_ERROR_NOT_FOUND ? CUDA_ERROR_INVALID_VALUE : result;
         };
       }},
      {"no_error_log", "cuModuleLoadDataEx does not use the buffers of its options",
       "cuModuleLoadDataEx",
       [](DriverTable& driver) {
         driver.cuModuleLoadDataEx = [](CUmodule* module, const void* image, unsigned,
                                        CUjit_option*, void**) {
           return real().cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
         };
       }},
      {"unloading_keeps_the_variables", "cuModuleUnload does not give memory back",
       "cuModuleUnload",
       [](DriverTable& driver) {
         driver.cuModuleUnload = [](CUmodule module) {
           unsigned count = 0;
           CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
           real().cuThreadExchangeStreamCaptureMode(&mode);
           const bool loaded = real().cuModuleGetFunctionCount(&count, module) == CUDA_SUCCESS;
           real().cuThreadExchangeStreamCaptureMode(&mode);
           return loaded ? CUDA_SUCCESS : real().cuModuleUnload(module);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
