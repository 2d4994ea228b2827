#pragma once

/// \file
/// Keeps the calls of a guest's threads in the order in which the guest made them.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "vgpu/support/futex.hpp"

namespace vgpu::host {

/// All channels of a session take tickets from one counter (1, 2, 3, ...), and each is served by a
/// thread of its own. The gate makes those threads start the calls in ticket order:
///
///   - a call starts when every call with a smaller ticket has given its turn on;
///   - a non-blocking call gives it on when its driver call has returned (`leave`), so that two
///     calls that follow each other reach the driver one after the other;
///   - a blocking call gives it on when it starts (`enter_and_leave`), and holds up nobody.
///
/// A call that stays in the driver longer than `holder_grace` loses its turn to the next one: order
/// of starting is still kept. A ticket that does not arrive while a larger one has waited for
/// `missing_grace` is passed over; a guest thread that died between taking and using it must not
/// stop the others. If it does arrive later, it starts at once. Ticket 0 is outside the order.
///
/// Thread-safe. With a single guest thread, a call costs two uncontended atomic operations.
class TicketGate {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    Clock::duration holder_grace = std::chrono::milliseconds(20);
    Clock::duration missing_grace = std::chrono::seconds(1);
    /// How often a waiting thread looks before it sleeps.
    int spins = 2000;
  };

  /// What `enter` says.
  enum class Entry {
    in_turn,  ///< every call with a smaller ticket has started
    late,     ///< the ticket had been passed over; the call may run, its place is lost
    aborted,  ///< the session ends; the call must not run
  };

  TicketGate() = default;
  explicit TicketGate(const Options& options) : options_(options) {}
  TicketGate(const TicketGate&) = delete;
  TicketGate& operator=(const TicketGate&) = delete;

  /// Waits for the turn of `ticket`. After `in_turn`, `leave(ticket)` must follow.
  Entry enter(std::uint64_t ticket) { return wait_for(ticket, false); }

  /// Waits for the turn of `ticket` and gives it on at once.
  Entry enter_and_leave(std::uint64_t ticket) { return wait_for(ticket, true); }

  /// Gives the turn on. Does nothing where `ticket` has lost it already.
  void leave(std::uint64_t ticket) {
    std::uint64_t expected = started(ticket);
    if (state_.compare_exchange_strong(expected, waiting(ticket + 1), std::memory_order_seq_cst)) {
      wake_next();
    }
  }

  /// Makes every waiting and every later `enter` return `aborted`.
  void abort() {
    aborted_.store(true, std::memory_order_seq_cst);
    const std::lock_guard lock(mutex_);
    for (Waiter* waiter : waiters_) waiter->wake.notify_one();
  }

  /// The smallest ticket that has not given its turn on.
  std::uint64_t turn() const noexcept { return state_.load(std::memory_order_acquire) >> 1; }

  /// Threads that sleep, or are about to; for tests and statistics.
  int sleepers() const noexcept { return sleepers_.load(std::memory_order_acquire); }

 private:
  struct Waiter {
    std::uint64_t ticket;
    std::condition_variable wake;
  };

  // state_ is 2 * turn, plus 1 while the call of that turn is in the driver.
  static constexpr std::uint64_t waiting(std::uint64_t ticket) noexcept { return ticket << 1; }
  static constexpr std::uint64_t started(std::uint64_t ticket) noexcept { return ticket << 1 | 1; }

  // Takes the turn if it is there. False: not yet.
  bool try_enter(std::uint64_t ticket, bool leave_at_once, Entry& entry) {
    std::uint64_t state = state_.load(std::memory_order_acquire);
    if (state == waiting(ticket)) {
      const std::uint64_t next = leave_at_once ? waiting(ticket + 1) : started(ticket);
      if (state_.compare_exchange_strong(state, next, std::memory_order_seq_cst)) {
        if (leave_at_once) wake_next();
        entry = Entry::in_turn;
        return true;
      }
    }
    if (state > waiting(ticket)) {
      entry = Entry::late;
      return true;
    }
    return false;
  }

  Entry wait_for(std::uint64_t ticket, bool leave_at_once) {
    if (aborted_.load(std::memory_order_acquire)) return Entry::aborted;
    if (ticket == 0) return Entry::late;
    if (ticket >> 62 != 0) return Entry::late;
    Entry entry = Entry::aborted;
    for (int spin = 0; spin <= options_.spins; ++spin) {
      if (try_enter(ticket, leave_at_once, entry)) return entry;
      if (spin == options_.spins || aborted_.load(std::memory_order_relaxed)) break;
      support::cpu_pause();
    }
    return sleep_for(ticket, leave_at_once);
  }

  Entry sleep_for(std::uint64_t ticket, bool leave_at_once) {
    Waiter self{ticket, {}};
    const Clock::time_point arrived = Clock::now();
    std::uint64_t observed = ~std::uint64_t{0};
    Clock::time_point observed_at{};

    // wake_next() takes the mutex, so an entry found under it is reported after unlocking.
    std::unique_lock lock(mutex_);
    waiters_.insert(
        std::upper_bound(waiters_.begin(), waiters_.end(), ticket,
                         [](std::uint64_t value, const Waiter* w) { return value < w->ticket; }),
        &self);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    Entry entry = Entry::aborted;
    while (!aborted_.load(std::memory_order_seq_cst)) {
      std::uint64_t state = state_.load(std::memory_order_seq_cst);
      if (state > waiting(ticket)) {
        entry = Entry::late;
        break;
      }
      if (state == waiting(ticket)) {
        const std::uint64_t next = leave_at_once ? waiting(ticket + 1) : started(ticket);
        if (!state_.compare_exchange_strong(state, next, std::memory_order_seq_cst)) continue;
        entry = Entry::in_turn;
        break;
      }
      // Only the waiter that comes first watches the clock; the others wait until they are first.
      if (waiters_.front() != &self) {
        self.wake.wait(lock);
        continue;
      }
      const Clock::time_point now = Clock::now();
      if (state != observed) {
        observed = state;
        observed_at = now;
      }
      const bool in_driver = (state & 1U) != 0;
      const Clock::time_point deadline =
          in_driver ? observed_at + options_.holder_grace : arrived + options_.missing_grace;
      if (now >= deadline) {
        const std::uint64_t next = in_driver ? state + 1 : waiting(ticket);
        state_.compare_exchange_strong(state, next, std::memory_order_seq_cst);
        continue;
      }
      self.wake.wait_until(lock, deadline);
    }
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &self));
    sleepers_.fetch_sub(1, std::memory_order_seq_cst);
    if (!waiters_.empty()) waiters_.front()->wake.notify_one();
    return entry;
  }

  // The turn has moved on: whoever sleeps and comes first has to look. Pairs with the waiter's
  // increment of sleepers_ before its look at state_.
  void wake_next() {
    if (sleepers_.load(std::memory_order_seq_cst) == 0) return;
    const std::lock_guard lock(mutex_);
    if (!waiters_.empty()) waiters_.front()->wake.notify_one();
  }

  alignas(64) std::atomic<std::uint64_t> state_{waiting(1)};
  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<bool> aborted_{false};
  Options options_;
  std::mutex mutex_;
  std::vector<Waiter*> waiters_;  // ascending by ticket
};

}  // namespace vgpu::host
