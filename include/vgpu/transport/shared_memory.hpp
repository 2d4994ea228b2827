#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/ring_channel.hpp"
#include "vgpu/transport/socket_io.hpp"

/// Rings in a memfd that guest and host map. The guest makes the memory and sends it with its
/// Hello; the unix socket over which it did stays open to carry descriptors and to show that a peer
/// died.
namespace vgpu::transport {

inline constexpr std::size_t default_ring_memory_bytes = std::size_t{1} << 20;
inline constexpr std::size_t min_ring_memory_bytes = std::size_t{16} << 10;
inline constexpr std::size_t max_ring_memory_bytes = std::size_t{64} << 20;

/// How ring memory of a given size is divided: requests (guest to host) in the first half, replies
/// in the second, each half a RingControl and as many slots as fit.
struct RingMemoryLayout {
  std::size_t slots;         ///< per direction
  std::size_t reply_offset;  ///< where the second half begins
  std::size_t frame_cap;     ///< body bytes of the largest frame

  /// The layout of `bytes`, a multiple of 4096 between min_ and max_ring_memory_bytes.
  static support::Result<RingMemoryLayout> of(std::size_t bytes) {
    if (bytes < min_ring_memory_bytes || bytes > max_ring_memory_bytes || bytes % 4096 != 0) {
      return support::Error{"ring memory of " + std::to_string(bytes) +
                            " bytes: it has to be a multiple of 4096 from " +
                            std::to_string(min_ring_memory_bytes) + " to " +
                            std::to_string(max_ring_memory_bytes)};
    }
    std::size_t half = bytes / 2;
    std::size_t slots = wire::RingView::slots_in(half);
    return RingMemoryLayout{slots, half, wire::RingView::frame_cap_for(slots)};
  }
};

/// Makes zeroed ring memory for one channel, sealed against resizing.
inline support::Result<support::UniqueFd> create_ring_memory(
    std::size_t bytes = default_ring_memory_bytes) {
  support::Result<RingMemoryLayout> layout = RingMemoryLayout::of(bytes);
  if (!layout.ok()) return layout.error();
  support::UniqueFd memory(::memfd_create("vgpu-rings", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return support::system_error("cannot create ring memory", errno);
  if (::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0) {
    return support::system_error("cannot size ring memory", errno);
  }
  if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return support::system_error("cannot seal ring memory", errno);
  }
  return memory;
}

/// Maps ring memory that a peer sent, or that create_ring_memory made, after checking that touching
/// it can never fault: a memfd in ordinary pages, sealed against shrinking, of an allowed size.
inline support::Result<support::Mapping> map_ring_memory(int memory) {
  struct stat status {};
  struct statfs filesystem {};
  if (::fstat(memory, &status) != 0 || ::fstatfs(memory, &filesystem) != 0) {
    return support::system_error("cannot examine the ring memory", errno);
  }
  if (!S_ISREG(status.st_mode) || filesystem.f_type != TMPFS_MAGIC) {
    return support::Error{"the ring memory is no memfd in ordinary pages"};
  }
  int seals = ::fcntl(memory, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || (seals & F_SEAL_GROW) == 0) {
    return support::Error{"the ring memory is not sealed against resizing"};
  }
  support::Result<RingMemoryLayout> layout =
      RingMemoryLayout::of(static_cast<std::size_t>(status.st_size));
  if (!layout.ok()) return layout.error();
  return support::Mapping::map(memory, static_cast<std::size_t>(status.st_size),
                               PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE);
}

/// The link of a shared-memory channel: the mapping and the socket.
class SharedMemoryLink {
 public:
  SharedMemoryLink(support::Mapping memory, support::UniqueFd socket) noexcept
      : memory_(std::move(memory)), socket_(std::move(socket)) {}

  [[nodiscard]] bool peer_alive() const noexcept { return !socket_io::peer_gone(socket_.get()); }
  [[nodiscard]] bool carries_descriptors() const noexcept { return true; }

  bool send_descriptor(int fd, FirstError& error) noexcept {
    std::byte token{1};
    iovec part{&token, 1};
    for (;;) {
      if (socket_io::send_some(socket_.get(), {&part, 1}, fd) == 1) return true;
      if (errno != EAGAIN) return explain("cannot send a descriptor", error);
      socket_io::wait_for(socket_.get(), POLLOUT, liveness_interval);
      if (!peer_alive()) return explain("the peer is gone", error);
    }
  }

  // An honest peer sends the descriptor before it publishes the frame, so no waiting is due here.
  bool receive_descriptor(support::UniqueFd& received, FirstError& error) noexcept {
    std::byte token{};
    ssize_t bytes = socket_io::receive_some(
        socket_.get(), {&token, 1}, [&](support::UniqueFd fd) { received = std::move(fd); });
    if (bytes == 1 && received) return true;
    received.reset();
    error.set("a frame announced a descriptor that was not sent");
    return false;
  }

  void shut_down() noexcept { ::shutdown(socket_.get(), SHUT_RDWR); }
  void abandon() noexcept { socket_.reset(); }

 private:
  static bool explain(std::string_view what, FirstError& error) noexcept {
    try {
      error.set(support::system_error(what, errno).message);
    } catch (...) {
      error.set(what);
    }
    return false;
  }

  support::Mapping memory_;
  support::UniqueFd socket_;
};

using SharedMemoryChannel = RingChannel<SharedMemoryLink>;
static_assert(FrameChannel<SharedMemoryChannel>);

/// One end of a shared-memory channel over `memory` (checked, mapped and closed) and the connected
/// unix socket `socket`. Both ends make theirs over the same, fresh memory.
inline support::Result<std::unique_ptr<Channel>> make_shared_memory_channel(
    support::UniqueFd socket, support::UniqueFd memory, Role role, ChannelOptions options = {}) {
  support::Result<support::Mapping> mapping = map_ring_memory(memory.get());
  if (!mapping.ok()) return mapping.error();
  support::Result<RingMemoryLayout> layout = RingMemoryLayout::of(mapping->size());
  if (!layout.ok()) return layout.error();
  wire::RingView requests(mapping->data(), layout->slots);
  wire::RingView replies(mapping->data() + layout->reply_offset, layout->slots);
  SharedMemoryLink link(std::move(*mapping), std::move(socket));
  bool guest = role == Role::guest;
  std::unique_ptr<Channel> channel = std::make_unique<SharedMemoryChannel>(
      std::move(link), guest ? requests : replies, guest ? replies : requests, options);
  return channel;
}

}  // namespace vgpu::transport
