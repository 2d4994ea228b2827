#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>

#include "capture.hpp"
#include "context.hpp"
#include "device.hpp"
#include "driver.hpp"
#include "event.hpp"
#include "image_objects.hpp"
#include "module.hpp"

namespace vgpu::softdevice {

ThreadState::~ThreadState() {
  for (auto& [id, stream] : streams) stream->close();
}

ThreadState& thread_state() noexcept {
  struct Owner {
    alignas(ThreadState) std::array<std::byte, sizeof(ThreadState)> storage;
    ThreadState* state = ::new (static_cast<void*>(storage.data())) ThreadState;
    ~Owner() {
      // The main thread's variables end before the exit handlers run, which call the driver too.
      if (::gettid() != ::getpid()) state->~ThreadState();
    }
  };
  thread_local Owner owner;
  return *owner.state;
}

Context::Context(Device& device, bool primary, unsigned context_flags, unsigned api_version)
    : flags(context_flags),
      heap(device.memory()),
      device_(device),
      primary_(primary),
      api_version_(api_version) {}

void Context::activate() {
  const std::lock_guard lock(order_mutex_);
  id_ = driver().next_context_id.fetch_add(1);
  stop = false;
  limits[CU_LIMIT_STACK_SIZE] = 1024;
  limits[CU_LIMIT_PRINTF_FIFO_SIZE] = std::size_t{8} << 20;
  limits[CU_LIMIT_MALLOC_HEAP_SIZE] = std::size_t{8} << 20;
  limits[CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH] = 2;
  limits[CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT] = 2048;
  limits[CU_LIMIT_MAX_L2_FETCH_GRANULARITY] = 64;
  output.reset(limits[CU_LIMIT_PRINTF_FIFO_SIZE]);
  heap.reset(limits[CU_LIMIT_MALLOC_HEAP_SIZE]);
  cache_config = CU_FUNC_CACHE_PREFER_NONE;
  shared_config = CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE;
  legacy_ = std::make_shared<Stream>(shared_from_this(), Stream::Kind::legacy, 0, 0);
  streams_.push_back(legacy_);
  active_.store(true, std::memory_order_release);
}

void Context::deactivate() {
  synchronise();
  stop = true;
  synchronise();
  heap.reset(0);
  active_.store(false, std::memory_order_release);
  Driver& all = driver();
  for (const auto& stream : streams()) {
    abandon_capture(stream);
    if (stream->handle != nullptr) all.streams.orphan(stream->handle);
    stream->close();
  }
  {
    const std::lock_guard lock(order_mutex_);
    legacy_.reset();
    streams_.clear();
  }
  for (const auto& event : all.events.all()) {
    if (event->context().get() == this) all.events.orphan(event->handle);
  }
  for (const auto& library : all.libraries.all()) {
    std::shared_ptr<Module> module;
    {
      const std::lock_guard lock(library->mutex);
      const auto found = library->modules.find(id_);
      if (found == library->modules.end()) continue;
      module = std::move(found->second);
      library->modules.erase(found);
    }
    all.modules.remove(module->handle);
    module->retire();
  }
  for (const auto& module : all.modules.all()) {
    if (module->context().get() != this) continue;
    all.modules.remove(module->handle);
    module->retire();
  }
  end_images(*this);
  for (const auto& allocation : all.allocations.all()) {
    if (allocation->context.lock().get() != this) continue;
    if (allocation->kind == AllocationKind::mapped || allocation->of_module) continue;
    const auto taken =
        all.allocations.take(allocation->base, [](const Allocation&) { return true; });
    if (taken != nullptr) release_allocation(*taken);
  }
}

CUresult Context::sticky() const noexcept {
  return driver().lasting_error.load(std::memory_order_acquire);
}

void Context::fail(CUresult error) noexcept {
  CUresult expected = CUDA_SUCCESS;
  driver().lasting_error.compare_exchange_strong(expected, error);
}

CompletionPtr Context::enqueue(Stream& stream, Operation operation, bool will_help) {
  const std::lock_guard lock(order_mutex_);
  if (stream.kind() == Stream::Kind::legacy) {
    for (const auto& weak : streams_) {
      const auto other = weak.lock();
      if (other == nullptr || other.get() == &stream || !other->is_blocking()) continue;
      const CompletionPtr last = other->last();
      if (last != nullptr && !last->is_done()) operation.after.push_back(last);
    }
  } else if (stream.is_blocking() && legacy_ != nullptr) {
    const CompletionPtr last = legacy_->last();
    if (last != nullptr && !last->is_done()) operation.after.push_back(last);
  }
  CompletionPtr done = operation.done;
  stream.push(std::move(operation), !will_help);
  return done;
}

CUresult Context::run_now(Stream& stream, Operation operation) {
  const CompletionPtr done = enqueue(stream, std::move(operation), true);
  stream.help(done);
  output.show();
  return sticky();
}

std::vector<CompletionPtr> Context::pending_locked() const {
  std::vector<CompletionPtr> result;
  std::erase_if(streams_, [](const std::weak_ptr<Stream>& stream) { return stream.expired(); });
  for (const auto& weak : streams_) {
    const auto stream = weak.lock();
    if (stream == nullptr) continue;
    const CompletionPtr last = stream->last();
    if (last != nullptr && !last->is_done()) result.push_back(last);
  }
  return result;
}

std::vector<CompletionPtr> Context::pending() const {
  const std::lock_guard lock(order_mutex_);
  return pending_locked();
}

void Context::synchronise() {
  for (const CompletionPtr& operation : pending()) operation->wait();
  output.show();
}

std::shared_ptr<Stream> Context::legacy_stream() {
  const std::lock_guard lock(order_mutex_);
  return legacy_;
}

std::shared_ptr<Stream> Context::per_thread_stream() {
  auto& mine = thread_state().streams;
  const auto found = mine.find(id_);
  if (found != mine.end()) return found->second;
  auto stream = std::make_shared<Stream>(shared_from_this(), Stream::Kind::per_thread, 0, 0);
  {
    const std::lock_guard lock(order_mutex_);
    streams_.push_back(stream);
  }
  mine.emplace(id_, stream);
  return stream;
}

std::shared_ptr<Stream> Context::create_stream(unsigned stream_flags, int priority) {
  auto stream =
      std::make_shared<Stream>(shared_from_this(), Stream::Kind::created, stream_flags, priority);
  const std::lock_guard lock(order_mutex_);
  std::erase_if(streams_, [](const std::weak_ptr<Stream>& other) { return other.expired(); });
  streams_.push_back(stream);
  return stream;
}

std::vector<std::shared_ptr<Stream>> Context::streams() const {
  const std::lock_guard lock(order_mutex_);
  std::vector<std::shared_ptr<Stream>> result;
  for (const auto& weak : streams_) {
    if (auto stream = weak.lock()) result.push_back(std::move(stream));
  }
  return result;
}

std::shared_ptr<Context> current_context() noexcept {
  const auto& stack = thread_state().stack;
  return stack.empty() ? nullptr : stack.back();
}

CUresult require_context(std::shared_ptr<Context>& context) {
  const ThreadState& state = thread_state();
  if (state.in_callback) return CUDA_ERROR_NOT_PERMITTED;
  if (state.stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
  context = state.stack.back();
  if (!context->is_active()) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return context->report();
}

CUresult require_old_context(std::shared_ptr<Context>& context) {
  if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
  return context->api_version() < 3020 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult check_current_context() {
  if (thread_state().in_callback) return CUDA_ERROR_NOT_PERMITTED;
  const auto context = current_context();
  return context != nullptr && context->is_active() ? context->report() : CUDA_SUCCESS;
}

ScopedContext::ScopedContext(std::shared_ptr<Context> context) {
  thread_state().stack.push_back(std::move(context));
}

ScopedContext::~ScopedContext() {
  thread_state().stack.pop_back();
}

}  // namespace vgpu::softdevice
