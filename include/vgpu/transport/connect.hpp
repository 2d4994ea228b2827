#pragma once

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/address.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/socket_io.hpp"
#include "vgpu/transport/tcp.hpp"
#include "vgpu/transport/url.hpp"

namespace vgpu::transport {

namespace connect_detail {

/// Connects a non-blocking socket; 0 or an errno value.
inline int connect_by(int fd, const sockaddr* address, socklen_t length,
                      const Deadline& deadline) noexcept {
  while (::connect(fd, address, length) != 0) {
    if (errno == EINTR) continue;
    // EAGAIN: the backlog of a unix listener is full. It cannot be waited for, only tried again.
    if (errno == EAGAIN) {
      std::chrono::nanoseconds pause = deadline.left(std::chrono::milliseconds(2));
      if (pause.count() == 0) return ETIMEDOUT;
      timespec nap{0, static_cast<long>(pause.count())};
      ::nanosleep(&nap, nullptr);
      continue;
    }
    if (errno != EINPROGRESS && errno != EALREADY) return errno == EISCONN ? 0 : errno;
    while (socket_io::wait_for(fd, POLLOUT, deadline.left(liveness_interval)) == 0) {
      if (deadline.expired()) return ETIMEDOUT;
    }
    int problem = 0;
    socklen_t size = sizeof(problem);
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) return errno;
    return problem;
  }
  return 0;
}

inline std::string reason(const Url& url, int code) {
  std::string text = "cannot connect to " + url.text() + ": ";
  switch (code) {
    case ENOENT:
      return text + "there is no socket at that path; is vgpu-host running and listening there?";
    case ECONNREFUSED:
      return text + "nobody listens there; is vgpu-host running?";
    case EACCES:
    case EPERM:
      return text + "this user may not use that socket";
    case ETIMEDOUT:
      return text + "no answer in time";
    default:
      return text + std::strerror(code);
  }
}

}  // namespace connect_detail

/// Connects to a listening host within `timeout`. The socket is blocking, close-on-exec, and ready
/// for HandshakeSocket. The error is a sentence that names the URL; its code is an errno value.
inline support::Result<support::UniqueFd> dial(const Url& url, std::chrono::nanoseconds timeout) {
  Deadline deadline(timeout);
  int problem = 0;
  support::UniqueFd connected;
  auto attempt = [&](int family, const sockaddr* address, socklen_t length) {
    support::Result<support::UniqueFd> fd = address::stream_socket(family, SOCK_NONBLOCK);
    if (!fd.ok()) {
      problem = fd.error().code;
      return false;
    }
    problem = connect_detail::connect_by(fd->get(), address, length, deadline);
    if (problem == 0) connected = std::move(*fd);
    return problem == 0;
  };
  if (url.scheme == Url::Scheme::tcp) {
    support::Result<address::Addresses> addresses = address::resolve(url, false);
    if (!addresses.ok()) {
      return support::Error{"cannot connect to " + url.text() + ": " + addresses.message(), EIO};
    }
    for (addrinfo* at = addresses->get(); at != nullptr; at = at->ai_next) {
      if (attempt(at->ai_family, at->ai_addr, at->ai_addrlen)) break;
    }
  } else {
    sockaddr_un where = address::of_path(url.path);
    attempt(AF_UNIX, reinterpret_cast<const sockaddr*>(&where), sizeof(where));
  }
  if (!connected) return support::Error{connect_detail::reason(url, problem), problem};
  if (url.scheme == Url::Scheme::tcp) {
    support::Result<void> configured = configure_tcp(connected.get());
    if (!configured.ok()) return configured.error();
  }
  int flags = ::fcntl(connected.get(), F_GETFL);
  if (flags < 0 || ::fcntl(connected.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return support::system_error("cannot configure the connection to " + url.text(), errno);
  }
  return connected;
}

}  // namespace vgpu::transport
