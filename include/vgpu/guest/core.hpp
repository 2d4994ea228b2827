#pragma once

/// \file
/// What the code of a driver function uses: may it run, how does it reach the host, which handles
/// are alive. Generated entry points and reference_guest/calls/*.cpp are written against this file.
///
/// A written function runs after its generated entry point has called `enter` and evaluated the
/// call's checks. It validates what is left, answers from the guest's own state or sends a request:
///
///     CUresult cuMemAlloc_v2(CUdeviceptr* dptr, size_t bytesize) {
///       ReplyOf<calls::MemAlloc> reply;
///       const CUresult result = call<calls::MemAlloc>({.bytesize = bytesize}, reply);
///       if (result == CUDA_SUCCESS) *dptr = reply.value.dptr;
///       return result;
///     }
///
/// Everything here may be used by any thread at once, and never throws unless it says so.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>
#include <span>
#include <utility>
#include <vgpu/calls/session.hpp>
#include <vgpu/operations.hpp>

#include "vgpu/call/codec.hpp"
#include "vgpu/call/cuda_types.hpp"
#include "vgpu/call/handle.hpp"
#include "vgpu/guest/context_table.hpp"
#include "vgpu/guest/device.hpp"
#include "vgpu/guest/log.hpp"
#include "vgpu/guest/process.hpp"
#include "vgpu/guest/reply_buffer.hpp"
#include "vgpu/transport/message.hpp"
#include "vgpu/wire/frame_header.hpp"

namespace vgpu::guest {

// --- May the call run? ---

/// Whether it is one of the streams that exist without being created.
inline bool is_default(CUstream stream) noexcept {
  return reinterpret_cast<std::uintptr_t>(stream) <= 2;
}

/// The state that a call needs. anytime: always CUDA_SUCCESS. none: CUDA_ERROR_NOT_INITIALIZED
/// before cuInit and in a forked child, `session_lost` after the host was lost. current: also
/// CUDA_ERROR_INVALID_CONTEXT without a current context, CUDA_ERROR_CONTEXT_IS_DESTROYED when that
/// one is not alive; and the host knows that context as this thread's before the next request.
inline CUresult enter(call::ContextNeed need) noexcept {
  if (need == call::ContextNeed::anytime) return CUDA_SUCCESS;
  const detail::Phase phase = detail::phase.load(std::memory_order_acquire);
  if (phase != detail::Phase::ready) [[unlikely]]
    return detail::phase_error(phase);
  if (need == call::ContextNeed::none) return CUDA_SUCCESS;
  const detail::ThreadState* thread = detail::thread_state;
  const Context* context = thread != nullptr ? thread->contexts.current() : nullptr;
  if (context == nullptr) [[unlikely]] {
    // Host functions must not call CUDA, and run on a thread that has no context.
    return detail::in_host_function ? CUDA_ERROR_NOT_PERMITTED : CUDA_ERROR_INVALID_CONTEXT;
  }
  if (context->state.load(std::memory_order_acquire) != ContextState::active) {
    return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  }
  if (thread->bound_context == context->id &&
      thread->bound_unique_id == context->unique_id.load(std::memory_order_relaxed)) {
    return CUDA_SUCCESS;
  }
  return detail::bind_context(*context);
}

/// As enter(current) for the default streams, which are the current context's. An ordinary stream
/// has a context of its own and needs no current one: libcu++ waits, copies, fills and calls back
/// in streams on threads that have none.
inline CUresult enter_for(CUstream stream) noexcept {
  const CUresult entered = enter(call::ContextNeed::current);
  const bool no_context =
      entered == CUDA_ERROR_INVALID_CONTEXT || entered == CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return no_context && !is_default(stream) ? CUDA_SUCCESS : entered;
}

/// The calling thread's current context, whatever its state; nullptr when there is none. Never
/// freed.
inline Context* current_context() noexcept {
  const detail::ThreadState* thread = detail::thread_state;
  return thread != nullptr ? thread->contexts.current() : nullptr;
}

/// As enter(current), for the forms of CUDA 2. They take only a context of that time:
/// CUDA_ERROR_INVALID_CONTEXT for every other one.
inline CUresult enter_old_interface() noexcept {
  if (const CUresult entered = enter(call::ContextNeed::current); entered != CUDA_SUCCESS) {
    return entered;
  }
  return current_context()->api_version.load(std::memory_order_relaxed) < 3020
             ? CUDA_SUCCESS
             : CUDA_ERROR_INVALID_CONTEXT;
}

// --- Sending ---

/// Where the answer to a request of type Call goes: the results, and the bytes that trail a
/// data-only reply. Views in `value`, and `trailing`, point into memory that this object owns.
template <class Call>
class ReplyOf {
 public:
  typename Call::Reply value{};
  std::span<const std::byte> trailing;
  support::UniqueFd descriptor;  ///< what came with the answer, if anything

  ReplyOf() = default;
  ReplyOf(const ReplyOf&) = delete;
  ReplyOf& operator=(const ReplyOf&) = delete;

  /// Memory behind the views; for call().
  ReplyBuffer& buffer() noexcept { return buffer_; }

 private:
  ReplyBuffer buffer_;
};

namespace detail {

/// Encodes and publishes one request; its ticket is taken last. On failure the session is lost.
/// \param ticket set to the request's ticket.
template <class Call>
CUresult publish(const typename Call::Request& request, std::span<const std::byte> trailing,
                 int descriptor, std::uint8_t flags, transport::Channel*& channel,
                 std::uint64_t& ticket) noexcept {
  channel = thread_channel();
  if (channel == nullptr) return phase_error(phase.load(std::memory_order_acquire));
  if (!call::encodable(request)) return CUDA_ERROR_INVALID_VALUE;
  const std::size_t head = call::encoded_size(request);
  wire::FrameHeader header;
  header.operation = static_cast<std::uint16_t>(Call::operation);
  header.flags = flags;
  header.data_words = call::header_data_words<typename Call::Request>;
  if (descriptor >= 0 && !channel->attach_descriptor(descriptor)) return CUDA_ERROR_NOT_SUPPORTED;
  if (trailing.size() <= channel->frame_cap() && head <= channel->frame_cap() - trailing.size()) {
    std::byte* body = channel->reserve(head + trailing.size());
    if (body == nullptr) return lose_session(*channel);
    call::encode(request, body);
    if (!trailing.empty()) std::memcpy(body + head, trailing.data(), trailing.size());
    header.length = static_cast<std::uint32_t>(head + trailing.size());
    header.ticket = ticket = take_ticket();
    return channel->publish(header) ? CUDA_SUCCESS : lose_session(*channel);
  }
  try {
    ReplyBuffer encoded;
    std::byte* body = encoded.resize(head);
    call::encode(request, body);
    header.ticket = ticket = take_ticket();
    const std::span<const std::byte> parts[] = {{body, head}, trailing};
    return transport::send_message(*channel, header, parts) ? CUDA_SUCCESS : lose_session(*channel);
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

}  // namespace detail

/// Sends a request and waits for its answer: one round trip. `trailing` follows a data-only
/// request; `descriptor` (not taken over) travels with it. Returns the host's CUresult;
/// `reply.value` is zero where the host gave no result.
template <class Call>
CUresult call(const typename Call::Request& request, ReplyOf<Call>& reply,
              std::span<const std::byte> trailing = {}, int descriptor = -1) noexcept {
  transport::Channel* channel = nullptr;
  std::uint64_t ticket = 0;
  CUresult result = detail::publish<Call>(request, trailing, descriptor, 0, channel, ticket);
  if (result != CUDA_SUCCESS) return result;
  RawReply raw;
  result = detail::receive_reply(*channel, Call::operation, ticket, reply.buffer(), {}, raw);
  reply.descriptor = std::move(raw.descriptor);
  if (result == CUDA_SUCCESS || !raw.body.empty()) {
    if (!raw.body.empty() || call::DataOnly<typename Call::Reply>) {
      if (!call::decode(raw.body, raw.data_words, reply.value, reply.trailing)) {
        return detail::malformed_reply(*channel, static_cast<std::uint16_t>(Call::operation));
      }
    }
  }
  return result;
}

/// As call(), but the bytes that trail the reply are written to `destination` without a detour, and
/// `received` says how many came. More than fit are an error of the host and lose the session.
template <class Call>
CUresult call_into(const typename Call::Request& request, ReplyOf<Call>& reply,
                   std::span<std::byte> destination, std::size_t& received) noexcept {
  static_assert(call::DataOnly<typename Call::Reply>, "only data-only replies have trailing bytes");
  received = 0;
  transport::Channel* channel = nullptr;
  std::uint64_t ticket = 0;
  CUresult result = detail::publish<Call>(request, {}, -1, 0, channel, ticket);
  if (result != CUDA_SUCCESS) return result;
  RawReply raw;
  raw.split = true;
  result =
      detail::receive_reply(*channel, Call::operation, ticket, reply.buffer(), destination, raw);
  received = raw.trailing_bytes;
  if (!call::decode(raw.body, raw.data_words, reply.value, reply.trailing)) {
    return detail::malformed_reply(*channel, static_cast<std::uint16_t>(Call::operation));
  }
  return result;
}

namespace detail {

/// Whether a call makes sense after a lasting error: it ends something, or says whose turn it is.
template <class Call>
inline constexpr bool outlives_errors = Call::operation == call::Operation::stream_destroy ||
                                        Call::operation == call::Operation::event_destroy ||
                                        Call::operation == call::Operation::context_bind;

template <class Call>
CUresult lasting_error_of() noexcept {
  if constexpr (outlives_errors<Call>) return CUDA_SUCCESS;
  return static_cast<CUresult>(lasting_error.load(std::memory_order_relaxed));
}

}  // namespace detail

/// Publishes a request and does not wait; a failure found on the host becomes a deferred error of a
/// later synchronising call. While a stream of this process is capturing it waits like call(),
/// because a capture's errors are immediate.
template <class Call>
CUresult post(const typename Call::Request& request, std::span<const std::byte> trailing = {},
              int descriptor = -1) noexcept {
  if (const CUresult lasting = detail::lasting_error_of<Call>(); lasting != CUDA_SUCCESS)
      [[unlikely]]
    return lasting;
  if (capture_active()) [[unlikely]] {
    ReplyOf<Call> reply;
    return call<Call>(request, reply, trailing, descriptor);
  }
  transport::Channel* channel = nullptr;
  std::uint64_t ticket = 0;
  return detail::publish<Call>(request, trailing, descriptor, wire::frame_flag::no_reply, channel,
                               ticket);
}

/// post() where the guest is `sure` that the arguments are right, else a round trip: a refusal is
/// the call's own result, and no later call's.
template <class Call>
CUresult post_if(bool sure, const typename Call::Request& request) noexcept {
  if (sure) [[likely]]
    return post<Call>(request);
  ReplyOf<Call> reply;
  return call<Call>(request, reply);
}

/// As post(), for a request without pointer fields that is built right where it is sent from:
/// `make()` returns the Request, `write(bytes)` fills the `trailing` bytes behind it. For the calls
/// whose cost is that of their stores (a launch).
template <class Call, class Make, class Write>
CUresult post_in_place(Make&& make, std::size_t trailing, Write&& write) noexcept {
  using Request = typename Call::Request;
  static_assert(call::DataOnly<Request>, "only data-only requests are their own encoding");
  constexpr std::size_t head = sizeof(Request);
  static_assert(head == std::size_t{Request::data_words} * 8);
  if (const CUresult lasting = detail::lasting_error_of<Call>(); lasting != CUDA_SUCCESS)
      [[unlikely]]
    return lasting;
  transport::Channel* channel = detail::thread_channel();
  if (channel == nullptr) return detail::phase_error(detail::phase.load(std::memory_order_acquire));
  const std::size_t cap = channel->frame_cap();
  if (capture_active() || head > cap || trailing > cap - head) [[unlikely]] {
    try {
      ReplyBuffer aside;
      std::byte* bytes = aside.resize(trailing);
      write(bytes);
      return post<Call>(make(), {bytes, trailing});
    } catch (...) {
      return CUDA_ERROR_OUT_OF_MEMORY;
    }
  }
  std::byte* body = channel->reserve(head + trailing);
  if (body == nullptr) return detail::lose_session(*channel);
  ::new (static_cast<void*>(body)) Request(make());
  write(body + head);
  wire::FrameHeader header;
  header.operation = static_cast<std::uint16_t>(Call::operation);
  header.flags = wire::frame_flag::no_reply;
  header.data_words = call::header_data_words<Request>;
  header.length = static_cast<std::uint32_t>(head + trailing);
  header.ticket = detail::take_ticket();
  return channel->publish(header) ? CUDA_SUCCESS : detail::lose_session(*channel);
}

namespace detail {

/// Writes to a stream of the program, behind what the program itself has written there.
inline void write_output(std::span<const std::byte> text, std::FILE* stream) noexcept {
  if (text.empty()) return;
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

inline void take_output() noexcept {
  using Call = calls::OutputTake;
  // One at a time, so that what was written first is shown first, and a call that returns has its
  // text shown whoever fetched it.
  static constinit std::mutex mutex;
  const int saved = errno;
  output_takers.fetch_add(1);
  try {
    const std::lock_guard lock(mutex);
    bool more = true;
    while (more) {
      transport::Channel* channel = nullptr;
      std::uint64_t ticket = 0;
      if (publish<Call>({}, {}, -1, 0, channel, ticket) != CUDA_SUCCESS) break;
      ReplyBuffer buffer;
      RawReply raw;
      Call::Reply reply;
      std::span<const std::byte> rest;
      if (const auto answer = receive_answer(*channel, Call::operation, ticket, buffer, {}, raw);
          !answer) {
        lose_session(answer.error().message);
        break;
      }
      if (raw.status != CUDA_SUCCESS) break;
      if (!call::decode(raw.body, raw.data_words, reply, rest)) {
        malformed_reply(*channel, static_cast<std::uint16_t>(Call::operation));
        break;
      }
      write_output(reply.standardOutput, stdout);
      write_output(reply.standardError, stderr);
      more = reply.more != 0;
    }
  } catch (...) {
    lose_session("no memory for what the kernels wrote");
  }
  output_takers.fetch_sub(1);
  errno = saved;
}

inline CUresult bind_context(const Context& context) noexcept {
  const std::uint64_t unique_id = context.unique_id.load(std::memory_order_relaxed);
  const CUresult result = post<calls::ContextBind>({.context = context.id});
  if (result != CUDA_SUCCESS) return result;
  thread_state->bound_context = context.id;
  thread_state->bound_unique_id = unique_id;
  return CUDA_SUCCESS;
}

}  // namespace detail

// --- Handles ---

/// True when `id` is a live handle of this process. NULL is not; streams 0, 1 and 2 are.
inline bool handle_valid(call::HandleKind kind, std::uint64_t id) noexcept {
  if (kind == call::HandleKind::stream && is_default(reinterpret_cast<CUstream>(id))) return true;
  const detail::Process* process = detail::process_if_ready();
  return process != nullptr && process->handles.valid(kind, id);
}

/// A new id; `object` is what the guest keeps about it (not owned). 0 when ids or memory are used
/// up.
inline std::uint64_t mint_handle(call::HandleKind kind, void* object = nullptr) noexcept {
  detail::Process* process = detail::process_if_ready();
  return process != nullptr ? process->handles.mint(kind, object) : 0;
}

/// Ends an id. Call it after the request that destroys the object was sent. False when it was not
/// alive.
inline bool retire_handle(std::uint64_t id) noexcept {
  detail::Process* process = detail::process_if_ready();
  return process != nullptr && process->handles.retire(id);
}

/// Takes in an id that the host chose; false when it is not such an id.
inline bool adopt_handle(std::uint64_t id, void* object = nullptr) noexcept {
  detail::Process* process = detail::process_if_ready();
  return process != nullptr && process->handles.adopt(id, object);
}

/// What mint_handle, adopt_handle or set_handle_object stored for a live handle, else nullptr.
template <class T>
T* handle_object(call::HandleKind kind, std::uint64_t id) noexcept {
  const detail::Process* process = detail::process_if_ready();
  return process != nullptr ? static_cast<T*>(process->handles.object(kind, id)) : nullptr;
}
inline bool set_handle_object(std::uint64_t id, void* object) noexcept {
  detail::Process* process = detail::process_if_ready();
  return process != nullptr && process->handles.set_object(id, object);
}

// --- Devices and session ---

/// Devices of the session; 0 before cuInit.
inline int device_count() noexcept {
  const detail::Process* process = detail::process_if_ready();
  return process != nullptr ? static_cast<int>(process->session->devices().size()) : 0;
}

/// The device of an ordinal; nullptr when there is none.
inline const Device* find_device(int ordinal) noexcept {
  const detail::Process* process = detail::process_if_ready();
  if (process == nullptr || ordinal < 0) return nullptr;
  const auto& devices = process->session->devices();
  const auto index = static_cast<std::size_t>(ordinal);
  return index < devices.size() ? &devices[index] : nullptr;
}

/// The session; nullptr before cuInit. Lives until the process ends.
inline Session* session() noexcept {
  detail::Process* process = detail::process_if_ready();
  return process != nullptr ? process->session.get() : nullptr;
}

/// Whether the program asked for eager module loading when it called cuInit.
inline bool eager_loading() noexcept {
  const detail::Process* process = detail::process_if_ready();
  return process != nullptr && process->eager_loading;
}

/// The contexts of this process; nullptr before cuInit.
inline ContextTable* contexts() noexcept {
  detail::Process* process = detail::process_if_ready();
  return process != nullptr ? &process->contexts : nullptr;
}

/// Whether the handle is that of a context which has ended, or of a primary one which is inactive.
inline bool context_ended(CUcontext handle) noexcept {
  const ContextTable* table = contexts();
  const Context* context = table != nullptr ? table->find(handle) : nullptr;
  return context != nullptr &&
         context->state.load(std::memory_order_acquire) != ContextState::active;
}

/// The calling thread's own state, made on first use. Throws std::bad_alloc.
inline detail::ThreadState& this_thread() {
  return detail::ensure_thread_state();
}

// --- Capture (capture_active, capture_began, capture_ended: process.hpp), default stream ---

/// While alive, the calling thread is inside an entry point whose NULL stream is the thread's own
/// (_ptds and _ptsz functions without a stream parameter).
class PerThreadScope {
 public:
  PerThreadScope() noexcept : outer_(detail::per_thread_default) {
    detail::per_thread_default = true;
  }
  PerThreadScope(const PerThreadScope&) = delete;
  PerThreadScope& operator=(const PerThreadScope&) = delete;
  ~PerThreadScope() { detail::per_thread_default = outer_; }

 private:
  bool outer_;
};

/// The stream that NULL means for a function without a stream parameter.
inline CUstream default_stream() noexcept {
  return detail::per_thread_default ? CU_STREAM_PER_THREAD : nullptr;
}

// --- Not there ---

/// For a function that is exported and not served: says so once per function in the log.
inline CUresult not_served(const char* symbol) noexcept {
  if (detail::first_time(symbol)) {
    log(LogLevel::warn, symbol, " is not served; it returns CUDA_ERROR_NOT_SUPPORTED");
  }
  return CUDA_ERROR_NOT_SUPPORTED;
}

}  // namespace vgpu::guest
