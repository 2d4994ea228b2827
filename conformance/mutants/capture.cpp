#include <atomic>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> capture_mutants() {
  static constexpr Mutant list[] = {
      {"the_mode_leaks_to_other_threads",
       "cuThreadExchangeStreamCaptureMode sets the mode of the whole process",
       "cuThreadExchangeStreamCaptureMode",
       [](DriverTable& driver) {
         static std::atomic<CUstreamCaptureMode> of_all{CU_STREAM_CAPTURE_MODE_GLOBAL};
         driver.cuThreadExchangeStreamCaptureMode = [](CUstreamCaptureMode* mode) {
           if (mode == nullptr) return real().cuThreadExchangeStreamCaptureMode(mode);
           const CUstreamCaptureMode wanted = *mode;
           const CUresult result = real().cuThreadExchangeStreamCaptureMode(mode);
           if (result == CUDA_SUCCESS) *mode = of_all.exchange(wanted);
           return result;
         };
       }},
      {"global_concerns_one_thread",
       "a capture of mode GLOBAL lets other threads do what is unsafe", "cuStreamBeginCapture",
       [](DriverTable& driver) {
         driver.cuStreamBeginCapture_v2 = [](CUstream stream, CUstreamCaptureMode mode) {
           return real().cuStreamBeginCapture_v2(stream, mode == CU_STREAM_CAPTURE_MODE_GLOBAL
                                                             ? CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
                                                             : mode);
         };
       }},
      {"unsafe_calls_are_permitted", "cuMemAlloc is allowed while the thread is capturing",
       "cuMemAlloc",
       [](DriverTable& driver) {
         driver.cuMemAlloc_v2 = [](CUdeviceptr* address, std::size_t bytes) {
           CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
           real().cuThreadExchangeStreamCaptureMode(&mode);
           const CUresult result = real().cuMemAlloc_v2(address, bytes);
           real().cuThreadExchangeStreamCaptureMode(&mode);
           return result;
         };
       }},
      {"an_invalid_capture_succeeds",
       "cuStreamEndCapture of an invalidated capture returns success", "cuStreamEndCapture",
       [](DriverTable& driver) {
         driver.cuStreamEndCapture = [](CUstream stream, CUgraph* graph) {
           const CUresult result = real().cuStreamEndCapture(stream, graph);
           return result == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED ? CUDA_SUCCESS : result;
         };
       }},
      {"an_invalid_capture_looks_active",
       "cuStreamIsCapturing does not tell an invalidated capture", "cuStreamIsCapturing",
       [](DriverTable& driver) {
         driver.cuStreamIsCapturing = [](CUstream stream, CUstreamCaptureStatus* status) {
           const CUresult result = real().cuStreamIsCapturing(stream, status);
           if (result == CUDA_SUCCESS && *status == CU_STREAM_CAPTURE_STATUS_INVALIDATED) {
             *status = CU_STREAM_CAPTURE_STATUS_ACTIVE;
           }
           return result;
         };
       }},
      {"one_id_for_all_captures", "cuStreamGetCaptureInfo gives every capture the same number",
       "cuStreamGetCaptureInfo",
       [](DriverTable& driver) {
         driver.cuStreamGetCaptureInfo_v3 =
             [](CUstream stream, CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* graph,
                const CUgraphNode** nodes, const CUgraphEdgeData** edges, std::size_t* count) {
               const CUresult result =
                   real().cuStreamGetCaptureInfo_v3(stream, status, id, graph, nodes, edges, count);
               if (result == CUDA_SUCCESS && id != nullptr &&
                   *status == CU_STREAM_CAPTURE_STATUS_ACTIVE) {
                 *id = 1;
               }
               return result;
             };
       }},
      {"dependencies_are_always_added",
       "cuStreamUpdateCaptureDependencies adds where it should replace",
       "cuStreamUpdateCaptureDependencies",
       [](DriverTable& driver) {
         driver.cuStreamUpdateCaptureDependencies_v2 = [](CUstream stream, CUgraphNode* nodes,
                                                          const CUgraphEdgeData* edges,
                                                          std::size_t count, unsigned flags) {
           return real().cuStreamUpdateCaptureDependencies_v2(
               stream, nodes, edges, count,
               flags == CU_STREAM_SET_CAPTURE_DEPENDENCIES
                   ? static_cast<unsigned>(CU_STREAM_ADD_CAPTURE_DEPENDENCIES)
                   : flags);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
