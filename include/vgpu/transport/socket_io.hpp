#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <span>

#include "vgpu/support/unique_fd.hpp"

/// System calls on sockets, without surprises: no SIGPIPE, no EINTR, received descriptors owned and
/// close-on-exec. None of them blocks except wait_for.
namespace vgpu::transport::socket_io {

/// Most descriptors that one receive call accepts; the kernel closes what is beyond.
inline constexpr std::size_t max_descriptors = 4;

/// Waits until one of `events` (or an error, or the peer's end) is there, at most `timeout`; the
/// events that are, 0 on timeout.
inline short wait_for(int fd, short events, std::chrono::nanoseconds timeout) noexcept {
  pollfd waiting{fd, events, 0};
  timespec limit{};
  limit.tv_sec = static_cast<time_t>(timeout.count() / 1'000'000'000);
  limit.tv_nsec = static_cast<long>(timeout.count() % 1'000'000'000);
  int ready = ::ppoll(&waiting, 1, &limit, nullptr);
  return ready > 0 ? waiting.revents : short{0};
}

/// Whether the other end of a connected stream socket is gone. Bytes that it sent before may still
/// wait to be read.
inline bool peer_gone(int fd) noexcept {
  pollfd state{fd, POLLRDHUP, 0};
  if (::poll(&state, 1, 0) < 0) return errno != EINTR;
  return (state.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/// Sends what fits now. `descriptor` >= 0 travels with the first byte. Bytes sent, or -1 with errno
/// (EAGAIN: no room now).
inline ssize_t send_some(int fd, std::span<const iovec> parts, int descriptor = -1) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
  if (descriptor >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

/// Reads what is there now into `into`. Bytes read, 0 at the peer's end, or -1 with errno (EAGAIN:
/// nothing now). Descriptors that came along are closed by the kernel.
inline ssize_t receive_some(int fd, std::span<std::byte> into) noexcept {
  ssize_t received = 0;
  do {
    received = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  return received;
}

/// As above; each descriptor that came along goes to `sink(UniqueFd)`.
template <class Sink>
ssize_t receive_some(int fd, std::span<std::byte> into, Sink sink) noexcept {
  iovec part{into.data(), into.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(max_descriptors * sizeof(int))> control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t received = 0;
  do {
    received = ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0 || message.msg_controllen == 0) return received;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      sink(support::UniqueFd(descriptor));
    }
  }
  return received;
}

}  // namespace vgpu::transport::socket_io
