#pragma once

#include <sys/un.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "vgpu/support/result.hpp"

namespace vgpu::transport {

/// Where a host listens: `shm:///path`, `unix:///path` or `tcp://host:port`.
struct Url {
  enum class Scheme {
    shm,   ///< rings in shared memory; `path` is the unix socket over which they are agreed
    unix,  ///< a unix stream socket
    tcp,   ///< a TCP connection
  };

  Scheme scheme = Scheme::unix;
  std::string path;        ///< shm, unix: absolute
  std::string host;        ///< tcp: a name or an address; without the brackets of IPv6
  std::uint16_t port = 0;  ///< tcp; 0 lets a listener choose

  /// The URL as text; parse_url() of it gives the same Url.
  [[nodiscard]] std::string text() const {
    switch (scheme) {
      case Scheme::shm:
        return "shm://" + path;
      case Scheme::unix:
        return "unix://" + path;
      case Scheme::tcp:
        break;
    }
    bool brackets = host.find(':') != std::string::npos;
    return "tcp://" + (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }

  friend bool operator==(const Url&, const Url&) = default;
};

namespace url_detail {

inline support::Result<Url> socket_path(Url url, std::string_view rest, const std::string& quoted) {
  if (rest.empty() || rest.front() != '/') {
    return support::Error{quoted + ": the path of the socket has to be absolute, as in " +
                          (url.scheme == Url::Scheme::shm ? "shm" : "unix") +
                          ":///run/vgpu/host.socket"};
  }
  if (rest.find('\0') != std::string_view::npos) {
    return support::Error{quoted + ": the path of the socket contains a zero byte"};
  }
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (rest.size() > longest) {
    return support::Error{quoted + ": the path of the socket has " + std::to_string(rest.size()) +
                          " bytes, and the system allows " + std::to_string(longest)};
  }
  url.path = rest;
  return url;
}

inline support::Result<Url> host_and_port(Url url, std::string_view rest,
                                          const std::string& quoted) {
  std::size_t colon = rest.rfind(':');
  if (!rest.empty() && rest.front() == '[') {
    std::size_t bracket = rest.find(']');
    if (bracket == std::string_view::npos) {
      return support::Error{quoted + ": the bracket of the IPv6 address is not closed"};
    }
    if (bracket + 1 >= rest.size() || rest[bracket + 1] != ':') {
      return support::Error{quoted + ": no port, as in tcp://[::1]:4000"};
    }
    colon = bracket + 1;
    url.host = rest.substr(1, bracket - 1);
  } else {
    if (colon == std::string_view::npos) {
      return support::Error{quoted + ": no port, as in tcp://localhost:4000"};
    }
    url.host = rest.substr(0, colon);
    if (url.host.find(':') != std::string::npos) {
      return support::Error{quoted + ": an IPv6 address needs brackets, as in tcp://[::1]:4000"};
    }
  }
  if (url.host.empty()) return support::Error{quoted + ": no host before the port"};
  if (url.host.find('/') != std::string::npos) {
    return support::Error{quoted + ": the host contains a slash"};
  }
  std::string_view port = rest.substr(colon + 1);
  unsigned value = 0;
  auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (port.empty() || problem != std::errc{} || end != port.data() + port.size() ||
      value > UINT16_MAX) {
    return support::Error{quoted + ": the port has to be a number from 0 to 65535"};
  }
  url.port = static_cast<std::uint16_t>(value);
  return url;
}

}  // namespace url_detail

/// Reads a URL; the error is a sentence that quotes it and says what is wrong.
inline support::Result<Url> parse_url(std::string_view text) {
  std::string quoted = "URL \"" + std::string(text) + "\"";
  std::size_t separator = text.find("://");
  if (separator == std::string_view::npos) {
    return support::Error{quoted + ": it has to be shm:///path, unix:///path or tcp://host:port"};
  }
  std::string_view scheme = text.substr(0, separator);
  std::string_view rest = text.substr(separator + 3);
  Url url;
  if (scheme == "shm") {
    url.scheme = Url::Scheme::shm;
    return url_detail::socket_path(std::move(url), rest, quoted);
  }
  if (scheme == "unix") {
    url.scheme = Url::Scheme::unix;
    return url_detail::socket_path(std::move(url), rest, quoted);
  }
  if (scheme == "tcp") {
    url.scheme = Url::Scheme::tcp;
    return url_detail::host_and_port(std::move(url), rest, quoted);
  }
  return support::Error{quoted + ": the transport \"" + std::string(scheme) +
                        "\" is unknown; there are shm, unix and tcp"};
}

}  // namespace vgpu::transport
