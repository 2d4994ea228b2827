#pragma once

/// \file
/// What the code of one call has at hand on the host:
/// `CUresult execute(CallContext&, const calls::X::Request&, calls::X::Reply&)`.
/// The reply starts zeroed and is sent whatever the result is, so `execute` fills it only with what
/// the guest may see. An exception becomes CUDA_ERROR_OUT_OF_MEMORY or CUDA_ERROR_UNKNOWN.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <vgpu/operations.hpp>

#include "vgpu/call/codec.hpp"
#include "vgpu/call/handle.hpp"
#include "vgpu/host/session.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/message.hpp"

namespace vgpu::host {

/// Memory for the duration of a call; the server keeps one per channel and reuses it.
class ScratchArena {
 public:
  /// `bytes` zeroed bytes, aligned for any scalar, or nullptr over `budget` or without memory.
  std::byte* take(std::size_t bytes, std::uint64_t budget) noexcept {
    constexpr std::size_t unit = alignof(std::max_align_t);
    if (bytes > budget || taken_ > budget - bytes) return nullptr;
    const std::size_t padded = (bytes + unit - 1) / unit * unit;
    std::byte* place = nullptr;
    if (padded <= kept_bytes - used_) {
      if (kept_ == nullptr) kept_.reset(new (std::nothrow) std::byte[kept_bytes]);
      if (kept_ == nullptr) return nullptr;
      place = kept_.get() + used_;
      used_ += padded;
    } else {
      std::unique_ptr<std::byte[]> block(new (std::nothrow) std::byte[padded]);
      if (block == nullptr) return nullptr;
      place = block.get();
      try {
        large_.push_back(std::move(block));
      } catch (const std::bad_alloc&) {
        return nullptr;
      }
    }
    taken_ += bytes;
    std::memset(place, 0, bytes);
    return place;
  }

  /// Ends everything that was taken.
  void reset() noexcept {
    large_.clear();
    used_ = 0;
    taken_ = 0;
  }

 private:
  static constexpr std::size_t kept_bytes = 64 * 1024;
  static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= alignof(std::max_align_t));

  std::unique_ptr<std::byte[]> kept_;
  std::size_t used_ = 0;
  std::uint64_t taken_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> large_;
};

/// What stays with a channel, and so with a guest thread, from call to call.
struct ChannelState {
  ScratchArena scratch;
  std::uint64_t context = 0;  ///< handle id of the guest thread's current context, 0 = none
  bool goodbye = false;       ///< the guest ends the session in order
};

/// One request being executed, on the host thread that serves the guest thread which made it. The
/// thread has that guest thread's CUDA context current. Not thread-safe: it belongs to the call.
struct CallContext {
  /// `request.body` is a private copy of what the guest sent. Everything outlives the context.
  CallContext(Session& session, ChannelState& state, transport::Channel& channel,
              transport::ReceivedMessage& request) noexcept
      : session_(session), state_(state), channel_(channel), request_(request) {}
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;

  /// What the guest process has: handle tables, memory map, budgets, window, staging area.
  Session& session() noexcept { return session_; }
  /// The backend. A function that it lacks is nullptr.
  const DriverTable& driver() const noexcept { return session_.driver(); }
  call::Operation operation() const noexcept {
    return static_cast<call::Operation>(request_.header.operation);
  }
  std::uint64_t ticket() const noexcept { return request_.header.ticket; }
  /// Whether the guest waits for the answer; else a failure becomes the session's deferred error.
  bool awaited() const noexcept {
    return (request_.header.flags & wire::frame_flag::no_reply) == 0;
  }
  /// Handle id of the guest thread's current context, 0 = none. Ranges and objects that end with a
  /// context carry it.
  std::uint64_t current_context() const noexcept { return state_.context; }
  ChannelState& channel_state() noexcept { return state_; }

  /// The bytes behind a data-only request: a private copy, 8-byte aligned.
  std::span<const std::byte> trailing() const noexcept { return trailing_; }

  /// `count` zeroed elements that live until the reply is sent. Throws std::bad_alloc, which the
  /// guest sees as CUDA_ERROR_OUT_OF_MEMORY, for more than a call may have.
  template <class T>
  std::span<T> scratch(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::max_align_t));
    const std::uint64_t budget = session_.limits().scratch_bytes;
    if (count == 0) return {};
    if (count > budget / sizeof(T)) throw std::bad_alloc();
    std::byte* place = state_.scratch.take(count * sizeof(T), budget);
    if (place == nullptr) throw std::bad_alloc();
    return {reinterpret_cast<T*>(place), count};
  }

  /// Bytes that follow a data-only reply. They live until the reply is sent: take them from
  /// `scratch`, or from memory that outlives the call.
  void set_trailing_reply(std::span<const std::byte> bytes) noexcept { trailing_reply_ = bytes; }

  /// The descriptor that came with the request; empty when there was none or it was taken.
  support::UniqueFd take_descriptor() noexcept { return std::move(request_.descriptor); }

  /// A descriptor that goes with the reply (exported handles). The reply fails with
  /// CUDA_ERROR_NOT_SUPPORTED where the transport carries none.
  void set_reply_descriptor(support::UniqueFd descriptor) noexcept {
    reply_descriptor_ = std::move(descriptor);
  }

  /// The backend's handle for an id. 0 is NULL and true; CU_STREAM_LEGACY and
  /// CU_STREAM_PER_THREAD pass through. False when `id` is not a live id of `kind`: the answer is
  /// CUDA_ERROR_INVALID_HANDLE (or what the call documents).
  template <class H>
  bool resolve(call::HandleKind kind, std::uint64_t id, H& out) const noexcept {
    static_assert(sizeof(H) == sizeof(std::uint64_t) && std::is_trivially_copyable_v<H>);
    std::uint64_t backend = 0;
    const bool special = id == 0 || (kind == call::HandleKind::stream && id <= 2);
    if (special) {
      backend = id;
    } else if (!session_.handles().find(kind, id, backend)) {
      backend = 0;
      std::memcpy(&out, &backend, sizeof out);
      return false;
    }
    std::memcpy(&out, &backend, sizeof out);
    return true;
  }

  /// Whether `bind_new` would take this id: asked before the object is made.
  bool can_bind(call::HandleKind kind, std::uint64_t id) const noexcept {
    const call::HandleId handle{id};
    std::uint64_t backend = 0;
    return id != 0 && handle.kind() == kind && handle.index() < call::HandleId::host_index_begin &&
           !session_.handles().find(kind, id, backend);
  }

  /// Enters a new object under the id that the guest chose. False when the id is not well-formed or
  /// not free, or the guest has as many objects as it may: the caller destroys the object.
  /// \param parent id of the object with which this one ends (a function's module); 0 = the
  /// current context where the kind belongs to one, else none.
  template <class H>
  bool bind_new(call::HandleKind kind, std::uint64_t id, H backend, std::uint64_t parent = 0) {
    return session_.handles().bind(kind, id, to_word(backend), parent_or_context(kind, parent));
  }

  /// The id under which the guest shall know a backend object: the one it has, or a new one that
  /// the host chooses. 0 for a NULL object, and when the guest has as many objects as it may.
  template <class H>
  std::uint64_t mint(call::HandleKind kind, H backend, std::uint64_t parent = 0) {
    return session_.handles().mint(kind, to_word(backend), parent_or_context(kind, parent));
  }

  /// The id under which the guest knows a backend object; 0 when it knows none.
  template <class H>
  std::uint64_t id_of(call::HandleKind kind, H backend) const {
    return session_.handles().id_of(kind, to_word(backend));
  }

  /// Ends an id and those whose parent it is. False when it is not a live id of `kind`.
  bool release(call::HandleKind kind, std::uint64_t id) {
    return session_.handles().release(kind, id);
  }

  /// Whether all of [address, address + length) is memory of the session.
  bool owns(std::uint64_t address, std::uint64_t length) const noexcept {
    return session_.memory().owns(address, length);
  }

  /// For a call of a non-blocking class that is about to wait after all: gives its turn on.
  void give_turn_on() { session_.gate().leave(ticket()); }

  /// Serves the request as `Call`: decodes it, waits for its turn, runs
  /// `execute(CallContext&, const Call::Request&, Call::Reply&)`, and answers.
  template <class Call, class Execute>
  void serve(Execute&& execute) {
    using call::CallClass;
    constexpr bool keeps_turn = Call::call_class == CallClass::stream ||
                                Call::call_class == CallClass::create ||
                                Call::call_class == CallClass::callback;
    typename Call::Request request;
    if (!call::decode(request_.body, request_.header.data_words, request, trailing_)) {
      return refuse_malformed();
    }
    if (!take_turn(keeps_turn)) return;
    typename Call::Reply reply{};
    CUresult result = CUDA_ERROR_UNKNOWN;
    try {
      result = execute(*this, std::as_const(request), reply);
    } catch (const std::bad_alloc&) {
      result = CUDA_ERROR_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
      session_.log(LogLevel::error, std::string(name()) + " failed: " + error.what());
    } catch (...) {
      session_.log(LogLevel::error, std::string(name()) + " failed with an unknown exception");
    }
    if constexpr (keeps_turn) session_.gate().leave(ticket());
    result = settle(result, Call::call_class);
    if (awaited()) answer(result, reply);
  }

  /// Answers an operation that this host does not serve.
  void refuse() {
    session_.counters().unknown.fetch_add(1, std::memory_order_relaxed);
    refuse_with(CUDA_ERROR_NOT_SUPPORTED, "is not served by this host");
  }

  /// Answers a request that could not be decoded.
  void refuse_malformed() {
    session_.counters().malformed.fetch_add(1, std::memory_order_relaxed);
    refuse_with(CUDA_ERROR_INVALID_VALUE, "came with a malformed request");
  }

  /// Answers a request whose `bytes` were more than one may have, and were dropped.
  void refuse_over_budget(std::uint64_t bytes) {
    session_.counters().malformed.fetch_add(1, std::memory_order_relaxed);
    refuse_with(CUDA_ERROR_OUT_OF_MEMORY,
                "came with " + std::to_string(bytes) + " bytes, more than a request may have");
  }

  /// The call's name in the schema, for logs.
  std::string_view name() const noexcept {
    const call::OperationInfo* info = call::find_operation(operation());
    return info == nullptr ? std::string_view("an unknown operation") : info->name;
  }

 private:
  template <class H>
  static std::uint64_t to_word(H backend) noexcept {
    static_assert(sizeof(H) == sizeof(std::uint64_t) && std::is_trivially_copyable_v<H>);
    std::uint64_t word = 0;
    std::memcpy(&word, &backend, sizeof word);
    return word;
  }

  static constexpr bool belongs_to_context(call::HandleKind kind) noexcept {
    using call::HandleKind;
    switch (kind) {
      case HandleKind::stream:
      case HandleKind::event:
      case HandleKind::module:
      case HandleKind::function:
      case HandleKind::array:
      case HandleKind::mipmapped_array:
      case HandleKind::texture_object:
      case HandleKind::surface_object:
      case HandleKind::texture_reference:
      case HandleKind::surface_reference:
      case HandleKind::external_memory:
      case HandleKind::external_semaphore:
      case HandleKind::graphics_resource:
      case HandleKind::link_state:
        return true;
      default:
        return false;
    }
  }
  std::uint64_t parent_or_context(call::HandleKind kind, std::uint64_t parent) const noexcept {
    return parent == 0 && belongs_to_context(kind) ? state_.context : parent;
  }

  void refuse_with(CUresult error, const std::string& reason) {
    session_.log(LogLevel::warning, std::string(name()) + " (operation " +
                                        std::to_string(request_.header.operation) + ") " + reason);
    if (!take_turn(false)) return;
    const CUresult result = settle(error, call::CallClass::stream);
    if (awaited()) answer_without_body(result);
  }

  /// False: the session ends and the call must not run.
  bool take_turn(bool keep) {
    TicketGate& gate = session_.gate();
    const TicketGate::Entry entry = keep ? gate.enter(ticket()) : gate.enter_and_leave(ticket());
    if (entry == TicketGate::Entry::late && ticket() != 0) {
      session_.counters().late.fetch_add(1, std::memory_order_relaxed);
    }
    return entry != TicketGate::Entry::aborted;
  }

  /// Counts the call, keeps the failure of a posted one, and gives a kept failure to the next call
  /// that synchronises.
  CUresult settle(CUresult result, call::CallClass call_class) {
    SessionCounters& counters = session_.counters();
    counters.calls.fetch_add(1, std::memory_order_relaxed);
    if (result != CUDA_SUCCESS && result != CUDA_ERROR_NOT_READY) {
      counters.failed.fetch_add(1, std::memory_order_relaxed);
    }
    if (!awaited()) {
      counters.posted.fetch_add(1, std::memory_order_relaxed);
      if (result != CUDA_SUCCESS) session_.latch({result, operation(), ticket()}, name());
      return result;
    }
    const bool returns_deferred =
        call_class == call::CallClass::sync && request_.header.operation >= first_driver_operation;
    if (result != CUDA_SUCCESS || !returns_deferred) return result;
    const std::optional<DeferredError> deferred = session_.take_deferred();
    if (!deferred) return result;
    const call::OperationInfo* info = call::find_operation(deferred->operation);
    session_.log(LogLevel::warning,
                 std::string(name()) + " returns the earlier failure of " +
                     std::string(info == nullptr ? "an unknown operation" : info->name));
    return deferred->result;
  }

  transport::FrameHeader reply_header(CUresult result) const noexcept {
    transport::FrameHeader header;
    header.operation = request_.header.operation;
    header.flags = wire::frame_flag::reply;
    header.status = static_cast<std::int32_t>(result);
    header.ticket = request_.header.ticket;
    return header;
  }

  template <class Reply>
  void answer(CUresult result, const Reply& reply) {
    const std::size_t own = call::encoded_size(reply);
    const std::span<const std::byte> trailing =
        call::DataOnly<Reply> ? trailing_reply_ : std::span<const std::byte>();
    transport::FrameHeader header = reply_header(result);
    header.data_words = call::header_data_words<Reply>;
    if (!attach_reply_descriptor()) {
      return answer_without_body(result == CUDA_SUCCESS ? CUDA_ERROR_NOT_SUPPORTED : result);
    }
    session_.counters().sent.fetch_add(own + trailing.size(), std::memory_order_relaxed);
    if (own <= channel_.frame_cap() && trailing.size() <= channel_.frame_cap() - own) {
      std::byte* body = channel_.reserve(own + trailing.size());
      if (body == nullptr) return;
      call::encode(reply, body);
      if (!trailing.empty()) std::memcpy(body + own, trailing.data(), trailing.size());
      header.length = static_cast<std::uint32_t>(own + trailing.size());
      channel_.publish(header);
      return;
    }
    const std::unique_ptr<std::byte[]> body(new (std::nothrow) std::byte[own + 1]);
    if (body == nullptr || !call::encodable(reply)) {
      return answer_without_body(CUDA_ERROR_OUT_OF_MEMORY);
    }
    call::encode(reply, body.get());
    const std::array<std::span<const std::byte>, 2> parts{
        std::span<const std::byte>(body.get(), own), trailing};
    transport::send_message(channel_, header, parts);
  }

  void answer_without_body(CUresult result) {
    if (channel_.reserve(0) != nullptr) channel_.publish(reply_header(result));
  }

  bool attach_reply_descriptor() noexcept {
    return !reply_descriptor_ || channel_.attach_descriptor(reply_descriptor_.get());
  }

  /// Numbers below are the protocol's own operations.
  static constexpr std::uint16_t first_driver_operation = 16;

  Session& session_;
  ChannelState& state_;
  transport::Channel& channel_;
  transport::ReceivedMessage& request_;
  std::span<const std::byte> trailing_;
  std::span<const std::byte> trailing_reply_;
  support::UniqueFd reply_descriptor_;
};

}  // namespace vgpu::host
