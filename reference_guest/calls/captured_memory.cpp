#include "captured_memory.hpp"

#include <algorithm>
#include <mutex>
#include <vector>
#include <vgpu/calls/capture.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/guest_written.hpp>

#include "mirrored_memory.hpp"
#include "object_note.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest {
namespace {

struct StandIn {
  std::uint64_t address;  ///< of the program
  std::uint64_t bytes;
  std::uint64_t host;
  std::uint64_t context;
};

struct StandIns {
  std::mutex mutex;
  std::vector<StandIn> all;
};

// Never destroyed, as the program may run graphs until the end.
StandIns& stand_ins() {
  static auto* const state = new StandIns;
  return *state;
}

/// While alive, the host does for this thread what a capture elsewhere would forbid it.
class RelaxedCapture {
 public:
  RelaxedCapture() noexcept { exchange(CU_STREAM_CAPTURE_MODE_RELAXED); }
  RelaxedCapture(const RelaxedCapture&) = delete;
  RelaxedCapture& operator=(const RelaxedCapture&) = delete;
  ~RelaxedCapture() {
    if (known_) exchange(before_);
  }

 private:
  void exchange(std::uint32_t mode) noexcept {
    ReplyOf<calls::ThreadExchangeStreamCaptureMode> reply;
    known_ = call<calls::ThreadExchangeStreamCaptureMode>({.mode = mode}, reply) == CUDA_SUCCESS;
    before_ = reply.value.mode;
  }

  std::uint32_t before_ = 0;
  bool known_ = false;
};

CUresult make(std::uint64_t address, std::uint64_t bytes, std::uint64_t& host) {
  const RelaxedCapture relaxed;
  ReplyOf<calls::MemHostRegister> reply;
  CUresult result =
      call<calls::MemHostRegister>({.p = address, .bytesize = bytes, .flags = 0}, reply);
  if (result != CUDA_SUCCESS) return result;
  host = reply.value.address;
  if (add_mirror(address, host, bytes, MirrorKind::borrowed)) return CUDA_SUCCESS;
  ReplyOf<calls::MemHostUnregister> undone;
  call<calls::MemHostUnregister>({.p = host}, undone);
  return CUDA_ERROR_OUT_OF_MEMORY;
}

}  // namespace

CUresult settle_in_capture(CUstream stream, std::uint64_t address, std::uint64_t bytes,
                           Operand& operand) {
  if (!operand.plain || !capture_active()) return CUDA_SUCCESS;
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  CUresult result = written::cuStreamIsCapturing(stream, &status);
  if (result != CUDA_SUCCESS) return result;
  if (status == CU_STREAM_CAPTURE_STATUS_NONE) return CUDA_SUCCESS;

  ObjectNote note;
  result = check_stream(stream, note);
  const Context* context = context_of(stream, note);
  if (result != CUDA_SUCCESS || context == nullptr) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  StandIns& state = stand_ins();
  const std::lock_guard lock(state.mutex);
  const auto known = std::find_if(state.all.begin(), state.all.end(), [&](const StandIn& one) {
    return one.context == context->id && one.address <= address && bytes <= one.bytes &&
           address - one.address <= one.bytes - bytes;
  });
  if (known != state.all.end()) {
    operand = {false, true, known->host + (address - known->address)};
    return CUDA_SUCCESS;
  }
  std::uint64_t host = 0;
  result = make(address, bytes, host);
  if (result != CUDA_SUCCESS) {
    log(LogLevel::error, "a copy of pageable memory could not be captured (error ",
        static_cast<int>(result),
        "): use pinned memory (cuMemHostAlloc, cudaMallocHost) in streams that are captured");
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  state.all.push_back({address, bytes, host, context->id});
  operand = {false, true, host};
  return CUDA_SUCCESS;
}

void end_captured_memory(std::uint64_t context) {
  StandIns& state = stand_ins();
  const std::lock_guard lock(state.mutex);
  std::erase_if(state.all, [context](const StandIn& one) {
    if (one.context != context) return false;
    remove_mirror(one.host);
    return true;
  });
}

}  // namespace vgpu::guest
