#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "context.hpp"
#include "driver.hpp"
#include "stream.hpp"

namespace vgpu::softdevice {
namespace {

/// A GPU runs streams when it likes; here an operation mostly runs at once, which hides that a
/// program never waited for it.
void be_late() {
  const std::chrono::microseconds longest = driver().lateness;
  if (longest.count() == 0) return;
  thread_local std::minstd_rand random{std::random_device{}()};
  std::this_thread::sleep_for(std::chrono::microseconds(
      std::uniform_int_distribution<long long>(0, longest.count())(random)));
}

}  // namespace

Stream::Stream(const std::shared_ptr<Context>& context, Kind kind, unsigned flags, int priority)
    : context_(context),
      kind_(kind),
      flags_(flags),
      priority_(priority),
      id_(driver().next_stream_id.fetch_add(1)) {}

void Stream::push(Operation operation, bool start_worker) {
  const std::lock_guard lock(mutex_);
  last_ = operation.done;
  queue_.push_back(std::move(operation));
  if (start_worker) start_worker_locked();
}

void Stream::start_worker_locked() {
  if (has_worker_) {
    changed_.notify_all();
    return;
  }
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  has_worker_ = true;
  try {
    std::thread([self = shared_from_this()] { self->work(); }).detach();
  } catch (...) {
    has_worker_ = false;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Stream::execute(Operation& operation, const std::shared_ptr<Context>& context) {
  for (const CompletionPtr& other : operation.after) other->wait();
  operation.after.clear();
  be_late();
  if (context != nullptr && (operation.always || context->sticky() == CUDA_SUCCESS)) {
    const CUresult result = guarded([&] { return operation.run(*context); });
    if (result != CUDA_SUCCESS) context->fail(result);
  }
  operation.run = nullptr;
  operation.done->finish();
}

void Stream::work() {
  pthread_setname_np(pthread_self(), "vgpu-stream");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !busy_ && (!queue_.empty() || closing_); });
    if (queue_.empty()) return;
    Operation operation = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    execute(operation, context_.lock());
    lock.lock();
    busy_ = false;
  }
}

void Stream::help(const CompletionPtr& done) {
  {
    std::unique_lock lock(mutex_);
    const bool mine = !busy_ && !queue_.empty() && queue_.front().done == done;
    if (mine) {
      Operation operation = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
      lock.unlock();
      execute(operation, context_.lock());
      lock.lock();
      busy_ = false;
      if (has_worker_) {
        changed_.notify_all();
      } else if (!queue_.empty()) {
        start_worker_locked();
      }
      return;
    }
    start_worker_locked();
  }
  done->wait();
}

CompletionPtr Stream::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void Stream::close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  if (has_worker_) changed_.notify_all();
}

CUresult resolve_stream(CUstream handle, bool per_thread, std::shared_ptr<Stream>& stream,
                        std::shared_ptr<Context>& context) {
  const bool is_default =
      handle == nullptr || handle == CU_STREAM_LEGACY || handle == CU_STREAM_PER_THREAD;
  if (thread_state().in_callback) return CUDA_ERROR_NOT_PERMITTED;
  if (is_default) {
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    const bool thread_stream = handle == CU_STREAM_PER_THREAD || (handle == nullptr && per_thread);
    stream = thread_stream ? context->per_thread_stream() : context->legacy_stream();
    return stream == nullptr ? CUDA_ERROR_CONTEXT_IS_DESTROYED : CUDA_SUCCESS;
  }
  stream = driver().streams.find(handle);
  if (stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  context = stream->context();
  if (context == nullptr || !context->is_active()) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return context->report();
}

}  // namespace vgpu::softdevice
