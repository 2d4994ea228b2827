#pragma once

/// \file
/// The host's side of the handshake: reading a Hello and answering it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <vgpu/operations.hpp>

#include "options.hpp"
#include "vgpu/call/codec.hpp"
#include "vgpu/guest/hello.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/transport/handshake.hpp"

namespace vgpu::host {

using Hello = guest::Hello;
using HelloReply = guest::HelloReply;
inline constexpr std::uint16_t protocol_version = guest::protocol_version;

/// How long a host waits for a guest to take a handshake message.
inline constexpr std::chrono::milliseconds greeting_timeout{500};

inline support::Result<void> send_reply(transport::HandshakeSocket& socket,
                                        const HelloReply& reply) {
  std::vector<std::uint64_t> words(call::encoded_size(reply) / sizeof(std::uint64_t));
  call::encode(reply, reinterpret_cast<std::byte*>(words.data()));
  transport::FrameHeader header;
  header.operation = transport::handshake_operation;
  header.flags = wire::frame_flag::reply;
  return socket.send(header, std::as_bytes(std::span(words)), greeting_timeout);
}

/// The fields that every reply has.
inline HelloReply blank_reply() {
  static const std::vector<std::uint64_t> hashes = [] {
    std::vector<std::uint64_t> list;
    list.reserve(call::schema_files.size());
    for (const call::SchemaFile& file : call::schema_files) list.push_back(file.hash);
    return list;
  }();
  HelloReply reply;
  reply.protocol_version = protocol_version;
  reply.process_id = static_cast<std::uint32_t>(::getpid());
  reply.schema_hashes = hashes;
  return reply;
}

/// Answers with a refusal, as far as the guest takes it.
inline void refuse(transport::HandshakeSocket& socket, std::string_view reason) {
  HelloReply reply = blank_reply();
  reply.reason = reason;
  static_cast<void>(send_reply(socket, reply));
}

/// "13.0" for 13000.
inline std::string cuda_version_text(std::uint32_t version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/// Reads a Hello; views in it point into `body`. Errors: it is none, of another protocol version (a
/// sentence that says what both sides have), or of a role that does not exist.
inline support::Result<Hello> read_hello(std::span<const std::byte> body) {
  Hello hello;
  std::span<const std::byte> trailing;
  if (!call::decode(body, 0, hello, trailing)) {
    return support::Error{"the Hello of the guest is malformed"};
  }
  if (hello.protocol_version != protocol_version) {
    return support::Error{"this host (vgpu " + std::string(version_text) + ") speaks version " +
                          std::to_string(protocol_version) +
                          " of the vgpu protocol, the guest speaks version " +
                          std::to_string(hello.protocol_version) + " (built against CUDA " +
                          cuda_version_text(hello.cuda_version) +
                          "); install the same version of vgpu on both sides"};
  }
  if (hello.role > static_cast<std::uint16_t>(guest::ChannelRole::callbacks)) {
    return support::Error{"there is no channel role " + std::to_string(hello.role) +
                          "; a guest opens role 0 for calls or role 1 for callbacks"};
  }
  return hello;
}

/// A guest's words in a form that a log can take: one line, of a bounded length.
inline std::string printable(std::string_view text) {
  constexpr std::size_t most = 256;
  std::string line(text.substr(0, most));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return line;
}

/// Compares without telling by its duration where the two differ.
inline bool same_secret(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  std::uint8_t difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && !b.empty(); ++i) {
    difference = static_cast<std::uint8_t>(difference |
                                           std::to_integer<std::uint8_t>(a[i] ^ b[i % b.size()]));
  }
  return difference == 0;
}

}  // namespace vgpu::host
