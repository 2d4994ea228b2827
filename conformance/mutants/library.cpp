#include <map>
#include <mutex>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

namespace {

/// The function of the context that asked first.
CUresult function_of_the_first(CUfunction* function, CUkernel kernel) {
  static std::mutex& mutex = *new std::mutex;
  static auto& known = *new std::map<CUkernel, CUfunction>;
  const CUresult result = real().cuKernelGetFunction(function, kernel);
  if (result != CUDA_SUCCESS) return result;
  const std::lock_guard lock(mutex);
  *function = known.emplace(kernel, *function).first->second;
  return result;
}

}  // namespace

std::span<const Mutant> library_mutants() {
  static constexpr Mutant list[] = {
      {"one_function_for_all_contexts",
       "cuKernelGetFunction gives every context the function of the first", "cuKernelGetFunction",
       [](DriverTable& driver) { driver.cuKernelGetFunction = function_of_the_first; }},
      {"one_kernel_less", "cuLibraryGetKernelCount leaves a kernel out", "cuLibraryGetKernelCount",
       [](DriverTable& driver) {
         driver.cuLibraryGetKernelCount = [](unsigned* count, CUlibrary library) {
           const CUresult result = real().cuLibraryGetKernelCount(count, library);
           if (result == CUDA_SUCCESS) --*count;
           return result;
         };
       }},
      {"fills_more_than_the_room", "cuLibraryEnumerateKernels writes one handle too many",
       "cuLibraryEnumerateKernels",
       [](DriverTable& driver) {
         driver.cuLibraryEnumerateKernels = [](CUkernel* kernels, unsigned count,
                                               CUlibrary library) {
           return real().cuLibraryEnumerateKernels(kernels, count + 1, library);
         };
       }},
      {"a_library_needs_a_context", "cuLibraryLoadData refuses when no context is current",
       "cuLibraryLoadData",
       [](DriverTable& driver) {
         driver.cuLibraryLoadData = [](CUlibrary* library, const void* code,
                                       CUjit_option* jit_options, void** jit_values, unsigned jit,
                                       CUlibraryOption* options, void** values, unsigned count) {
           CUcontext context = nullptr;
           return real().cuCtxGetCurrent(&context) == CUDA_SUCCESS && context == nullptr
                      ? CUDA_ERROR_INVALID_CONTEXT
                      : real().cuLibraryLoadData(library, code, jit_options, jit_values, jit,
                                                 options, values, count);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
