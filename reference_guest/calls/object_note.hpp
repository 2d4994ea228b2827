#pragma once

/// \file
/// What the guest keeps about a stream or an event, so that questions and immediate errors need no
/// round trip.

#include <cstdint>

#include "vgpu/guest/core.hpp"

namespace vgpu::guest {

/// Context and traits of an object, packed into the word that the handle table keeps: nothing is
/// allocated, and nothing can dangle. The word also holds the low bits of the context's unique id,
/// by which an object of a primary context's earlier life is recognised.
class ObjectNote {
 public:
  static constexpr unsigned trait_limit = 16;

  /// The word for an object of `context`; nullptr, which says nothing, where it cannot be packed.
  static void* pack(const Context& context, unsigned traits) noexcept {
    const auto address = reinterpret_cast<std::uint64_t>(&context);
    if (address % trait_limit != 0 || address >> life_shift != 0) return nullptr;
    return reinterpret_cast<void*>(life_of(context) << life_shift | address | traits);
  }

  ObjectNote() = default;
  explicit ObjectNote(const void* word) noexcept : word_(reinterpret_cast<std::uint64_t>(word)) {}

  /// Whether anything is known about the object.
  bool known() const noexcept { return word_ != 0; }
  Context* context() const noexcept {
    return reinterpret_cast<Context*>(word_ & ((std::uint64_t{1} << life_shift) - trait_limit));
  }
  unsigned traits() const noexcept { return word_ % trait_limit; }
  /// Whether the context, in the life in which the object was made, still exists.
  bool alive() const noexcept {
    const Context& owner = *context();
    return owner.state.load(std::memory_order_acquire) == ContextState::active &&
           life_of(owner) == word_ >> life_shift;
  }

 private:
  static constexpr unsigned life_shift = 48;
  static std::uint64_t life_of(const Context& context) noexcept {
    return context.unique_id.load(std::memory_order_relaxed) & 0xffffU;
  }

  std::uint64_t word_ = 0;
};

/// The flags of an event are its traits as they are.
inline constexpr unsigned event_flag_mask =
    CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING | CU_EVENT_INTERPROCESS;
static_assert(event_flag_mask < ObjectNote::trait_limit);

/// Checks that an object is usable and says what is known about it. CUDA_ERROR_INVALID_HANDLE for
/// what is no live handle, and for what ended with its context; in that case `note` is known.
inline CUresult check_object(call::HandleKind kind, std::uint64_t id, ObjectNote& note) noexcept {
  if (!handle_valid(kind, id)) return CUDA_ERROR_INVALID_HANDLE;
  note = ObjectNote(handle_object<void>(kind, id));
  return note.known() && !note.alive() ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
}
inline CUresult check_event(CUevent event, ObjectNote& note) noexcept {
  return check_object(call::HandleKind::event, reinterpret_cast<std::uint64_t>(event), note);
}
/// The default streams are in order and nothing is noted about them.
inline CUresult check_stream(CUstream stream, ObjectNote& note) noexcept {
  return check_object(call::HandleKind::stream, reinterpret_cast<std::uint64_t>(stream), note);
}
inline CUresult check_stream(CUstream stream) noexcept {
  ObjectNote note;
  return check_stream(stream, note);
}

/// The context that work in a stream belongs to; nullptr when unknown.
inline const Context* context_of(CUstream stream, const ObjectNote& note) noexcept {
  if (is_default(stream)) return current_context();
  return note.known() ? note.context() : nullptr;
}

}  // namespace vgpu::guest
