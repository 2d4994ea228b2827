#pragma once

/// \file
/// What supervisor and worker say to each other, over a SOCK_SEQPACKET pair: one packet, one
/// message.

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/handshake.hpp"

namespace vgpu::host {

enum class WorkerWord : std::uint32_t {
  ready = 1,   ///< worker: the driver is initialised; `text` is the backend's path
  failed = 2,  ///< worker: there is no usable backend; `text` says why
  serve = 3,   ///< supervisor: a connection whose Hello is the bytes behind the message
};

/// Both ends are the same program, so the bytes are those in memory.
struct WorkerMessage {
  WorkerWord word = WorkerWord::ready;
  std::int32_t driver_version = 0;
  std::int32_t device_count = 0;
  std::uint32_t descriptor_count = 0;  ///< socket first, then what came with the Hello
  std::uint64_t session = 0;
  std::uint64_t session_key = 0;
};

struct ReceivedWorkerMessage {
  WorkerMessage message;
  std::vector<std::uint64_t> words;  ///< what follows, zero-padded to whole words
  std::size_t bytes = 0;
  std::vector<support::UniqueFd> descriptors;

  std::span<const std::byte> rest() const noexcept {
    return std::as_bytes(std::span(words)).first(bytes);
  }
  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(words.data()), bytes};
  }
};

inline constexpr std::size_t worker_message_limit = transport::handshake_limit;
inline constexpr std::size_t worker_message_descriptors = 1 + transport::handshake_descriptors;

/// Sends without blocking. The descriptors stay the caller's. False: the other side is gone, or
/// takes nothing.
inline bool send_worker_message(int link, WorkerMessage message, std::span<const std::byte> rest,
                                std::span<const int> descriptors = {}) noexcept {
  message.descriptor_count = static_cast<std::uint32_t>(descriptors.size());
  std::array<iovec, 2> parts{iovec{&message, sizeof message},
                             iovec{const_cast<std::byte*>(rest.data()), rest.size()}};
  msghdr packet{};
  packet.msg_iov = parts.data();
  packet.msg_iovlen = parts.size();
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(worker_message_descriptors * sizeof(int))>
      control{};
  if (!descriptors.empty()) {
    packet.msg_control = control.data();
    packet.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(link, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

/// Takes the next message without blocking; nothing when none is there. Errors: the other side is
/// gone.
inline support::Result<std::optional<ReceivedWorkerMessage>> receive_worker_message(int link) {
  ReceivedWorkerMessage received;
  received.words.resize(worker_message_limit / sizeof(std::uint64_t));
  std::array<iovec, 2> parts{iovec{&received.message, sizeof received.message},
                             iovec{received.words.data(), worker_message_limit}};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(worker_message_descriptors * sizeof(int))>
      control{};
  msghdr packet{};
  packet.msg_iov = parts.data();
  packet.msg_iovlen = parts.size();
  packet.msg_control = control.data();
  packet.msg_controllen = control.size();
  ssize_t bytes = 0;
  do {
    bytes = ::recvmsg(link, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (bytes < 0 && errno == EINTR);
  if (bytes < 0 && errno == EAGAIN) return std::optional<ReceivedWorkerMessage>();
  if (bytes < 0) return support::system_error("the link to the other process failed", errno);
  if (bytes == 0) return support::Error{"the other process is gone", ECONNRESET};
  for (cmsghdr* header = CMSG_FIRSTHDR(&packet); header != nullptr;
       header = CMSG_NXTHDR(&packet, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      received.descriptors.emplace_back(descriptor);
    }
  }
  if (static_cast<std::size_t>(bytes) < sizeof received.message ||
      (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
      received.descriptors.size() != received.message.descriptor_count) {
    return support::Error{"the other process sent a message that is cut off", EPROTO};
  }
  received.bytes = static_cast<std::size_t>(bytes) - sizeof received.message;
  return std::optional<ReceivedWorkerMessage>(std::move(received));
}

}  // namespace vgpu::host
