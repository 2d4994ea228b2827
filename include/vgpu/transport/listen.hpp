#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/address.hpp"
#include "vgpu/transport/socket_io.hpp"
#include "vgpu/transport/tcp.hpp"
#include "vgpu/transport/url.hpp"

namespace vgpu::transport {

/// Accepts connections at one URL. A socket file is removed again by the process that made it.
class Listener {
 public:
  /// Listens at `url`. A socket file that a dead process left behind is replaced; one at which
  /// somebody listens, or a file that is no socket, is an error.
  static support::Result<Listener> open(const Url& url) {
    return url.scheme == Url::Scheme::tcp ? open_tcp(url) : open_path(url);
  }

  Listener(Listener&& other) noexcept
      : fd_(std::move(other.fd_)),
        url_(std::move(other.url_)),
        owner_(std::exchange(other.owner_, 0)) {}
  Listener& operator=(Listener&& other) noexcept {
    if (this != &other) {
      remove_path();
      fd_ = std::move(other.fd_);
      url_ = std::move(other.url_);
      owner_ = std::exchange(other.owner_, 0);
    }
    return *this;
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { remove_path(); }

  /// For poll(): readable when accept() has something. Non-blocking.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  /// Where this listens; with the port that the system chose when the URL said 0.
  [[nodiscard]] const Url& url() const noexcept { return url_; }

  /// The next connection, blocking and close-on-exec; an empty UniqueFd when none is waiting.
  /// Errors (no descriptors left, for example) leave the listener usable.
  support::Result<support::UniqueFd> accept() {
    support::UniqueFd connection;
    do {
      connection.reset(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    } while (!connection && (errno == EINTR || errno == ECONNABORTED));
    if (!connection) {
      if (errno == EAGAIN) return support::UniqueFd();
      return support::system_error("cannot accept a connection at " + url_.text(), errno);
    }
    if (url_.scheme == Url::Scheme::tcp) {
      support::Result<void> configured = configure_tcp(connection.get());
      if (!configured.ok()) return configured.error();
    }
    return connection;
  }

  /// Closes the socket and removes its file. For a forked child: closes without removing.
  void close() noexcept {
    remove_path();
    fd_.reset();
  }

 private:
  static constexpr int backlog = 512;

  Listener(support::UniqueFd fd, Url url) noexcept
      : fd_(std::move(fd)), url_(std::move(url)), owner_(::getpid()) {}

  static support::Error problem(const Url& url, std::string_view what, int code) {
    return support::system_error("cannot listen at " + url.text() + ": " + std::string(what), code);
  }

  /// Whether the process that listens at the other end is gone: a child that it was about to start
  /// when it was killed has the socket for a moment longer, and nobody will accept from it.
  static bool listens_for_the_dead(int connection) noexcept {
    ucred peer{};
    socklen_t size = sizeof(peer);
    return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 &&
           ::kill(peer.pid, 0) != 0 && errno == ESRCH;
  }

  static support::Result<Listener> open_path(const Url& url) {
    sockaddr_un where = address::of_path(url.path);
    const auto* generic = reinterpret_cast<const sockaddr*>(&where);
    struct stat status {};
    if (::lstat(url.path.c_str(), &status) == 0) {
      if (!S_ISSOCK(status.st_mode)) {
        return support::Error{
            "cannot listen at " + url.text() + ": a file that is no socket is there", EEXIST};
      }
      support::Result<support::UniqueFd> probe = address::stream_socket(AF_UNIX, SOCK_NONBLOCK);
      if (!probe.ok()) return probe.error();
      const bool connected = ::connect(probe->get(), generic, sizeof(where)) == 0;
      // EAGAIN: somebody listens and has as many connections waiting as fit.
      if (connected ? !listens_for_the_dead(probe->get()) : errno == EAGAIN) {
        return support::Error{"cannot listen at " + url.text() + ": another process listens there",
                              EADDRINUSE};
      }
      if (!connected && errno != ECONNREFUSED) return problem(url, "the socket there", errno);
      ::unlink(url.path.c_str());
    }
    support::Result<support::UniqueFd> fd = address::stream_socket(AF_UNIX, SOCK_NONBLOCK);
    if (!fd.ok()) return fd.error();
    if (::bind(fd->get(), generic, sizeof(where)) != 0) return problem(url, "bind", errno);
    Listener listener(std::move(*fd), url);
    if (::listen(listener.fd(), backlog) != 0) return problem(url, "listen", errno);
    return listener;
  }

  static support::Result<Listener> open_tcp(const Url& url) {
    support::Result<address::Addresses> addresses = address::resolve(url, true);
    if (!addresses.ok()) {
      return support::Error{"cannot listen at " + url.text() + ": " + addresses.message()};
    }
    int code = 0;
    for (addrinfo* at = addresses->get(); at != nullptr; at = at->ai_next) {
      support::Result<support::UniqueFd> fd = address::stream_socket(at->ai_family, SOCK_NONBLOCK);
      if (!fd.ok()) {
        code = fd.error().code;
        continue;
      }
      int on = 1;
      ::setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
      if (::bind(fd->get(), at->ai_addr, at->ai_addrlen) != 0 ||
          ::listen(fd->get(), backlog) != 0) {
        code = errno;
        continue;
      }
      Url bound = url;
      bound.port = port_of(fd->get());
      return Listener(std::move(*fd), std::move(bound));
    }
    return problem(url, "bind", code);
  }

  static std::uint16_t port_of(int fd) noexcept {
    sockaddr_storage storage{};
    socklen_t length = sizeof(storage);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
    if (storage.ss_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, &storage, sizeof(address));
      return ntohs(address.sin6_port);
    }
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof(address));
    return ntohs(address.sin_port);
  }

  void remove_path() noexcept {
    if (std::exchange(owner_, 0) != ::getpid() || url_.scheme == Url::Scheme::tcp || !fd_) return;
    ::unlink(url_.path.c_str());
  }

  support::UniqueFd fd_;
  Url url_;
  pid_t owner_ = 0;
};

}  // namespace vgpu::transport
