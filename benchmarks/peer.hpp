#pragma once

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>

#include "vgpu/support/futex.hpp"
#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/channel.hpp"

/// What the parts of vgpu-bench share: a second process on another processor, and the two ends of a
/// connection to it.
namespace vgpu::bench {

/// The value of `result`. Throws std::runtime_error with its reason: a benchmark that cannot be set
/// up ends the program.
template <class T>
T need(support::Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.message());
  return std::move(*result);
}

/// Puts the calling thread on the n-th processor that this program may use.
void pin(std::size_t n);
/// Puts the calling thread on every processor but the first, for a process that has to leave that
/// one to the measuring thread; on the first where it is the only one. Async-signal-safe once pin()
/// has been called.
void keep_off_first_processor();

/// Undoes pin().
void use_all_processors();

/// A process that lives as long as this object, on the second processor; the calling thread moves
/// to the first. The destructor kills it.
class Peer {
 public:
  /// `life` runs in the other process, which ends when it returns.
  template <class Life>
  explicit Peer(Life life) {
    if (!fork_child()) return;
    life();
    leave();
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

 private:
  /// True in the child.
  bool fork_child();
  [[noreturn]] static void leave();

  int child_ = -1;
};

/// Two processes that hand one cache line each to and fro: what the machine can do at best.
class PingPong {
 public:
  PingPong();
  void round_trip() noexcept {
    lines_->ping.store(++count_, std::memory_order_release);
    while (lines_->pong.load(std::memory_order_acquire) != count_) support::cpu_pause();
  }

 private:
  struct Lines {
    alignas(128) std::atomic<std::uint64_t> ping;
    alignas(128) std::atomic<std::uint64_t> pong;
  };

  support::Mapping memory_;
  Lines* lines_;
  std::uint64_t count_ = 0;
  Peer peer_;
};

/// Round trips per slice of what waits for the peer through memory.
inline constexpr int round_trips = 64;

/// A run's own control: plays PingPong before and after the rest of the scope and puts the time of
/// a round trip into the run's counter "raw_ping_pong". A hypervisor moves the processors nearer to
/// each other and farther apart, so a control measured at another time may be one of another
/// machine; a run before and after which the times differ by a half gets no counter.
class BesidePingPong {
 public:
  explicit BesidePingPong(benchmark::State& state) : state_(state), before_(measure()) {}
  BesidePingPong(const BesidePingPong&) = delete;
  BesidePingPong& operator=(const BesidePingPong&) = delete;
  ~BesidePingPong();

 private:
  /// ns
  static double measure();

  benchmark::State& state_;
  double before_;
};

enum class Medium { in_process, shm, unix_socket, tcp };

/// A connected pair of sockets: a unix socket pair for shm and unix_socket, loopback for tcp.
struct Sockets {
  support::UniqueFd guest;
  support::UniqueFd host;
};
Sockets sockets_of(Medium medium);

/// The makings of a channel between two processes; each takes its own end after the fork.
class Link {
 public:
  explicit Link(Medium medium, transport::ChannelOptions options = {});
  /// Once each.
  std::unique_ptr<transport::Channel> guest();
  std::unique_ptr<transport::Channel> host();

 private:
  transport::ChannelOptions options_;
  Sockets sockets_;
  support::UniqueFd guest_memory_;
  support::UniqueFd host_memory_;
};

/// How many frames a peer has taken, in memory that it shares with the measuring process.
class Drained {
 public:
  Drained();
  void add_one() noexcept { count_->store(++taken_, std::memory_order_release); }
  const std::atomic<std::uint64_t>* count() const noexcept { return count_; }

 private:
  support::Mapping memory_;
  std::atomic<std::uint64_t>* count_;
  std::uint64_t taken_ = 0;
};

/// Frames per slice of what waits for no answer.
inline constexpr int publications = 128;

/// Registers the end-to-end part, or says on stderr why it is left out: `libcuda.so.1` and
/// `vgpu-host` are looked for where an installation has them, relative to this program.
void register_end_to_end();
/// Registers the kernels of the software device `library`.
void register_software_device(const std::filesystem::path& library);

}  // namespace vgpu::bench
