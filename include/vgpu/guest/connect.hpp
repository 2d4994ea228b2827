#pragma once

/// \file
/// How a session reaches its host: the Dialer for a URL, and which URL that is.

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "vgpu/guest/session.hpp"
#include "vgpu/transport/connect.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/url.hpp"

namespace vgpu::guest {

/// A Dialer for shm, unix and tcp URLs.
inline Dialer url_dialer(transport::Url url) {
  return [url = std::move(url)](
             const Hello& wanted,
             ReplyBuffer& reply) -> support::Result<std::unique_ptr<transport::Channel>> {
    constexpr std::chrono::seconds connect_timeout{5};
    constexpr std::chrono::seconds answer_timeout{30};  // a cold worker initialises its driver
    auto socket = transport::dial(url, connect_timeout);
    if (!socket) return socket.error();
    transport::HandshakeSocket handshake(std::move(*socket));
    Hello hello = wanted;
    support::UniqueFd ring_memory;
    if (url.scheme == transport::Url::Scheme::shm) {
      auto memory = transport::create_ring_memory();
      if (!memory) return memory.error();
      ring_memory = std::move(*memory);
      hello.ring_bytes = static_cast<std::uint32_t>(transport::default_ring_memory_bytes);
    } else {
      hello.features &= ~(feature::shared_host_memory | feature::staging);
    }
    if (url.scheme == transport::Url::Scheme::tcp) hello.features &= ~feature::descriptors;
    ReplyBuffer encoded;
    const std::size_t bytes = call::encoded_size(hello);
    call::encode(hello, encoded.resize(bytes));
    wire::FrameHeader header;
    header.operation = hello_operation;
    const int descriptor = ring_memory.get();
    const std::span<const int> descriptors =
        ring_memory ? std::span<const int>(&descriptor, 1) : std::span<const int>();
    if (auto sent = handshake.send(header, {encoded.data(), bytes}, connect_timeout, descriptors);
        !sent) {
      return sent.error();
    }
    auto answer = handshake.receive(answer_timeout);
    if (!answer) return answer.error();
    const std::span<const std::byte> body = answer->body();
    std::memcpy(reply.resize(body.size()), body.data(), body.size());
    HelloReply decoded;
    std::span<const std::byte> rest;
    if (!call::decode({reply.data(), reply.size()}, answer->header.data_words, decoded, rest)) {
      return support::Error{"the host's answer to the handshake is malformed", EPROTO};
    }
    if (decoded.accepted != 1) return refusal(decoded);
    transport::ChannelOptions options;
    constexpr std::uint32_t longest_spin = 1000;
    options.spin = std::chrono::microseconds(
        decoded.spin_microseconds < longest_spin ? decoded.spin_microseconds : longest_spin);
    if (decoded.frame_cap != 0) options.frame_cap = decoded.frame_cap;
    return transport::make_channel(handshake.release(), std::move(ring_memory),
                                   transport::Role::guest, options);
  };
}

/// The URL of the host, and where that came from.
struct HostAddress {
  std::string url;
  std::string source;  ///< "VGPU_HOST" or "the default"
};

/// VGPU_HOST; else the socket of the user's own host when there is one; else the system's.
inline HostAddress host_address() {
  const char* url = std::getenv("VGPU_HOST");
  if (url != nullptr && *url != '\0') return {url, "from VGPU_HOST"};
  const char* folder = std::getenv("XDG_RUNTIME_DIR");
  if (folder != nullptr && *folder == '/') {
    const std::string path = std::string(folder) + "/vgpu.sock";
    if (::access(path.c_str(), F_OK) == 0) return {"shm://" + path, "found in XDG_RUNTIME_DIR"};
  }
  return {"shm:///run/vgpu/host.sock", "the default"};
}

}  // namespace vgpu::guest
