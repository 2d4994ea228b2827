#include <mutex>
#include <set>

#include "mutants/questions.hpp"

namespace vgpu::conformance::mutants {

namespace {

struct Recorded {
  std::mutex mutex;
  std::set<CUevent> events;

  static Recorded& all() {
    static Recorded& the_events = *new Recorded;
    return the_events;
  }
  /// Whether this is the event's first record.
  bool add(CUevent event) {
    const std::lock_guard lock(mutex);
    return events.insert(event).second;
  }
  void remove(CUevent event) {
    const std::lock_guard lock(mutex);
    events.erase(event);
  }
};

}  // namespace

std::span<const Mutant> event_mutants() {
  static constexpr Mutant list[] = {
      {"ready_too_early", "cuEventQuery takes every event for done", "cuEventQuery",
       [](DriverTable& driver) {
         driver.cuEventQuery = [](CUevent event) {
           const CUresult result = real().cuEventQuery(event);
           return result == CUDA_ERROR_NOT_READY ? CUDA_SUCCESS : result;
         };
       }},
      {"synchronising_returns_at_once", "cuEventSynchronize does not wait", "cuEventSynchronize",
       [](DriverTable& driver) {
         driver.cuEventSynchronize = [](CUevent event) {
           const CUresult result = real().cuEventQuery(event);
           return result == CUDA_ERROR_NOT_READY ? CUDA_SUCCESS : result;
         };
       }},
      {"the_first_record_stays", "cuEventRecord of an event that was recorded before does nothing",
       "cuEventElapsedTime",
       [](DriverTable& driver) {
         driver.cuEventRecord = [](CUevent event, CUstream stream) {
           return event == nullptr || Recorded::all().add(event)
                      ? real().cuEventRecord(event, stream)
                      : CUDA_SUCCESS;
         };
         driver.cuEventDestroy_v2 = [](CUevent event) {
           Recorded::all().remove(event);
           return real().cuEventDestroy_v2(event);
         };
       }},
      {"time_runs_backwards", "cuEventElapsedTime subtracts its second event from the first",
       "cuEventElapsedTime",
       [](DriverTable& driver) {
         driver.cuEventElapsedTime_v2 = [](float* time, CUevent start, CUevent end) {
           return real().cuEventElapsedTime_v2(time, end, start);
         };
       }},
      {"time_in_seconds", "cuEventElapsedTime measures in seconds", "cuEventElapsedTime",
       [](DriverTable& driver) {
         driver.cuEventElapsedTime_v2 = [](float* time, CUevent start, CUevent end) {
           const CUresult result = real().cuEventElapsedTime_v2(time, start, end);
           if (result == CUDA_SUCCESS) *time /= 1000;
           return result;
         };
       }},
      {"every_event_times", "cuEventCreate ignores that timing was not asked for",
       "cuEventCreate:cuEventElapsedTime",
       [](DriverTable& driver) {
         driver.cuEventCreate = [](CUevent* event, unsigned flags) {
           const bool interprocess = (flags & CU_EVENT_INTERPROCESS) != 0;
           return real().cuEventCreate(
               event, interprocess ? flags : flags & ~unsigned{CU_EVENT_DISABLE_TIMING});
         };
       }},
      {"recorded_in_another_stream",
       "cuEventRecord marks the calling thread's stream, whatever it is given", "cuEventRecord",
       [](DriverTable& driver) {
         driver.cuEventRecord = [](CUevent event, CUstream stream) {
           CUcontext current = nullptr;
           CUcontext owner = nullptr;
           real().cuCtxGetCurrent(&current);
           const bool plain = real().cuStreamGetCtx(stream, &owner) == CUDA_SUCCESS &&
                              owner == current && is_plain(stream);
           return real().cuEventRecord(event, plain ? CU_STREAM_PER_THREAD : stream);
         };
       }},
      {"an_error_is_kept_back", "cuEventSynchronize does not report that the work before failed",
       "cuEventSynchronize:DeferredErrors_fresh",
       [](DriverTable& driver) {
         driver.cuEventSynchronize = [](CUevent event) {
           const CUresult result = real().cuEventSynchronize(event);
           return is_lasting(result) ? CUDA_SUCCESS : result;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
