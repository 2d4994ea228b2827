#pragma once

/// \file
/// What the host holds for one guest process. Its threads each have a channel and a host thread;
/// all of them share one Session.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/host/callback_link.hpp"
#include "vgpu/host/handle_table.hpp"
#include "vgpu/host/log.hpp"
#include "vgpu/host/output_source.hpp"
#include "vgpu/host/staging_area.hpp"
#include "vgpu/host/ticket_gate.hpp"
#include "vgpu/memory/address_window.hpp"
#include "vgpu/memory/interval_map.hpp"

namespace vgpu {
struct DriverTable;
}
namespace vgpu::call {
enum class Operation : std::uint16_t;
}

namespace vgpu::host {

/// Budgets: what one guest can make the host hold. Bytes, unless said otherwise.
struct SessionLimits {
  std::size_t objects = HandleTable::default_object_budget;  ///< live handles
  std::size_t ranges = std::size_t{1} << 21;                 ///< ranges in the memory map
  std::size_t channels = 4096;                               ///< threads of the guest
  std::uint64_t message_bytes = std::uint64_t{1} << 30;      ///< one reassembled message
  std::uint64_t scratch_bytes = std::uint64_t{1} << 30;      ///< one call's scratch memory
  std::uint64_t staging_bytes = std::uint64_t{1} << 30;
  std::uint64_t window_bytes = std::uint64_t{1} << 44;
  TicketGate::Options order = {};  ///< patience, see ticket_gate.hpp
  std::uint64_t device_bytes = 0;  ///< quota of device memory per device, 0 = what the device has
};

/// Who the guest says it is, for logs.
struct SessionIdentity {
  std::uint64_t id = 0;
  std::uint32_t guest_process = 0;
  std::string program;
};

/// A failure of a call that the guest did not wait for.
struct DeferredError {
  CUresult result = CUDA_SUCCESS;
  call::Operation operation{};
  std::uint64_t ticket = 0;
};

struct SessionCounters {
  std::atomic<std::uint64_t> calls{0};      ///< frames that were executed
  std::atomic<std::uint64_t> posted{0};     ///< of these, the ones nobody waited for
  std::atomic<std::uint64_t> failed{0};     ///< of these, the ones that returned an error
  std::atomic<std::uint64_t> malformed{0};  ///< frames that could not be decoded
  std::atomic<std::uint64_t> unknown{0};    ///< operations this host does not know
  std::atomic<std::uint64_t> late{0};       ///< calls whose place in the order was lost
  std::atomic<std::uint64_t> received{0};   ///< bytes of bodies
  std::atomic<std::uint64_t> sent{0};       ///< bytes of bodies
};

/// Tracks how often the guest holds the primary context of a device, apart from the host's own
/// hold, which keeps a warm worker warm. Thread-safe.
class PrimaryContexts {
 public:
  static constexpr int device_limit = 64;

  struct State {
    bool warm = false;          ///< the host holds one retain of its own
    std::uint32_t retains = 0;  ///< what the guest holds
    CUcontext context = nullptr;
  };

  /// Runs `change(State&)` for one device, alone. Returns what it returns.
  template <class Change>
  auto with(int device, Change&& change) {
    const std::lock_guard lock(mutex_);
    return std::forward<Change>(change)(states_[static_cast<std::size_t>(device)]);
  }
  static bool valid(int device) noexcept { return device >= 0 && device < device_limit; }

 private:
  std::mutex mutex_;
  std::array<State, device_limit> states_{};
};

/// Thread-safe, as far as its parts are; each says so.
class Session {
 public:
  /// `driver` outlives the session.
  Session(const DriverTable& driver, SessionIdentity identity, const SessionLimits& limits = {},
          LogSink log = {})
      : driver_(driver),
        identity_(std::move(identity)),
        limits_(limits),
        log_(std::move(log)),
        handles_(limits.objects),
        gate_(limits.order) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const DriverTable& driver() const noexcept { return driver_; }
  const SessionIdentity& identity() const noexcept { return identity_; }
  const SessionLimits& limits() const noexcept { return limits_; }

  /// From the guest's handle ids to the backend's handles.
  HandleTable& handles() noexcept { return handles_; }
  const HandleTable& handles() const noexcept { return handles_; }
  /// What the guest owns; every address that reaches the driver outside a kernel is checked here.
  memory::IntervalMap& memory() noexcept { return memory_; }
  const memory::IntervalMap& memory() const noexcept { return memory_; }
  TicketGate& gate() noexcept { return gate_; }
  StagingArea& staging() noexcept { return staging_; }
  CallbackLink& callbacks() noexcept { return callbacks_; }
  PrimaryContexts& primary_contexts() noexcept { return primary_contexts_; }
  SessionCounters& counters() noexcept { return counters_; }

  /// The window of addresses that both sides keep for shared host memory; empty when they share
  /// none. Set once, before the first call.
  memory::AddressWindow& window() noexcept { return window_; }

  /// Whether file descriptors travel on the session's channels. Set once, before the first call.
  bool carries_descriptors() const noexcept { return carries_descriptors_; }
  void set_carries_descriptors(bool value) noexcept { carries_descriptors_ = value; }

  /// What the guest's kernels write; nullptr when nobody keeps it or the guest cannot take it. Set
  /// once, before the first call; `source` outlives the session.
  OutputSource* output() const noexcept { return output_; }
  void set_output(OutputSource* source) noexcept {
    output_ = source;
    callbacks_.set_output(source);
  }

  /// Enters a range that the guest now owns. False when it overlaps another one or when the guest
  /// has as many as it may; the caller then gives the memory back. Device memory replaces device
  /// memory that it overlaps: the driver gave the place out again, so what was there has ended, as
  /// memory of a graph does without a call that says so.
  bool add_range(std::uint64_t begin, std::uint64_t size,
                 const memory::RangeAttributes& attributes) {
    if (memory_.count() >= limits_.ranges) return false;
    if (memory_.insert(begin, size, attributes)) return true;
    if (attributes.kind != memory::RangeKind::device || size == 0) return false;
    memory_.erase_if([begin, size](const memory::Range& range) {
      return range.attributes.kind == memory::RangeKind::device &&
             (range.begin < begin ? begin - range.begin < range.size : range.begin - begin < size);
    });
    return memory_.insert(begin, size, attributes);
  }

  /// Bytes of device memory that the guest has, in ranges and in arrays.
  std::uint64_t device_bytes_used() const {
    return memory_.bytes(memory::RangeKind::device) + array_bytes_.load(std::memory_order_relaxed);
  }
  /// Bytes of arrays, which have no addresses. Whoever adds some takes them away.
  std::atomic<std::uint64_t>& array_bytes() noexcept { return array_bytes_; }

  /// Device memory that the guest may still allocate on a device under its quota; UINT64_MAX
  /// without one.
  std::uint64_t quota_left(std::uint64_t used) const noexcept {
    if (limits_.device_bytes == 0) return UINT64_MAX;
    return used >= limits_.device_bytes ? 0 : limits_.device_bytes - used;
  }

  /// Keeps the failure of a posted call until a call that the guest waits for returns it. The
  /// first one stays, as CUDA's first error does. `name` is for the log.
  void latch(const DeferredError& error, std::string_view name) {
    log(LogLevel::warning, std::string(name) + " (ticket " + std::to_string(error.ticket) +
                               ") failed after the guest went on: error " +
                               std::to_string(static_cast<int>(error.result)));
    const std::lock_guard lock(deferred_mutex_);
    if (deferred_) return;
    deferred_ = error;
    has_deferred_.store(true, std::memory_order_release);
  }

  /// Takes the failure kept, if there is one.
  std::optional<DeferredError> take_deferred() {
    if (!has_deferred_.load(std::memory_order_acquire)) return std::nullopt;
    const std::lock_guard lock(deferred_mutex_);
    has_deferred_.store(false, std::memory_order_relaxed);
    return std::exchange(deferred_, std::nullopt);
  }

  void log(LogLevel level, std::string_view line) const {
    if (log_) log_(level, line);
  }

  /// The guest has ended: threads that wait for their turn or for a callback return.
  void abort() {
    gate_.abort();
    callbacks_.close();
  }

 private:
  const DriverTable& driver_;
  const SessionIdentity identity_;
  const SessionLimits limits_;
  const LogSink log_;
  std::atomic<std::uint64_t> array_bytes_{0};  // what is kept with handles counts in it
  HandleTable handles_;
  memory::IntervalMap memory_;
  memory::AddressWindow window_;
  bool carries_descriptors_ = false;
  OutputSource* output_ = nullptr;
  StagingArea staging_;
  TicketGate gate_;
  CallbackLink callbacks_;
  PrimaryContexts primary_contexts_;
  SessionCounters counters_;
  std::mutex deferred_mutex_;
  std::optional<DeferredError> deferred_;
  std::atomic<bool> has_deferred_{false};
};

}  // namespace vgpu::host
