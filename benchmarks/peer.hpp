#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

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

}  // namespace vgpu::bench
