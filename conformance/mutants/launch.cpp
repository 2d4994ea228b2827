#include <atomic>
#include <utility>

#include "mutants/questions.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> launch_mutants() {
  static constexpr Mutant list[] = {
      {"grid_dimensions_are_swapped", "cuLaunchKernel takes the grid's x for its y",
       "cuLaunchKernel",
       [](DriverTable& driver) {
         driver.cuLaunchKernel = [](CUfunction function, unsigned gx, unsigned gy, unsigned gz,
                                    unsigned bx, unsigned by, unsigned bz, unsigned shared,
                                    CUstream stream, void** parameters, void** extra) {
           if (gx > 65535) std::swap(gx, gy);
           return real().cuLaunchKernel(function, gy, gx, gz, bx, by, bz, shared, stream,
                                        parameters, extra);
         };
       }},
      {"block_dimensions_are_swapped", "cuLaunchKernelEx takes the block's y for its z",
       "cuLaunchKernelEx",
       [](DriverTable& driver) {
         driver.cuLaunchKernelEx = [](const CUlaunchConfig* configuration, CUfunction function,
                                      void** parameters, void** extra) {
           if (configuration == nullptr) {
             return real().cuLaunchKernelEx(configuration, function, parameters, extra);
           }
           CUlaunchConfig swapped = *configuration;
           swapped.blockDimY = configuration->blockDimZ;
           swapped.blockDimZ = configuration->blockDimY;
           return real().cuLaunchKernelEx(&swapped, function, parameters, extra);
         };
       }},
      {"attributes_are_ignored", "cuLaunchKernelEx does not look at the launch's attributes",
       "cuLaunchKernelEx",
       [](DriverTable& driver) {
         driver.cuLaunchKernelEx = [](const CUlaunchConfig* configuration, CUfunction function,
                                      void** parameters, void** extra) {
           if (configuration == nullptr) {
             return real().cuLaunchKernelEx(configuration, function, parameters, extra);
           }
           CUlaunchConfig plain = *configuration;
           plain.numAttrs = 0;
           return real().cuLaunchKernelEx(&plain, function, parameters, extra);
         };
       }},
      {"an_empty_grid_succeeds",
       "cuLaunchKernel of a grid without blocks does nothing and succeeds", "cuLaunchKernel",
       [](DriverTable& driver) {
         driver.cuLaunchKernel = [](CUfunction function, unsigned gx, unsigned gy, unsigned gz,
                                    unsigned bx, unsigned by, unsigned bz, unsigned shared,
                                    CUstream stream, void** parameters, void** extra) {
           if (function != nullptr && (gx == 0 || gy == 0 || gz == 0)) return CUDA_SUCCESS;
           return real().cuLaunchKernel(function, gx, gy, gz, bx, by, bz, shared, stream,
                                        parameters, extra);
         };
       }},
      {"per_thread_means_legacy", "cuLaunchKernel_ptsz takes stream 0 as the legacy stream",
       "cuLaunchKernel",
       [](DriverTable& driver) { driver.cuLaunchKernel_ptsz = real().cuLaunchKernel; }},
      {"cooperation_is_not_asked_for",
       "cuLaunchCooperativeKernel takes more blocks than run at once",
       "cuLaunchCooperativeKernel.Refuses*",
       [](DriverTable& driver) {
         driver.cuLaunchCooperativeKernel =
             [](CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                unsigned by, unsigned bz, unsigned shared, CUstream stream, void** parameters) {
               return real().cuLaunchKernel(function, gx, gy, gz, bx, by, bz, shared, stream,
                                            parameters, nullptr);
             };
       }},
      {"a_host_function_is_lost", "every second function of cuLaunchHostFunc is not called",
       "cuLaunchHostFunc:StreamOrder",
       [](DriverTable& driver) {
         static std::atomic<unsigned> calls;
         driver.cuLaunchHostFunc = [](CUstream stream, CUhostFn function, void* data) {
           if (function != nullptr && calls++ % 2 == 1) function = [](void*) {};
           return real().cuLaunchHostFunc(stream, function, data);
         };
       }},
      {"a_host_function_runs_at_once", "cuLaunchHostFunc does not wait for the work before it",
       "cuLaunchHostFunc",
       [](DriverTable& driver) {
         driver.cuLaunchHostFunc = [](CUstream stream, CUhostFn function, void* data) {
           if (function == nullptr || !is_busy(stream)) {
             return real().cuLaunchHostFunc(stream, function, data);
           }
           function(data);
           return CUDA_SUCCESS;
         };
       }},
      {"a_callback_without_its_data", "cuStreamAddCallback forgets what it was given to pass on",
       "cuStreamAddCallback",
       [](DriverTable& driver) {
         driver.cuStreamAddCallback = [](CUstream stream, CUstreamCallback function, void* data,
                                         unsigned flags) {
           struct Call {
             CUstreamCallback function;
             void* data;
           };
           if (function == nullptr) {
             return real().cuStreamAddCallback(stream, function, data, flags);
           }
           return real().cuStreamAddCallback(
               stream,
               [](CUstream at, CUresult status, void* user) {
                 const auto* const call = static_cast<const Call*>(user);
                 call->function(at, status, nullptr);
               },
               new Call{function, data}, flags);
         };
       }},
      {"a_deferred_error_is_never_reported",
       "cuCtxSynchronize keeps quiet about a kernel that failed", "DeferredErrors_fresh",
       [](DriverTable& driver) {
         driver.cuCtxSynchronize = [] {
           const CUresult result = real().cuCtxSynchronize();
           return is_lasting(result) ? CUDA_SUCCESS : result;
         };
       }},
      {"an_error_is_reported_once", "cuStreamSynchronize reports a kernel's failure one time only",
       "cuStreamSynchronize:ErrorStickiness_fresh",
       [](DriverTable& driver) {
         static std::atomic<bool> reported;
         driver.cuStreamSynchronize = [](CUstream stream) {
           const CUresult result = real().cuStreamSynchronize(stream);
           return is_lasting(result) && reported.exchange(true) ? CUDA_SUCCESS : result;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
