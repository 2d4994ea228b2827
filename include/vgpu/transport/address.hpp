#pragma once

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/url.hpp"

/// Socket addresses of URLs; shared by connect.hpp and listen.hpp.
namespace vgpu::transport::address {

/// The unix address of a shm or unix URL, whose path parse_url() has measured.
inline sockaddr_un of_path(const std::string& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof(address.sun_path) - 1));
  return address;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// The TCP addresses of `url`, never empty.
inline support::Result<Addresses> resolve(const Url& url, bool for_listening) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (for_listening ? AI_PASSIVE : 0);
  addrinfo* list = nullptr;
  int problem = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &list);
  if (problem != 0) {
    std::string reason =
        problem == EAI_SYSTEM ? std::strerror(errno) : std::string(::gai_strerror(problem));
    return support::Error{"cannot resolve the host name " + url.host + ": " + reason};
  }
  return Addresses(list);
}

/// A non-inherited stream socket of `family`.
inline support::Result<support::UniqueFd> stream_socket(int family, int extra_flags = 0) {
  support::UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | extra_flags, 0));
  if (!fd) return support::system_error("cannot make a socket", errno);
  return fd;
}

}  // namespace vgpu::transport::address
