#pragma once

/// \file
/// The guest's state of this process and of each of its threads. Made by cuInit and never
/// destroyed: destructors of the program may call the driver until the very end, in any order.
/// Nothing exists and no thread runs before cuInit.
///
/// What call code uses of this stands in core.hpp.

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string_view>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/context_table.hpp"
#include "vgpu/guest/handles.hpp"
#include "vgpu/guest/log.hpp"
#include "vgpu/guest/session.hpp"

namespace vgpu::guest {

/// What every call returns once the host of an initialised process is gone. Nothing in CUDA names
/// this case. DEVICE_UNAVAILABLE is documented as "the device cannot be used at the current time"
/// and is not one of the errors that programs take for a bug of their own (an address, a launch) or
/// for the end of the process (DEINITIALIZED); the MPS errors 805 to 809 would name a service that
/// is not there. It is sticky: the process must be started again.
inline constexpr CUresult session_lost = CUDA_ERROR_DEVICE_UNAVAILABLE;

namespace detail {

enum class Phase : std::uint32_t {
  uninitialised,  ///< before cuInit
  ready,
  lost,    ///< the host is gone
  forked,  ///< in the child of a process that had called cuInit
};

inline constinit std::atomic<Phase> phase{Phase::uninitialised};

inline CUresult phase_error(Phase now) noexcept {
  switch (now) {
    case Phase::lost:
      return session_lost;
    case Phase::ready:
      return CUDA_ERROR_OPERATING_SYSTEM;  // this thread alone has no connection; see the log
    default:
      return CUDA_ERROR_NOT_INITIALIZED;
  }
}

/// What belongs to one thread. Freed when the thread ends, after its own destructors.
struct ThreadState {
  ThreadContexts contexts;
  std::unique_ptr<transport::Channel> channel;
  /// The context that the host knows as this thread's, and which of its lives.
  std::uint64_t bound_context = 0;
  std::uint64_t bound_unique_id = 0;
};

struct Process {
  Process(std::unique_ptr<Session> opened, ContextHost& host)
      : session(std::move(opened)), contexts(handles, host) {
    contexts.set_device_count(static_cast<int>(session->devices().size()));
  }

  const std::unique_ptr<Session> session;
  HandleTable handles;
  ContextTable contexts;
  /// The channel that opened the session. It stays open when its thread ends: the host ends a
  /// session with its last channel, and a process can be without a calling thread for a while.
  const transport::Channel* first_channel = nullptr;
  /// What CUDA_MODULE_LOADING said at cuInit, as far as the program can tell: the host's driver
  /// loads as its own environment says. Lazy is the default since CUDA 12.2.
  const bool eager_loading = [] {
    const char* chosen = std::getenv("CUDA_MODULE_LOADING");
    return chosen != nullptr && std::string_view(chosen) == "EAGER";
  }();
};

inline constinit std::atomic<Process*> process{nullptr};
inline constinit thread_local ThreadState* thread_state = nullptr;
inline constinit thread_local bool per_thread_default = false;
inline constinit std::atomic<int> captures{0};
/// The error after which the process can do no more work on the device, once it is known; else 0.
inline constinit std::atomic<int> lasting_error{CUDA_SUCCESS};
/// Whether the thread runs a host function of a stream.
inline constinit thread_local bool in_host_function = false;
inline constinit std::atomic<bool> thread_key_made{false};
inline pthread_key_t thread_key;

/// nullptr before cuInit and in a forked child; still there when the host was lost.
inline Process* process_if_ready() noexcept {
  Process* state = process.load(std::memory_order_acquire);
  return phase.load(std::memory_order_relaxed) != Phase::forked ? state : nullptr;
}

/// Runs at the end of a thread, after the destructors of its thread_local objects.
inline void end_thread(void* state) noexcept {
  thread_state = nullptr;
  // In a forked child the channel is the parent's: closing it would end the parent's.
  if (phase.load(std::memory_order_relaxed) == Phase::forked) return;
  const std::unique_ptr<ThreadState> ended(static_cast<ThreadState*>(state));
  const Process* owner = process.load(std::memory_order_acquire);
  if (owner != nullptr && ended->channel.get() == owner->first_channel) {
    static_cast<void>(ended->channel.release());
  }
}

/// Throws std::bad_alloc.
inline ThreadState& ensure_thread_state() {
  if (thread_state == nullptr) {
    auto fresh = std::make_unique<ThreadState>();
    if (thread_key_made.load(std::memory_order_acquire)) {
      ::pthread_setspecific(thread_key, fresh.get());
    }
    thread_state = fresh.release();
  }
  return *thread_state;
}

/// Marks the session lost, says why once, and returns `session_lost`.
inline CUresult lose_session(std::string_view reason) noexcept {
  Phase expected = Phase::ready;
  if (phase.compare_exchange_strong(expected, Phase::lost)) {
    const Process* state = process.load(std::memory_order_acquire);
    log(LogLevel::error, "the session with ", state != nullptr ? state->session->url() : "the host",
        " is lost (", reason, "); every further call returns CUDA_ERROR_DEVICE_UNAVAILABLE");
  }
  return session_lost;
}
inline CUresult lose_session(const transport::Channel& channel) noexcept {
  const std::string_view reason = channel.error();
  return lose_session(reason.empty() ? "the host closed the connection or died" : reason);
}

inline transport::Channel* open_thread_channel() noexcept {
  Process* state = process_if_ready();
  if (state == nullptr || phase.load(std::memory_order_acquire) != Phase::ready) return nullptr;
  try {
    ThreadState& thread = ensure_thread_state();
    auto channel = state->session->join(ChannelRole::calls);
    if (!channel) {
      if (channel.error().code == EMFILE || channel.error().code == ENFILE ||
          channel.error().code == ENOMEM) {
        log(LogLevel::error, "this thread cannot connect to the host: ", channel.message());
      } else {
        lose_session(channel.message());
      }
      return nullptr;
    }
    thread.channel = std::move(*channel);
    return thread.channel.get();
  } catch (...) {
    return nullptr;
  }
}

/// The calling thread's channel, opened on first use; nullptr when there is none to be had.
inline transport::Channel* thread_channel() noexcept {
  if (thread_state != nullptr && thread_state->channel != nullptr) [[likely]] {
    return thread_state->channel.get();
  }
  return open_thread_channel();
}

inline std::uint64_t take_ticket() noexcept {
  return process.load(std::memory_order_relaxed)->session->take_ticket();
}

/// Errors after which "to continue using CUDA, the process must be terminated and relaunched", as
/// CUDA documents each of them.
constexpr bool is_lasting(CUresult error) noexcept {
  switch (error) {
    case CUDA_ERROR_ILLEGAL_ADDRESS:
    case CUDA_ERROR_LAUNCH_TIMEOUT:
    case CUDA_ERROR_ASSERT:
    case CUDA_ERROR_HARDWARE_STACK_ERROR:
    case CUDA_ERROR_ILLEGAL_INSTRUCTION:
    case CUDA_ERROR_MISALIGNED_ADDRESS:
    case CUDA_ERROR_INVALID_ADDRESS_SPACE:
    case CUDA_ERROR_INVALID_PC:
    case CUDA_ERROR_LAUNCH_FAILED:
    case CUDA_ERROR_ECC_UNCORRECTABLE:
      return true;
    default:
      return false;
  }
}

/// Keeps a lasting error that the host reported, so that calls which wait for no answer return it.
inline CUresult note_result(CUresult result) noexcept {
  if (result != CUDA_SUCCESS && is_lasting(result)) [[unlikely]] {
    lasting_error.store(result, std::memory_order_relaxed);
  }
  return result;
}

inline CUresult malformed_reply(const transport::Channel&, std::uint16_t operation) noexcept {
  const call::OperationInfo* info = call::find_operation(call::Operation{operation});
  log(LogLevel::error, "the host's answer to ", info != nullptr ? info->name : "a call",
      " is malformed");
  return lose_session("the host does not keep to the protocol");
}

/// Threads that are fetching what kernels wrote.
inline constinit std::atomic<int> output_takers{0};

/// Puts what the program's kernels wrote into the program's streams (core.hpp).
void take_output() noexcept;

inline CUresult receive_reply(transport::Channel& channel, call::Operation operation,
                              std::uint64_t ticket, ReplyBuffer& buffer,
                              std::span<std::byte> destination, RawReply& raw) noexcept {
  try {
    const auto answer = receive_answer(channel, operation, ticket, buffer, destination, raw);
    if (!answer) return lose_session(answer.error().message);
    // Another thread may have been given this one's text, too, and not have written it yet.
    if (raw.output || output_takers.load(std::memory_order_acquire) != 0) [[unlikely]] {
      take_output();
    }
    return note_result(static_cast<CUresult>(raw.status));
  } catch (...) {
    // Part of an answer is still in the channel, which cannot be used after that.
    return lose_session("no memory for an answer");
  }
}

/// Tells the host which context is the calling thread's from here on.
CUresult bind_context(const Context& context) noexcept;

/// True the first time a string (by address) is seen.
inline bool first_time(const char* symbol) noexcept {
  static constinit std::mutex mutex;
  static constinit std::set<const char*>* seen = nullptr;
  try {
    const std::lock_guard lock(mutex);
    if (seen == nullptr) seen = new std::set<const char*>;
    return seen->insert(symbol).second;
  } catch (...) {
    return false;
  }
}

}  // namespace detail

/// True while any stream of this process is capturing.
inline bool capture_active() noexcept {
  return detail::captures.load(std::memory_order_relaxed) > 0;
}
/// Called by the code of cuStreamBeginCapture and cuStreamEndCapture.
inline void capture_began() noexcept {
  detail::captures.fetch_add(1);
}
inline void capture_ended() noexcept {
  detail::captures.fetch_sub(1);
}

}  // namespace vgpu::guest
