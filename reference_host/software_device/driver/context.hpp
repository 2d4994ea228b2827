#pragma once

#include <cuda.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "completion.hpp"
#include "device_heap.hpp"
#include "kernel_output.hpp"
#include "stream.hpp"

namespace vgpu::softdevice {

class Device;
class Module;

/// A CUDA context. A primary context lives as long as the process and is active while it is
/// retained; a created one is active until it is destroyed.
class Context : public std::enable_shared_from_this<Context> {
 public:
  Context(Device& device, bool primary, unsigned flags, unsigned api_version);

  Device& device() const noexcept { return device_; }
  bool is_primary() const noexcept { return primary_; }
  bool is_active() const noexcept { return active_.load(std::memory_order_acquire); }
  std::uint64_t id() const noexcept { return id_.load(std::memory_order_acquire); }
  unsigned api_version() const noexcept { return api_version_; }

  /// Makes the context usable, with a new id and no error.
  void activate();
  /// Waits for all work, then frees everything that belongs to the context.
  void deactivate();

  /// The first asynchronous failure of the process, in whichever context; it stays.
  CUresult sticky() const noexcept;
  void fail(CUresult error) noexcept;

  /// The sticky error, for a call that returns it: what the kernels printed until then is shown.
  CUresult report() noexcept {
    const CUresult result = sticky();
    if (result != CUDA_SUCCESS) output.show();
    return result;
  }

  /// Orders an operation after everything that CUDA orders it after and queues it.
  CompletionPtr enqueue(Stream& stream, Operation operation, bool will_help = false);
  /// Queues an operation and waits for its end.
  /// \return the context's sticky error.
  CUresult run_now(Stream& stream, Operation operation);
  /// Waits for the end of all work queued so far.
  void synchronise();
  /// The last operations of all streams that have not ended.
  std::vector<CompletionPtr> pending() const;

  std::shared_ptr<Stream> legacy_stream();
  std::shared_ptr<Stream> per_thread_stream();
  std::shared_ptr<Stream> create_stream(unsigned flags, int priority);
  std::vector<std::shared_ptr<Stream>> streams() const;

  CUcontext handle = nullptr;
  std::atomic<unsigned> flags{0};
  std::atomic<int> cache_config{CU_FUNC_CACHE_PREFER_NONE};
  std::atomic<int> shared_config{CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE};
  std::array<std::atomic<std::size_t>, CU_LIMIT_MAX> limits{};
  KernelOutput output;
  DeviceHeap heap;
  /// Ends running grids early when set.
  std::atomic<bool> stop{false};

 private:
  std::vector<CompletionPtr> pending_locked() const;

  Device& device_;
  const bool primary_;
  const unsigned api_version_;
  std::atomic<std::uint64_t> id_{0};
  std::atomic<bool> active_{false};
  mutable std::mutex order_mutex_;
  std::shared_ptr<Stream> legacy_;
  mutable std::vector<std::weak_ptr<Stream>> streams_;
};

/// The context on top of the calling thread's stack, active or not; null when there is none.
std::shared_ptr<Context> current_context() noexcept;

/// The current context, checked for use: INVALID_CONTEXT when none is current,
/// CONTEXT_IS_DESTROYED when it is not active, else its sticky error.
CUresult require_context(std::shared_ptr<Context>& context);

/// As require_context, for the forms of CUDA 2, which take only a context that cuCtxCreate of that
/// time made: INVALID_CONTEXT for every other one.
CUresult require_old_context(std::shared_ptr<Context>& context);

/// For calls that need no context: the sticky error of the current one, if there is one.
CUresult check_current_context();

/// Makes `context` current while the object lives.
class ScopedContext {
 public:
  explicit ScopedContext(std::shared_ptr<Context> context);
  ~ScopedContext();
  ScopedContext(const ScopedContext&) = delete;
  ScopedContext& operator=(const ScopedContext&) = delete;
};

/// State of one thread of the program.
struct ThreadState {
  std::vector<std::shared_ptr<Context>> stack;
  std::unordered_map<std::uint64_t, std::shared_ptr<Stream>> streams;  ///< by context id
  CUstreamCaptureMode capture_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  bool in_callback = false;  ///< inside a host function, where CUDA calls are not permitted

  ThreadState() = default;
  ~ThreadState();
  ThreadState(const ThreadState&) = delete;
  ThreadState& operator=(const ThreadState&) = delete;
};

ThreadState& thread_state() noexcept;

}  // namespace vgpu::softdevice
