#pragma once

/// \file
/// What the code of one call has at hand on the host:
/// `CUresult execute(CallContext&, const calls::X::Request&, calls::X::Reply&)`.
/// The reply starts zeroed. An exception becomes CUDA_ERROR_OUT_OF_MEMORY or CUDA_ERROR_UNKNOWN.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <vgpu/operations.hpp>

#include "vgpu/call/handle.hpp"
#include "vgpu/host/session.hpp"
#include "vgpu/support/unique_fd.hpp"
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
  CallContext(Session& session, ChannelState& state, transport::ReceivedMessage& request) noexcept
      : session_(session), state_(state), request_(request) {}
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
  std::span<const std::byte> trailing() const noexcept {
    const std::size_t own = std::size_t{request_.header.data_words} * 8;
    return own <= request_.body.size() ? request_.body.subspan(own) : std::span<const std::byte>();
  }

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

  friend class ChannelServer;

  Session& session_;
  ChannelState& state_;
  transport::ReceivedMessage& request_;
  std::span<const std::byte> trailing_reply_;
  support::UniqueFd reply_descriptor_;
};

}  // namespace vgpu::host
