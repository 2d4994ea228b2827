#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "vgpu/transport/stream_channel.hpp"

namespace vgpu::transport {

/// Sets what every TCP connection of ours has: no delay for small frames, and probes that notice a
/// machine that vanished without a word (after about 10 seconds; a process that dies is noticed at
/// once).
inline support::Result<void> configure_tcp(int socket) {
  auto set = [&](int level, int option, int value) {
    return ::setsockopt(socket, level, option, &value, sizeof(value)) == 0;
  };
  if (!set(IPPROTO_TCP, TCP_NODELAY, 1)) {
    return support::system_error("cannot set TCP_NODELAY", errno);
  }
  if (!set(SOL_SOCKET, SO_KEEPALIVE, 1) || !set(IPPROTO_TCP, TCP_KEEPIDLE, 4) ||
      !set(IPPROTO_TCP, TCP_KEEPINTVL, 2) || !set(IPPROTO_TCP, TCP_KEEPCNT, 3) ||
      !set(IPPROTO_TCP, TCP_USER_TIMEOUT, 10'000)) {
    return support::system_error("cannot set TCP keep-alive", errno);
  }
  return {};
}

/// A channel over a connected TCP socket. Carries no descriptors.
inline support::Result<std::unique_ptr<Channel>> make_tcp_channel(support::UniqueFd socket,
                                                                  ChannelOptions options = {}) {
  support::Result<void> configured = configure_tcp(socket.get());
  if (!configured.ok()) return configured.error();
  return StreamChannel::make(std::move(socket), StreamChannel::Descriptors::no, options);
}

}  // namespace vgpu::transport
