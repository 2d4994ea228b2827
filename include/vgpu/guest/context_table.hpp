#pragma once

/// \file
/// CUDA contexts as the guest keeps them: which exist, which is current in which thread, what state
/// a primary context is in. All questions about them are answered from here; the host hears only of
/// what really begins or ends.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/context_storage.hpp"
#include "vgpu/guest/handles.hpp"

namespace vgpu::guest {

enum class ContextState : std::uint8_t {
  inactive,   ///< a primary context that nobody retains: its handle exists, nothing works in it
  active,     ///< lives on the host
  destroyed,  ///< ended; may still be current in some thread
};

/// One context. Never freed: a thread may hold a destroyed one as current for ever, and there are
/// few of them.
struct Context {
  Context(std::uint64_t handle, int ordinal, bool is_primary) noexcept
      : id(handle), device(ordinal), primary(is_primary) {}

  const std::uint64_t id;  ///< handle
  const int device;        ///< ordinal
  const bool primary;
  std::atomic<ContextState> state{ContextState::inactive};
  std::atomic<unsigned> flags{0};
  /// cuCtxGetApiVersion: that of the function that made the context.
  std::atomic<unsigned> api_version{3020};
  /// cuCtxGetId; a new one each time the context becomes active.
  std::atomic<std::uint64_t> unique_id{0};
  ContextStorage storage;

  CUcontext handle() const noexcept { return reinterpret_cast<CUcontext>(id); }
};

/// The contexts of one thread, the current one last. Used by that thread only.
class ThreadContexts {
 public:
  Context* current() const noexcept { return current_; }
  bool empty() const noexcept { return stack_.empty(); }
  std::size_t depth() const noexcept { return stack_.size(); }

  void push(Context* context) {
    stack_.push_back(context);
    current_ = context;
  }
  /// nullptr when the stack is empty.
  Context* pop() noexcept {
    if (stack_.empty()) return nullptr;
    Context* popped = stack_.back();
    stack_.pop_back();
    current_ = stack_.empty() ? nullptr : stack_.back();
    return popped;
  }
  /// Replaces the top, or becomes the first.
  void replace(Context* context) {
    if (stack_.empty()) return push(context);
    stack_.back() = context;
    current_ = context;
  }

 private:
  std::vector<Context*> stack_;
  Context* current_ = nullptr;
};

/// What a context table asks of the host. Called with the device's lock held, except `destroy`.
class ContextHost {
 public:
  virtual CUresult retain_primary(std::uint64_t id, int device) = 0;
  virtual CUresult release_primary(int device) = 0;
  virtual CUresult reset_primary(int device) = 0;
  virtual CUresult set_primary_flags(int device, unsigned flags) = 0;
  virtual CUresult destroy(std::uint64_t id) = 0;

 protected:
  ~ContextHost() = default;
};

/// The contexts of this process. Any thread; each passes its own ThreadContexts.
class ContextTable {
 public:
  /// Both outlive the table.
  ContextTable(HandleTable& handles, ContextHost& host) noexcept : handles_(handles), host_(host) {}
  ContextTable(const ContextTable&) = delete;
  ContextTable& operator=(const ContextTable&) = delete;

  /// Mints the primary contexts' handles. Once, before anything else.
  void set_device_count(int count) {
    for (int device = 0; device < count; ++device) {
      auto primary = std::make_unique<Primary>();
      const std::uint64_t id = handles_.mint(call::HandleKind::context);
      primary->context = new Context(id, device, true);
      handles_.set_object(id, primary->context);
      primaries_.push_back(std::move(primary));
    }
  }

  /// The context of a handle, also while it is inactive and after it was destroyed: CUDA lets those
  /// become current still. nullptr for what never was a context.
  Context* find(CUcontext handle) const noexcept {
    return static_cast<Context*>(
        handles_.object(call::HandleKind::context, reinterpret_cast<std::uint64_t>(handle)));
  }
  /// The primary context of a device; nullptr when there is no such device.
  Context* primary(int device) const noexcept {
    return valid_device(device) ? primaries_[static_cast<std::size_t>(device)]->context : nullptr;
  }

  // The stack of the calling thread.

  /// cuCtxSetCurrent: NULL takes the top of the stack away, anything else replaces it.
  CUresult set_current(ThreadContexts& thread, CUcontext handle) {
    if (handle == nullptr) {
      thread.pop();
      return CUDA_SUCCESS;
    }
    Context* context = find(handle);
    if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    thread.replace(context);
    return CUDA_SUCCESS;
  }
  CUresult push_current(ThreadContexts& thread, CUcontext handle) {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Context* context = find(handle);
    if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    thread.push(context);
    return CUDA_SUCCESS;
  }
  /// `out` may be nullptr.
  CUresult pop_current(ThreadContexts& thread, CUcontext* out) noexcept {
    Context* context = thread.pop();
    if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    if (out != nullptr) *out = context->handle();
    return CUDA_SUCCESS;
  }

  // Primary contexts.

  CUresult retain(int device, CUcontext* out) {
    if (!valid_device(device)) return CUDA_ERROR_INVALID_DEVICE;
    Primary& primary = *primaries_[static_cast<std::size_t>(device)];
    const std::lock_guard lock(primary.mutex);
    if (primary.context->state.load(std::memory_order_relaxed) != ContextState::active) {
      const CUresult result = host_.retain_primary(primary.context->id, device);
      if (result != CUDA_SUCCESS) return result;
      activate(*primary.context);
    }
    ++primary.count;
    *out = primary.context->handle();
    return CUDA_SUCCESS;
  }

  CUresult release(int device) {
    if (!valid_device(device)) return CUDA_ERROR_INVALID_DEVICE;
    Primary& primary = *primaries_[static_cast<std::size_t>(device)];
    CUresult result = CUDA_SUCCESS;
    {
      const std::lock_guard lock(primary.mutex);
      if (primary.count == 0) return CUDA_ERROR_INVALID_CONTEXT;
      if (--primary.count > 0 || !deactivate(*primary.context)) return CUDA_SUCCESS;
      result = host_.release_primary(device);
    }
    run_destructors(*primary.context);
    return result;
  }

  /// Ends what lives in the context, whoever retains it; retains are counted on, and the next one
  /// makes the context anew.
  CUresult reset(int device) {
    if (!valid_device(device)) return CUDA_ERROR_INVALID_DEVICE;
    Primary& primary = *primaries_[static_cast<std::size_t>(device)];
    CUresult result = CUDA_SUCCESS;
    {
      const std::lock_guard lock(primary.mutex);
      if (!deactivate(*primary.context)) return CUDA_SUCCESS;
      result = host_.reset_primary(device);
    }
    run_destructors(*primary.context);
    return result;
  }

  /// Takes effect at once on an active context, and is remembered for an inactive one.
  CUresult set_flags(int device, unsigned flags) {
    if (!valid_device(device)) return CUDA_ERROR_INVALID_DEVICE;
    if (!flags_valid(flags, CU_CTX_MAP_HOST)) return CUDA_ERROR_INVALID_VALUE;
    Primary& primary = *primaries_[static_cast<std::size_t>(device)];
    const std::lock_guard lock(primary.mutex);
    const CUresult result = host_.set_primary_flags(device, flags);
    if (result == CUDA_SUCCESS) primary.context->flags.store(flags, std::memory_order_relaxed);
    return result;
  }

  CUresult get_state(int device, unsigned* flags, int* active) const noexcept {
    if (!valid_device(device)) return CUDA_ERROR_INVALID_DEVICE;
    const Context& context = *primaries_[static_cast<std::size_t>(device)]->context;
    *flags = context.flags.load(std::memory_order_relaxed);
    *active = context.state.load(std::memory_order_acquire) == ContextState::active ? 1 : 0;
    return CUDA_SUCCESS;
  }

  // Created contexts.

  /// Takes in a context that the host has created under `id`, minted by the caller, and makes it
  /// current.
  Context* adopt_created(ThreadContexts& thread, std::uint64_t id, int device, unsigned flags) {
    auto* context = new Context(id, device, false);
    context->flags.store(flags, std::memory_order_relaxed);
    activate(*context);
    handles_.set_object(id, context);
    thread.push(context);
    return context;
  }

  /// It leaves the calling thread's stack when it is on top, and stays current, dead, elsewhere.
  CUresult destroy(ThreadContexts& thread, CUcontext handle) {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Context* context = find(handle);
    if (context == nullptr || context->primary) return CUDA_ERROR_INVALID_CONTEXT;
    ContextState expected = ContextState::active;
    if (!context->state.compare_exchange_strong(expected, ContextState::destroyed)) {
      return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    }
    const CUresult result = host_.destroy(context->id);
    run_destructors(*context);
    if (thread.current() == context) thread.pop();
    return result;
  }

  /// `refused`: bits that are flags, and not allowed here.
  static bool flags_valid(unsigned flags, unsigned refused = 0) noexcept {
    if ((flags & ~static_cast<unsigned>(CU_CTX_FLAGS_MASK)) != 0 || (flags & refused) != 0) {
      return false;
    }
    const unsigned schedule = flags & CU_CTX_SCHED_MASK;
    return schedule == CU_CTX_SCHED_AUTO || schedule == CU_CTX_SCHED_SPIN ||
           schedule == CU_CTX_SCHED_YIELD || schedule == CU_CTX_SCHED_BLOCKING_SYNC;
  }

  /// What cuCtxGetFlags says.
  static unsigned reported_flags(const Context& context) noexcept {
    if (context.state.load(std::memory_order_acquire) != ContextState::active) return 0;
    const unsigned flags = context.flags.load(std::memory_order_relaxed);
    return context.primary ? flags | static_cast<unsigned>(CU_CTX_MAP_HOST) : flags;
  }

 private:
  struct Primary {
    std::mutex mutex;
    Context* context = nullptr;
    std::uint64_t count = 0;
  };

  bool valid_device(int device) const noexcept {
    return device >= 0 && static_cast<std::size_t>(device) < primaries_.size();
  }

  void activate(Context& context) noexcept {
    context.unique_id.store(next_unique_id_.fetch_add(1, std::memory_order_relaxed),
                            std::memory_order_relaxed);
    context.state.store(ContextState::active, std::memory_order_release);
  }

  /// A primary context that ends forgets its flags. False when it was not active.
  static bool deactivate(Context& context) noexcept {
    if (context.state.load(std::memory_order_relaxed) != ContextState::active) return false;
    context.state.store(ContextState::inactive, std::memory_order_release);
    context.flags.store(0, std::memory_order_relaxed);
    return true;
  }

  /// No lock is held. The thread's current context stays what it is, as with the vendor's driver.
  static void run_destructors(Context& context) { context.storage.clear(context.handle()); }

  HandleTable& handles_;
  ContextHost& host_;
  std::vector<std::unique_ptr<Primary>> primaries_;
  std::atomic<std::uint64_t> next_unique_id_{1};
};

}  // namespace vgpu::guest
