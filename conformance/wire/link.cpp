#include "wire/link.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "vgpu/support/futex.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/shared_memory.hpp"
#include "vgpu/transport/socket_io.hpp"
#include "vgpu/transport/stream_channel.hpp"

namespace vgpu::conformance::wire {

namespace {

using Clock = std::chrono::steady_clock;
namespace socket_io = transport::socket_io;

/// Generous: machines that run tests are busy.
std::chrono::milliseconds patience_time{10'000};

constexpr std::size_t header_bytes = vgpu::wire::frame_header_bytes;

std::size_t padded(std::size_t bytes) {
  return vgpu::wire::round_up(bytes, transport::stream_unit);
}

std::chrono::milliseconds left_until(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace

std::chrono::milliseconds patience() noexcept {
  return patience_time;
}
void set_patience(std::chrono::milliseconds time) noexcept {
  patience_time = time;
}

std::vector<std::byte> frame_bytes(const FrameHeader& header, std::span<const std::byte> body) {
  std::vector<std::byte> bytes(header_bytes + padded(body.size()));
  std::memcpy(bytes.data(), &header, header_bytes);
  if (!body.empty()) std::memcpy(bytes.data() + header_bytes, body.data(), body.size());
  return bytes;
}

bool Link::send(FrameHeader header, std::span<const std::byte> body, int descriptor) {
  header.sequence = vgpu::wire::next_sequence(sent_);
  header.length = static_cast<std::uint32_t>(body.size());
  if (descriptor >= 0) header.flags |= frame_flag::descriptor;
  if (!send_as_is(header, body, descriptor)) return false;
  sent_ = std::max(sent_, header.sequence);
  return true;
}

bool Link::ends() {
  const auto deadline = Clock::now() + patience();
  Frame dropped;
  for (;;) {
    const Arrival arrival = receive(dropped, left_until(deadline));
    if (arrival == Arrival::ended) return true;
    if (arrival == Arrival::nothing) return false;
  }
}

// --- Sockets ---

SocketLink::SocketLink(UniqueFd socket) : socket_(std::move(socket)) {
  cap_ = transport::handshake_limit;
}

void SocketLink::begin_channel(std::size_t frame_cap) noexcept {
  cap_ = frame_cap;
  sent_ = received_ = 0;
}

bool SocketLink::send_as_is(const FrameHeader& header, std::span<const std::byte> body,
                            int descriptor) {
  return send_bytes(frame_bytes(header, body), descriptor);
}

bool SocketLink::send_bytes(std::span<const std::byte> bytes, int descriptor) {
  const auto deadline = Clock::now() + patience();
  while (!bytes.empty()) {
    const iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const ssize_t sent = socket_io::send_some(socket_.get(), {&part, 1}, descriptor);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
      descriptor = -1;
    } else if (errno != EAGAIN || Clock::now() >= deadline) {
      return false;
    } else {
      socket_io::wait_for(socket_.get(), POLLOUT, left_until(deadline));
    }
  }
  return true;
}

bool SocketLink::send_in_bytes(FrameHeader header, std::span<const std::byte> body) {
  header.sequence = sent_ = vgpu::wire::next_sequence(sent_);
  header.length = static_cast<std::uint32_t>(body.size());
  for (const std::byte& byte : frame_bytes(header, body)) {
    if (!send_bytes({&byte, 1})) return false;
  }
  return true;
}

void SocketLink::finish_sending() noexcept {
  ::shutdown(socket_.get(), SHUT_WR);
}

Arrival SocketLink::receive(Frame& frame, std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    std::size_t wanted = header_bytes;
    if (bytes_ >= header_bytes) wanted += padded(under_way_.header.length);
    if (bytes_ >= header_bytes && bytes_ == wanted) break;
    std::span<std::byte> into;
    if (bytes_ < header_bytes) {
      into = std::as_writable_bytes(std::span(&under_way_.header, 1)).subspan(bytes_);
    } else {
      into = std::as_writable_bytes(std::span(under_way_.words)).subspan(bytes_ - header_bytes);
    }
    const ssize_t got = socket_io::receive_some(
        socket_.get(), into, [this](UniqueFd fd) { descriptors_.push_back(std::move(fd)); });
    if (got > 0) {
      bytes_ += static_cast<std::size_t>(got);
      if (bytes_ == header_bytes && under_way_.words.empty()) {
        check_header();
        under_way_.words.assign(padded(under_way_.header.length) / 8, 0);
      }
    } else if (got == 0 || errno == ECONNRESET || errno == EPIPE) {
      if (bytes_ != 0) throw PeerError("the peer closed in the middle of a frame");
      return Arrival::ended;
    } else if (errno != EAGAIN) {
      throw PeerError(std::string("cannot receive: ") + std::strerror(errno));
    } else if (Clock::now() >= deadline) {
      return Arrival::nothing;
    } else {
      socket_io::wait_for(socket_.get(), POLLIN, left_until(deadline));
    }
  }
  check_padding();
  received_ = under_way_.header.sequence;
  if ((under_way_.header.flags & frame_flag::descriptor) != 0) {
    if (descriptors_.empty()) throw PeerError("a frame announces a descriptor that did not come");
    under_way_.descriptor = std::move(descriptors_.front());
    descriptors_.erase(descriptors_.begin());
  } else if (!descriptors_.empty()) {
    throw PeerError("a descriptor came that no frame announces");
  }
  frame = std::exchange(under_way_, Frame{});
  bytes_ = 0;
  return Arrival::frame;
}

void SocketLink::check_header() const {
  const FrameHeader& header = under_way_.header;
  const std::uint32_t expected = vgpu::wire::next_sequence(received_);
  if (header.sequence != expected) {
    throw PeerError(
        fmt::format("a frame has sequence number {}, not {}", header.sequence, expected));
  }
  if (header.length > cap_) {
    throw PeerError(
        fmt::format("a frame has {} bytes of body, above the cap of {}", header.length, cap_));
  }
  constexpr unsigned known = frame_flag::reply | frame_flag::more | frame_flag::no_reply |
                             frame_flag::descriptor | frame_flag::output;
  if ((header.flags & ~known) != 0) {
    throw PeerError(fmt::format("a frame has flags {:#x}, which no socket carries", header.flags));
  }
}

void SocketLink::check_padding() const {
  const auto bytes = std::as_bytes(std::span(under_way_.words)).subspan(under_way_.header.length);
  if (std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{}; })) {
    throw PeerError("the padding of a frame is not zero");
  }
}

// --- Rings ---

namespace {

vgpu::wire::RingView half(support::Mapping& memory, bool second) {
  const auto layout = transport::RingMemoryLayout::of(memory.size());
  if (!layout) throw PeerError(layout.message());
  return {memory.data() + (second ? layout->reply_offset : 0), layout->slots};
}

}  // namespace

RingLink::RingLink(UniqueFd socket, support::Mapping memory, transport::Role role)
    : socket_(std::move(socket)),
      memory_(std::move(memory)),
      outgoing_(half(memory_, role == transport::Role::host)),
      consumer_(half(memory_, role == transport::Role::guest)) {
  cap_ = outgoing_.frame_cap();
}

bool RingLink::peer_gone() const noexcept {
  return !socket_ || socket_io::peer_gone(socket_.get());
}

bool RingLink::wait_for_room(std::size_t slots) {
  const auto deadline = Clock::now() + patience();
  // The slot behind the frame is zeroed with it, so it has to be free, too.
  while (produced_ + slots + 1 - outgoing_.control().head.load(std::memory_order_acquire) >
         outgoing_.slot_count()) {
    if (outgoing_.closed() || outgoing_.fatal() || peer_gone() || Clock::now() >= deadline) {
      return false;
    }
    ::usleep(100);
  }
  return true;
}

void RingLink::publish(const FrameHeader& header, std::span<const std::byte> body,
                       std::size_t slots) {
  std::size_t next = index_ + slots;
  if (next == outgoing_.slot_count()) next = 0;
  const auto words = vgpu::wire::header_words(header, header.sequence, header.flags);
  if (!body.empty()) {
    std::memcpy(outgoing_.slot(index_) + header_bytes, body.data(), body.size());
  }
  outgoing_.header_word(index_, 1).store(words[1], std::memory_order_relaxed);
  outgoing_.header_word(index_, 2).store(words[2], std::memory_order_relaxed);
  outgoing_.header_word(next, 0).store(0, std::memory_order_relaxed);
  outgoing_.header_word(index_, 0).store(words[0], std::memory_order_seq_cst);
  support::FutexWord& sleeping = outgoing_.control().consumer_sleeping;
  if (sleeping.exchange(0, std::memory_order_seq_cst) != 0) support::futex_wake(sleeping, 1);
  index_ = next;
  produced_ += slots;
}

bool RingLink::send_as_is(const FrameHeader& given, std::span<const std::byte> body,
                          int descriptor) {
  if (outgoing_.closed() || outgoing_.fatal()) return false;
  FrameHeader header = given;
  const std::size_t slots = vgpu::wire::slots_for(body.size());
  const std::size_t to_end = outgoing_.slot_count() - index_;
  if (slots > to_end) {
    if (!wait_for_room(to_end)) return false;
    FrameHeader padding;
    padding.sequence = header.sequence;
    padding.flags = frame_flag::padding;
    padding.length = static_cast<std::uint32_t>(to_end * vgpu::wire::slot_bytes - header_bytes);
    publish(padding, {}, to_end);
    sent_ = vgpu::wire::next_sequence(sent_);
    header.sequence = vgpu::wire::next_sequence(header.sequence);
  }
  if (!wait_for_room(slots)) return false;
  if (descriptor >= 0) {
    const std::byte token{1};
    const iovec part{const_cast<std::byte*>(&token), 1};
    if (socket_io::send_some(socket_.get(), {&part, 1}, descriptor) != 1) return false;
  }
  publish(header, body, slots);
  sent_ = std::max(sent_, header.sequence);
  return true;
}

Arrival RingLink::receive(Frame& frame, std::chrono::milliseconds timeout) {
  using Poll = vgpu::wire::RingConsumer::Poll;
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    // Looked at before the ring: what was published before the end still counts.
    const bool over = consumer_.ring().closed() || consumer_.ring().fatal() || peer_gone();
    switch (consumer_.poll()) {
      case Poll::malformed:
        throw PeerError(consumer_.problem());
      case Poll::frame:
        frame = Frame{};
        frame.header = consumer_.header();
        frame.words.assign((consumer_.body().size() + 7) / 8, 0);
        if (!consumer_.body().empty()) {
          std::memcpy(frame.words.data(), consumer_.body().data(), consumer_.body().size());
        }
        if ((frame.header.flags & frame_flag::descriptor) != 0) {
          std::byte token{};
          socket_io::receive_some(socket_.get(), {&token, 1},
                                  [&](UniqueFd fd) { frame.descriptor = std::move(fd); });
          if (!frame.descriptor) {
            throw PeerError("a frame announces a descriptor that did not come");
          }
        }
        return Arrival::frame;
      case Poll::empty:
        break;
    }
    if (over) return Arrival::ended;
    if (Clock::now() >= deadline) return Arrival::nothing;
    consumer_.wake_producer_if_waiting();
    consumer_.sleep(std::min(left_until(deadline), std::chrono::milliseconds(20)));
  }
}

}  // namespace vgpu::conformance::wire
