#include <atomic>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> context_mutants() {
  static constexpr Mutant list[] = {
      {"pops_the_wrong_one", "cuCtxPopCurrent takes the second context of the stack off",
       "cuCtxPopCurrent",
       [](DriverTable& driver) {
         driver.cuCtxPopCurrent_v2 = [](CUcontext* popped) {
           CUcontext top = nullptr;
           CUcontext second = nullptr;
           const CUresult result = real().cuCtxPopCurrent_v2(&top);
           if (result != CUDA_SUCCESS) return result;
           const bool two = real().cuCtxPopCurrent_v2(&second) == CUDA_SUCCESS;
           if (two) real().cuCtxPushCurrent_v2(top);
           if (popped != nullptr) *popped = two ? second : top;
           return result;
         };
       }},
      {"push_replaces", "cuCtxPushCurrent takes the place of the context on top",
       "cuCtxPushCurrent",
       [](DriverTable& driver) {
         driver.cuCtxPushCurrent_v2 = [](CUcontext context) {
           CUcontext current = nullptr;
           real().cuCtxGetCurrent(&current);
           return context == nullptr || current == nullptr ? real().cuCtxPushCurrent_v2(context)
                                                           : real().cuCtxSetCurrent(context);
         };
       }},
      {"current_for_every_thread",
       "cuCtxGetCurrent names what another thread pushed where there is none", "cuCtxGetCurrent",
       [](DriverTable& driver) {
         static std::atomic<CUcontext> last;
         driver.cuCtxPushCurrent_v2 = [](CUcontext context) {
           const CUresult result = real().cuCtxPushCurrent_v2(context);
           if (result == CUDA_SUCCESS) last = context;
           return result;
         };
         driver.cuCtxGetCurrent = [](CUcontext* context) {
           const CUresult result = real().cuCtxGetCurrent(context);
           if (result == CUDA_SUCCESS && *context == nullptr) *context = last;
           return result;
         };
       }},
      {"synchronises_the_default_stream_only", "cuCtxSynchronize does not wait for all streams",
       "cuCtxSynchronize",
       [](DriverTable& driver) {
         driver.cuCtxSynchronize = [] { return real().cuStreamSynchronize(CU_STREAM_LEGACY); };
       }},
      {"limits_are_not_kept", "cuCtxSetLimit checks its arguments and changes nothing",
       "cuCtxSetLimit",
       [](DriverTable& driver) {
         driver.cuCtxSetLimit = [](CUlimit limit, std::size_t value) {
           std::size_t before = 0;
           real().cuCtxGetLimit(&before, limit);
           const CUresult result = real().cuCtxSetLimit(limit, value);
           if (result == CUDA_SUCCESS) real().cuCtxSetLimit(limit, before);
           return result;
         };
       }},
      {"one_id_for_all", "cuCtxGetId gives every context the same number", "cuCtxGetId",
       [](DriverTable& driver) {
         driver.cuCtxGetId = [](CUcontext context, unsigned long long* id) {
           const CUresult result = real().cuCtxGetId(context, id);
           if (result == CUDA_SUCCESS) *id = 1;
           return result;
         };
       }},
      {"creation_changes_nothing_current", "cuCtxCreate does not make the new context current",
       "cuCtxCreate",
       [](DriverTable& driver) {
         driver.cuCtxCreate_v4 = [](CUcontext* context, CUctxCreateParams* parameters,
                                    unsigned flags, CUdevice device) {
           const CUresult result = real().cuCtxCreate_v4(context, parameters, flags, device);
           CUcontext popped = nullptr;
           if (result == CUDA_SUCCESS) real().cuCtxPopCurrent_v2(&popped);
           return result;
         };
       }},
      {"destroying_a_primary_context", "cuCtxDestroy takes a primary context and releases it",
       "cuCtxDestroy:cuDevicePrimaryCtxRetain",
       [](DriverTable& driver) {
         driver.cuCtxDestroy_v2 = [](CUcontext context) {
           const CUresult result = real().cuCtxDestroy_v2(context);
           return result == CUDA_ERROR_INVALID_CONTEXT && context != nullptr
                      ? real().cuDevicePrimaryCtxRelease_v2(0)
                      : result;
         };
       }},
      {"the_device_of_no_context", "cuCtxGetDevice names device 0 when no context is current",
       "cuCtxGetDevice",
       [](DriverTable& driver) {
         driver.cuCtxGetDevice = [](CUdevice* device) {
           const CUresult result = real().cuCtxGetDevice(device);
           if (result != CUDA_ERROR_INVALID_CONTEXT) return result;
           *device = 0;
           return CUDA_SUCCESS;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
