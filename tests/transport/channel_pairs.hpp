#pragma once

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "vgpu/transport/connect.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/in_process.hpp"
#include "vgpu/transport/listen.hpp"

namespace vgpu::transport::test {

enum class Kind { in_process, shm, unix_socket, tcp };

inline constexpr std::array all_kinds{Kind::in_process, Kind::shm, Kind::unix_socket, Kind::tcp};

inline std::string name_of(Kind kind) {
  switch (kind) {
    case Kind::in_process:
      return "in_process";
    case Kind::shm:
      return "shm";
    case Kind::unix_socket:
      return "unix";
    case Kind::tcp:
      return "tcp";
  }
  return "?";
}

/// The value of a result that a test cannot do without.
template <class T>
T need(support::Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.message());
  return std::move(*result);
}

struct Sockets {
  support::UniqueFd guest;
  support::UniqueFd host;
};

inline Sockets unix_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::runtime_error("no socket pair");
  }
  return {support::UniqueFd(ends[0]), support::UniqueFd(ends[1])};
}

inline Sockets tcp_pair() {
  Listener listener = need(Listener::open(need(parse_url("tcp://127.0.0.1:0"))));
  Sockets sockets;
  sockets.guest = need(dial(listener.url(), std::chrono::seconds(10)));
  socket_io::wait_for(listener.fd(), POLLIN, std::chrono::seconds(10));
  sockets.host = need(listener.accept());
  return sockets;
}

/// What each end of a connection needs; an end can be made in another process.
struct Ends {
  Sockets sockets;
  support::UniqueFd guest_memory;
  support::UniqueFd host_memory;

  std::unique_ptr<Channel> guest(ChannelOptions options = {}) {
    return need(
        make_channel(std::move(sockets.guest), std::move(guest_memory), Role::guest, options));
  }
  std::unique_ptr<Channel> host(ChannelOptions options = {}) {
    return need(make_channel(std::move(sockets.host), std::move(host_memory), Role::host, options));
  }
};

inline Ends make_ends(Kind kind, std::size_t ring_bytes = default_ring_memory_bytes) {
  Ends ends;
  ends.sockets = kind == Kind::tcp ? tcp_pair() : unix_pair();
  if (kind == Kind::shm) {
    ends.guest_memory = need(create_ring_memory(ring_bytes));
    ends.host_memory = need(support::duplicate(ends.guest_memory.get()));
  }
  return ends;
}

struct Pair {
  std::unique_ptr<Channel> guest;
  std::unique_ptr<Channel> host;
};

inline Pair make_pair(Kind kind, ChannelOptions options = {}) {
  if (kind == Kind::in_process) {
    InProcessPair pair = need(in_process_pair(options));
    return {std::move(pair.guest), std::move(pair.host)};
  }
  Ends ends = make_ends(kind);
  Pair pair;
  pair.guest = ends.guest(options);
  pair.host = ends.host(options);
  return pair;
}

}  // namespace vgpu::transport::test
