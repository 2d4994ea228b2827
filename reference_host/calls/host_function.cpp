/// Host functions: the backend runs a trampoline, which has the guest run the function and waits.
/// So a stream's order holds, and a stream that is synchronised has no function under way.

#include "host_function.hpp"

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "vgpu/call/convert.hpp"

namespace vgpu::host {

using call::HandleKind;

namespace {

struct Entry {
  Session* session = nullptr;
  HostFunction function;
  bool once = true;
};

struct Key {
  const Session* session = nullptr;
  HostFunction function;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept {
    std::size_t hash = std::hash<const void*>{}(key.session);
    for (const std::uint64_t part :
         {key.function.function, key.function.user_data, key.function.stream}) {
      hash = hash * 0x9e3779b97f4a7c15U + part;
    }
    return hash ^ (hash >> 32);
  }
};

/// All functions that backends of this process hold. Never destroyed: a driver's thread may come
/// back at any time.
class Registry {
 public:
  static Registry& instance() {
    static auto& registry = *new Registry;
    return registry;
  }

  /// 0 when there are as many as there may be.
  std::uint64_t add_once(Session& session, const HostFunction& function) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= limit) return 0;
    entries_.emplace(++last_, Entry{&session, function, true});
    return last_;
  }

  std::uint64_t add_always(Session& session, const HostFunction& function) {
    const std::lock_guard lock(mutex_);
    const Key key{&session, function};
    if (const auto known = lasting_.find(key); known != lasting_.end()) return known->second;
    if (entries_.size() >= limit) return 0;
    entries_.emplace(last_ + 1, Entry{&session, function, false});
    lasting_.emplace(key, ++last_);
    return last_;
  }

  /// Takes out what runs once; a lasting one stays.
  void forget(std::uint64_t token) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(token);
    if (found != entries_.end() && found->second.once) entries_.erase(found);
  }

  bool find(std::uint64_t token, Entry& entry) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(token);
    if (found == entries_.end()) return false;
    entry = found->second;
    return true;
  }

 private:
  static constexpr std::size_t limit = std::size_t{1} << 20;

  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_map<Key, std::uint64_t, KeyHash> lasting_;
  std::uint64_t last_ = 0;
};

std::uint64_t token_of(void* argument) noexcept {
  return reinterpret_cast<std::uint64_t>(argument);
}

/// Has the guest run the function behind `argument`. No exception may reach the driver.
void run(void* argument, CUresult status) noexcept {
  try {
    Entry entry;
    if (!Registry::instance().find(token_of(argument), entry)) return;
    if (entry.once) Registry::instance().forget(token_of(argument));
    CallbackCall callback;
    callback.function = entry.function.function;
    callback.user_data = entry.function.user_data;
    callback.stream = entry.function.stream;
    callback.status = static_cast<std::int32_t>(status);
    callback.kind = entry.function.kind;
    if (!entry.session->callbacks().run(callback)) {
      entry.session->log(LogLevel::warning,
                         "a host function was not run: the guest has ended, or has no callback "
                         "channel");
    }
  } catch (...) {
    // Without memory for the bookkeeping nothing can be said or done.
  }
}

void host_trampoline(void* argument) {
  run(argument, CUDA_SUCCESS);
}
void stream_trampoline(CUstream, CUresult status, void* argument) {
  run(argument, status);
}

Trampoline trampoline(std::uint64_t token) {
  return {&host_trampoline, reinterpret_cast<void*>(token)};
}

bool capturing(const DriverTable& driver, CUstream stream) {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  return driver.cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS &&
         status == CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

}  // namespace

Trampoline run_once(Session& session, const HostFunction& function) {
  return trampoline(Registry::instance().add_once(session, function));
}

Trampoline run_always(Session& session, const HostFunction& function) {
  return trampoline(Registry::instance().add_always(session, function));
}

void forget_host_function(void* argument) {
  Registry::instance().forget(token_of(argument));
}

bool find_host_function(CUhostFn function, void* argument, HostFunction& out) {
  Entry entry;
  if (function != &host_trampoline || !Registry::instance().find(token_of(argument), entry)) {
    return false;
  }
  out = entry.function;
  return true;
}

CUresult execute(CallContext& context, const calls::LaunchHostFunc::Request& request,
                 calls::LaunchHostFunc::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (request.fn == 0) return CUDA_ERROR_INVALID_VALUE;
  const HostFunction function{request.fn, request.userData, 0, 0};
  const Trampoline trampoline = capturing(context.driver(), stream)
                                    ? run_always(context.session(), function)
                                    : run_once(context.session(), function);
  if (trampoline.argument == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  const CUresult result =
      context.driver().cuLaunchHostFunc(stream, trampoline.function, trampoline.argument);
  if (result != CUDA_SUCCESS) forget_host_function(trampoline.argument);
  return result;
}

CUresult execute(CallContext& context, const calls::StreamAddCallback::Request& request,
                 calls::StreamAddCallback::Reply&) {
  CUstream stream{};
  if (!context.resolve(HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (request.callback == 0) return CUDA_ERROR_INVALID_VALUE;
  const Trampoline trampoline =
      run_once(context.session(), {request.callback, request.userData, request.hStream, 1});
  if (trampoline.argument == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  const CUresult result = context.driver().cuStreamAddCallback(stream, &stream_trampoline,
                                                               trampoline.argument, request.flags);
  if (result != CUDA_SUCCESS) forget_host_function(trampoline.argument);
  return result;
}

}  // namespace vgpu::host
