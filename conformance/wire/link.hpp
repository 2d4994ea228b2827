#pragma once

/// \file
/// One end of a channel, down to the byte: what an honest transport would never send can be sent
/// here, and what the peer sends is checked against the rules of docs/wire.md.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "vgpu/support/mapping.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/wire/frame_header.hpp"
#include "vgpu/wire/ring.hpp"

namespace vgpu::conformance::wire {

using support::UniqueFd;
using vgpu::wire::FrameHeader;
namespace frame_flag = vgpu::wire::frame_flag;

/// How long a peer may take for anything.
std::chrono::milliseconds patience() noexcept;
void set_patience(std::chrono::milliseconds time) noexcept;

/// The peer did what the protocol forbids, or nothing at all.
class PeerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// There is no peer at all.
class NoPeer : public PeerError {
 public:
  using PeerError::PeerError;
};

struct Frame {
  FrameHeader header;
  std::vector<std::uint64_t> words;  ///< the body, padded to whole words
  UniqueFd descriptor;

  [[nodiscard]] std::span<const std::byte> body() const noexcept {
    return std::as_bytes(std::span(words)).first(header.length);
  }
};

enum class Arrival { frame, nothing, ended };

/// A channel's end. Sequence numbers of sent frames count by themselves, those of received ones are
/// checked. Not thread-safe.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  /// Sends one frame, with the next sequence number and the length of `body`. False: the peer has
  /// ended, or took nothing within `patience`.
  bool send(FrameHeader header, std::span<const std::byte> body, int descriptor = -1);

  /// As send(), every field of the header as given; the body may have another length than it says.
  virtual bool send_as_is(const FrameHeader& header, std::span<const std::byte> body,
                          int descriptor = -1) = 0;

  /// Waits for a frame. Throws PeerError for one that breaks the rules of the transport.
  virtual Arrival receive(Frame& frame, std::chrono::milliseconds timeout) = 0;

  /// Whether the peer ends the channel within `patience`; frames that still come are dropped.
  bool ends();

  /// Closes without a word, as the kernel does for a process that died.
  virtual void drop() noexcept = 0;

  /// What one frame may carry.
  [[nodiscard]] std::size_t cap() const noexcept { return cap_; }
  [[nodiscard]] std::uint32_t sent_sequence() const noexcept { return sent_; }

 protected:
  std::size_t cap_ = 0;
  std::uint32_t sent_ = 0;
};

/// A connected stream socket: first the handshake, then perhaps a channel.
class SocketLink final : public Link {
 public:
  /// Before the handshake, when a frame may carry transport::handshake_limit bytes.
  explicit SocketLink(UniqueFd socket);

  /// The handshake is over: sequence numbers begin anew.
  void begin_channel(std::size_t frame_cap) noexcept;

  bool send_as_is(const FrameHeader& header, std::span<const std::byte> body,
                  int descriptor = -1) override;
  Arrival receive(Frame& frame, std::chrono::milliseconds timeout) override;
  void drop() noexcept override { socket_.reset(); }

  /// Sends bytes as they are.
  bool send_bytes(std::span<const std::byte> bytes, int descriptor = -1);
  /// As send(), a byte at a time.
  bool send_in_bytes(FrameHeader header, std::span<const std::byte> body);
  /// The end of what this side sends; it still receives.
  void finish_sending() noexcept;

  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] UniqueFd release() noexcept { return std::move(socket_); }

 private:
  void check_header() const;
  void check_padding() const;

  UniqueFd socket_;
  std::uint32_t received_ = 0;  ///< sequence number
  std::size_t bytes_ = 0;       ///< of the frame under way
  Frame under_way_;
  std::vector<UniqueFd> descriptors_;
};

/// A pair of rings in shared memory and the socket beside them.
class RingLink final : public Link {
 public:
  RingLink(UniqueFd socket, support::Mapping memory, transport::Role role);

  bool send_as_is(const FrameHeader& header, std::span<const std::byte> body,
                  int descriptor = -1) override;
  Arrival receive(Frame& frame, std::chrono::milliseconds timeout) override;
  /// Only the socket: the rings stay as they are.
  void drop() noexcept override { socket_.reset(); }

  /// The ring that this side writes.
  [[nodiscard]] vgpu::wire::RingView& outgoing() noexcept { return outgoing_; }

 private:
  bool wait_for_room(std::size_t slots);
  void publish(const FrameHeader& header, std::span<const std::byte> body, std::size_t slots);
  [[nodiscard]] bool peer_gone() const noexcept;

  UniqueFd socket_;
  support::Mapping memory_;
  vgpu::wire::RingView outgoing_;
  vgpu::wire::RingConsumer consumer_;
  std::size_t index_ = 0;
  std::uint64_t produced_ = 0;
};

/// The bytes of a frame as they cross a socket: header, body, padding.
std::vector<std::byte> frame_bytes(const FrameHeader& header, std::span<const std::byte> body);

}  // namespace vgpu::conformance::wire
