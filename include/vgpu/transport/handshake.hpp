#pragma once

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/shared_memory.hpp"
#include "vgpu/transport/socket_io.hpp"
#include "vgpu/transport/tcp.hpp"
#include "vgpu/transport/unix_socket.hpp"

namespace vgpu::transport {

/// The operation number of Hello and HelloReply.
inline constexpr std::uint16_t handshake_operation = 1;
/// Largest body of a handshake frame.
inline constexpr std::size_t handshake_limit = std::size_t{64} << 10;
/// Most descriptors that travel with a handshake frame.
inline constexpr std::size_t handshake_descriptors = 2;

struct HandshakeFrame {
  FrameHeader header;
  std::vector<std::uint64_t> words;  ///< the body, zero-padded to whole words
  std::array<support::UniqueFd, handshake_descriptors> descriptors;  ///< in the order sent
  std::size_t descriptor_count = 0;

  /// The body: 8-byte aligned, header.length bytes.
  [[nodiscard]] std::span<const std::byte> body() const noexcept {
    return std::as_bytes(std::span(words)).first(header.length);
  }
};

/// Exchanges the frames that precede a channel over a connected stream socket. Reads not one byte
/// more than the frame, so what follows belongs to the channel. Handshake frames have sequence 1;
/// the channel counts from 1 anew. One thread at a time.
class HandshakeSocket {
 public:
  explicit HandshakeSocket(support::UniqueFd socket) noexcept : socket_(std::move(socket)) {}

  /// For poll(): readable when try_receive() may get on.
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

  /// Gives the socket up, to make_channel().
  [[nodiscard]] support::UniqueFd release() noexcept { return std::move(socket_); }

  /// Sends one frame with `body` within `timeout`. `descriptors` stay the caller's; a TCP socket
  /// carries none. `header`: sequence, length and the descriptor flag are assigned.
  support::Result<void> send(FrameHeader header, std::span<const std::byte> body,
                             std::chrono::nanoseconds timeout,
                             std::span<const int> descriptors = {}) {
    if (body.size() > handshake_limit || descriptors.size() > handshake_descriptors) {
      return support::Error{"a handshake message is too large", EMSGSIZE};
    }
    Deadline deadline(timeout);
    header.sequence = 1;
    header.length = static_cast<std::uint32_t>(body.size());
    header.flags = static_cast<std::uint8_t>(header.flags & ~wire::frame_flag::descriptor);
    if (!descriptors.empty()) header.flags |= wire::frame_flag::descriptor;
    std::vector<std::byte> bytes(
        wire::frame_header_bytes + wire::round_up(body.size(), stream_unit), std::byte{});
    std::memcpy(bytes.data(), &header, sizeof(header));
    if (!body.empty()) std::memcpy(bytes.data() + sizeof(header), body.data(), body.size());
    // One descriptor per byte sent, for the first bytes, keeps them in order.
    std::size_t at = 0;
    while (at < bytes.size()) {
      bool carries = at < descriptors.size();
      iovec part{bytes.data() + at, carries ? 1 : bytes.size() - at};
      ssize_t sent =
          socket_io::send_some(socket_.get(), {&part, 1}, carries ? descriptors[at] : -1);
      if (sent > 0) {
        at += static_cast<std::size_t>(sent);
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return support::Error{"the peer closed the connection during the handshake", errno};
      } else if (errno != EAGAIN) {
        return support::system_error("cannot send a handshake message", errno);
      } else if (deadline.expired()) {
        return support::Error{"the peer did not take the handshake message in time", ETIMEDOUT};
      } else {
        socket_io::wait_for(socket_.get(), POLLOUT, deadline.left(liveness_interval));
      }
    }
    return {};
  }

  /// Reads what has arrived, without blocking. True: a frame is complete, take it with take().
  /// False: poll fd() and call again. After an error the connection is of no use.
  support::Result<bool> try_receive() {
    for (;;) {
      std::size_t wanted = wire::frame_header_bytes;
      if (received_ >= wire::frame_header_bytes) {
        wanted += frame_.words.size() * sizeof(std::uint64_t);
        if (received_ == wanted) return finish();
      }
      ssize_t bytes = read(wanted);
      if (bytes < 0 && errno == EAGAIN) return false;
      if (bytes == 0 || (bytes < 0 && errno == ECONNRESET)) {
        return support::Error{"the peer closed the connection during the handshake", ECONNRESET};
      }
      if (bytes < 0) return support::system_error("cannot receive a handshake message", errno);
      received_ += static_cast<std::size_t>(bytes);
      if (received_ == wire::frame_header_bytes && wanted == received_) {
        support::Result<void> good = check_header();
        if (!good.ok()) return good.error();
      }
    }
  }

  /// The frame that try_receive() completed; the next one begins.
  [[nodiscard]] HandshakeFrame take() {
    received_ = 0;
    return std::exchange(frame_, HandshakeFrame{});
  }

  /// Waits for one frame, at most `timeout`.
  support::Result<HandshakeFrame> receive(std::chrono::nanoseconds timeout) {
    Deadline deadline(timeout);
    for (;;) {
      support::Result<bool> complete = try_receive();
      if (!complete.ok()) return complete.error();
      if (*complete) return take();
      if (deadline.expired()) {
        return support::Error{"the peer did not answer the handshake in time", ETIMEDOUT};
      }
      socket_io::wait_for(socket_.get(), POLLIN, deadline.left(liveness_interval));
    }
  }

 private:
  ssize_t read(std::size_t wanted) noexcept {
    std::span<std::byte> into;
    if (received_ < wire::frame_header_bytes) {
      into = std::span(header_bytes_).subspan(received_);
    } else {
      into = std::as_writable_bytes(std::span(frame_.words))
                 .subspan(received_ - wire::frame_header_bytes, wanted - received_);
    }
    return socket_io::receive_some(socket_.get(), into, [&](support::UniqueFd fd) {
      if (frame_.descriptor_count < handshake_descriptors) {
        frame_.descriptors[frame_.descriptor_count++] = std::move(fd);
      } else {
        too_many_descriptors_ = true;
      }
    });
  }

  support::Result<void> check_header() {
    std::memcpy(&frame_.header, header_bytes_.data(), sizeof(FrameHeader));
    const FrameHeader& header = frame_.header;
    if (header.sequence != 1 || header.operation != handshake_operation) {
      return support::Error{"the peer does not speak the vgpu protocol", EPROTO};
    }
    constexpr auto allowed =
        static_cast<std::uint8_t>(wire::frame_flag::reply | wire::frame_flag::descriptor);
    if ((header.flags & ~allowed) != 0) {
      return support::Error{"a handshake message has unknown flags", EPROTO};
    }
    if (header.length > handshake_limit) {
      return support::Error{"a handshake message of " + std::to_string(header.length) +
                                " bytes exceeds the limit of " + std::to_string(handshake_limit),
                            EMSGSIZE};
    }
    frame_.words.assign(wire::round_up(header.length, stream_unit) / stream_unit, 0);
    return {};
  }

  support::Result<bool> finish() {
    bool announced = (frame_.header.flags & wire::frame_flag::descriptor) != 0;
    if (too_many_descriptors_ || announced != (frame_.descriptor_count != 0)) {
      return support::Error{"a handshake message came with other descriptors than it announced",
                            EPROTO};
    }
    return true;
  }

  support::UniqueFd socket_;
  std::array<std::byte, wire::frame_header_bytes> header_bytes_{};
  std::size_t received_ = 0;
  bool too_many_descriptors_ = false;
  HandshakeFrame frame_;
};

/// The channel that follows a handshake. With `ring_memory` it is a shared-memory channel (the
/// guest passes what it sent, the host what it got; both only after the handshake is over), else
/// one over the socket itself, whichever kind it is.
inline support::Result<std::unique_ptr<Channel>> make_channel(support::UniqueFd socket,
                                                              support::UniqueFd ring_memory,
                                                              Role role,
                                                              ChannelOptions options = {}) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return support::system_error("cannot examine the connection", errno);
  }
  if (ring_memory) {
    if (address.ss_family != AF_UNIX) {
      return support::Error{"ring memory needs a unix socket beside it"};
    }
    return make_shared_memory_channel(std::move(socket), std::move(ring_memory), role, options);
  }
  if (address.ss_family == AF_UNIX) return make_unix_channel(std::move(socket), options);
  if (address.ss_family == AF_INET || address.ss_family == AF_INET6) {
    return make_tcp_channel(std::move(socket), options);
  }
  return support::Error{"the connection is no unix or TCP socket"};
}

}  // namespace vgpu::transport
