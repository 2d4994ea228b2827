#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "mutants/questions.hpp"

namespace vgpu::conformance::mutants {

namespace {

/// Streams that were made as non-blocking ones although ordinary ones were asked for.
struct Unsynchronised {
  std::mutex mutex;
  std::set<CUstream> streams;

  static Unsynchronised& all() {
    static Unsynchronised& the_streams = *new Unsynchronised;
    return the_streams;
  }
};

CUresult create_unsynchronised(CUstream* stream, unsigned flags) {
  if (flags != CU_STREAM_DEFAULT) return real().cuStreamCreate(stream, flags);
  const CUresult result = real().cuStreamCreate(stream, CU_STREAM_NON_BLOCKING);
  if (result == CUDA_SUCCESS) {
    const std::lock_guard lock(Unsynchronised::all().mutex);
    Unsynchronised::all().streams.insert(*stream);
  }
  return result;
}

CUresult flags_asked_for(CUstream stream, unsigned* flags) {
  const CUresult result = real().cuStreamGetFlags(stream, flags);
  const std::lock_guard lock(Unsynchronised::all().mutex);
  if (result == CUDA_SUCCESS && Unsynchronised::all().streams.count(stream) != 0) {
    *flags = CU_STREAM_DEFAULT;
  }
  return result;
}

/// Destroyed streams that wait to be given out again, by context and flags.
struct Kept {
  std::mutex mutex;
  std::map<std::pair<CUcontext, unsigned>, std::vector<CUstream>> streams;

  static Kept& all() {
    static Kept& the_streams = *new Kept;
    return the_streams;
  }
};

CUresult keep(CUstream stream) {
  CUcontext current = nullptr;
  CUcontext owner = nullptr;
  unsigned flags = 0;
  real().cuCtxGetCurrent(&current);
  if (is_busy(stream) || !is_plain(stream) ||
      real().cuStreamGetCtx(stream, &owner) != CUDA_SUCCESS || owner != current ||
      real().cuStreamGetFlags(stream, &flags) != CUDA_SUCCESS) {
    return real().cuStreamDestroy_v2(stream);
  }
  const std::lock_guard lock(Kept::all().mutex);
  Kept::all().streams[{owner, flags}].push_back(stream);
  return CUDA_SUCCESS;
}

CUresult give_out_again(CUstream* stream, unsigned flags) {
  CUcontext current = nullptr;
  real().cuCtxGetCurrent(&current);
  const std::lock_guard lock(Kept::all().mutex);
  auto& kept = Kept::all().streams[{current, flags}];
  if (stream == nullptr || kept.empty()) return real().cuStreamCreate(stream, flags);
  *stream = kept.back();
  kept.pop_back();
  return CUDA_SUCCESS;
}

}  // namespace

std::span<const Mutant> stream_mutants() {
  static constexpr Mutant list[] = {
      {"never_busy", "cuStreamQuery takes every stream for done", "cuStreamQuery",
       [](DriverTable& driver) {
         driver.cuStreamQuery = [](CUstream stream) {
           const CUresult result = real().cuStreamQuery(stream);
           return result == CUDA_ERROR_NOT_READY ? CUDA_SUCCESS : result;
         };
       }},
      {"two_streams_without_order", "cuStreamWaitEvent does not make its stream wait",
       "cuStreamWaitEvent:StreamOrder",
       [](DriverTable& driver) {
         driver.cuStreamWaitEvent = [](CUstream stream, CUevent event, unsigned flags) {
           // An event that was never recorded holds nothing up.
           const bool wait = flags != 0 || event == nullptr || !is_plain(stream) ||
                             real().cuEventQuery(event) != CUDA_ERROR_NOT_READY;
           return wait ? real().cuStreamWaitEvent(stream, event, flags) : CUDA_SUCCESS;
         };
       }},
      {"synchronising_returns_at_once", "cuStreamSynchronize does not wait", "cuStreamSynchronize",
       [](DriverTable& driver) {
         driver.cuStreamSynchronize = [](CUstream stream) {
           const CUresult result = real().cuStreamQuery(stream);
           return result == CUDA_ERROR_NOT_READY ? CUDA_SUCCESS : result;
         };
       }},
      {"the_legacy_stream_waits_for_none",
       "streams of cuStreamCreate do not synchronise with the legacy stream", "DefaultStreams",
       [](DriverTable& driver) {
         driver.cuStreamCreate = create_unsynchronised;
         driver.cuStreamGetFlags = flags_asked_for;
       }},
      {"a_destroyed_stream_comes_back", "cuStreamCreate gives out a stream that was destroyed",
       "cuStreamGetId:cuStreamSetAttribute",
       [](DriverTable& driver) {
         driver.cuStreamCreate = give_out_again;
         driver.cuStreamDestroy_v2 = keep;
       }},
      {"flags_are_not_kept", "cuStreamGetFlags says that every stream is an ordinary one",
       "cuStreamGetFlags",
       [](DriverTable& driver) {
         driver.cuStreamGetFlags = [](CUstream stream, unsigned* flags) {
           const CUresult result = real().cuStreamGetFlags(stream, flags);
           if (result == CUDA_SUCCESS) *flags = CU_STREAM_DEFAULT;
           return result;
         };
       }},
      {"priorities_are_ignored", "cuStreamCreateWithPriority makes streams of the default priority",
       "cuStreamCreateWithPriority",
       [](DriverTable& driver) {
         driver.cuStreamCreateWithPriority = [](CUstream* stream, unsigned flags, int) {
           return real().cuStreamCreateWithPriority(stream, flags, 0);
         };
       }},
      {"ids_are_used_again", "cuStreamGetId gives a later stream the number of an earlier one",
       "cuStreamGetId",
       [](DriverTable& driver) {
         driver.cuStreamGetId = [](CUstream stream, unsigned long long* id) {
           const CUresult result = real().cuStreamGetId(stream, id);
           if (result == CUDA_SUCCESS) *id %= 4;
           return result;
         };
       }},
      {"attributes_are_copied_the_other_way",
       "cuStreamCopyAttributes copies from the first stream to the second",
       "cuStreamCopyAttributes",
       [](DriverTable& driver) {
         driver.cuStreamCopyAttributes = [](CUstream to, CUstream from) {
           return real().cuStreamCopyAttributes(from, to);
         };
       }},
      {"the_context_is_the_current_one", "cuStreamGetCtx names the calling thread's context",
       "cuStreamGetCtx",
       [](DriverTable& driver) {
         driver.cuStreamGetCtx = [](CUstream stream, CUcontext* context) {
           const CUresult result = real().cuStreamGetCtx(stream, context);
           return result == CUDA_SUCCESS ? real().cuCtxGetCurrent(context) : result;
         };
       }},
      {"a_busy_stream_is_not_destroyed", "cuStreamDestroy refuses a stream with pending work",
       "cuStreamDestroy:StreamOrder",
       [](DriverTable& driver) {
         driver.cuStreamDestroy_v2 = [](CUstream stream) {
           return is_busy(stream) ? CUDA_ERROR_NOT_READY : real().cuStreamDestroy_v2(stream);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
