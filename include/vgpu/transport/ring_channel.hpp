#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>

#include "vgpu/support/futex.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/wire/ring.hpp"

namespace vgpu::transport {

/// What accompanies a pair of rings: keeps their memory mapped, tells whether the peer lives, and
/// carries descriptors. Every operation is noexcept.
template <class T>
concept RingLink = requires(T& link, const T& constant, int fd, support::UniqueFd& received,
                            FirstError& error) {
  /// False once the peer is gone for good. Called about every liveness_interval.
  { constant.peer_alive() } -> std::same_as<bool>;
  /// Hands a descriptor to the peer ahead of the frame that announces it; explains a failure.
  { link.send_descriptor(fd, error) } -> std::same_as<bool>;
  /// Takes the descriptor that the received frame announced; explains a failure.
  { link.receive_descriptor(received, error) } -> std::same_as<bool>;
  { constant.carries_descriptors() } -> std::same_as<bool>;
  /// Ends the connection for both sides.
  link.shut_down();
  /// Lets go of descriptors without telling the peer.
  link.abandon();
};

/// A Channel over two rings.
template <RingLink Link>
class RingChannel final : public Channel {
 public:
  RingChannel(Link link, wire::RingView outgoing, wire::RingView incoming, ChannelOptions options)
      : link_(std::move(link)), producer_(outgoing), consumer_(incoming), spin_(options.spin) {}
  ~RingChannel() override { close(); }

  [[nodiscard]] std::size_t frame_cap() const noexcept override { return producer_.frame_cap(); }

  [[nodiscard]] std::byte* reserve(std::size_t body_bytes) noexcept override {
    if (stopped_.load(std::memory_order_relaxed)) [[unlikely]]
      return nullptr;
    std::byte* body = producer_.try_reserve(body_bytes);
    if (body != nullptr) [[likely]]
      return body;
    return reserve_slowly(body_bytes);
  }

  bool publish(const FrameHeader& header) noexcept override {
    if (stopped_.load(std::memory_order_relaxed)) [[unlikely]]
      return false;
    constexpr std::uint8_t ours = wire::frame_flag::descriptor | wire::frame_flag::padding;
    auto flags = static_cast<std::uint8_t>(header.flags & ~ours);
    if (outgoing_descriptor_) [[unlikely]] {
      if (!link_.send_descriptor(outgoing_descriptor_.get(), error_)) {
        fail("a descriptor could not be sent");
        return false;
      }
      outgoing_descriptor_.reset();
      flags |= wire::frame_flag::descriptor;
    }
    return producer_.publish(header, flags);
  }

  ReceiveStatus receive(ReceivedFrame& frame, std::chrono::nanoseconds timeout) noexcept override {
    if (incoming_descriptor_) incoming_descriptor_.reset();
    if (stopped_.load(std::memory_order_relaxed)) [[unlikely]]
      return stopped_status();
    using Poll = wire::RingConsumer::Poll;
    Poll poll = consumer_.poll();
    if (poll == Poll::empty) poll = wait_for_frame(timeout);
    if (poll == Poll::frame) [[likely]]
      return deliver(frame);
    if (poll == Poll::malformed) return fail(consumer_.problem());
    if (stopped_.load(std::memory_order_acquire)) return stopped_status();
    return ReceiveStatus::timeout;
  }

  bool attach_descriptor(int fd) noexcept override {
    if (!link_.carries_descriptors() || outgoing_descriptor_) return false;
    try {
      support::Result<support::UniqueFd> copy = support::duplicate(fd);
      if (!copy.ok()) return false;
      outgoing_descriptor_ = std::move(*copy);
      return true;
    } catch (...) {
      return false;
    }
  }

  support::UniqueFd take_descriptor() noexcept override { return std::move(incoming_descriptor_); }

  [[nodiscard]] std::string_view error() const noexcept override { return error_.text(); }

  void close() noexcept override {
    error_.set("this side closed the channel");
    stop();
  }

  void abandon() noexcept override {
    error_.set("the channel belongs to the process that forked this one");
    stopped_.store(true, std::memory_order_release);
    link_.abandon();
  }

 private:
  using Poll = wire::RingConsumer::Poll;
  using Clock = std::chrono::steady_clock;
  static constexpr int spins_per_clock_read = 32;

  ReceiveStatus deliver(ReceivedFrame& frame) noexcept {
    wire::copy_header(frame.header, consumer_.header());
    frame.body = consumer_.body();
    if ((frame.header.flags & wire::frame_flag::descriptor) != 0) [[unlikely]] {
      if (!link_.receive_descriptor(incoming_descriptor_, error_)) {
        return fail("an announced descriptor did not arrive");
      }
    }
    return ReceiveStatus::frame;
  }

  /// Polls until `spun` is over; `done` is asked between.
  template <class Done>
  bool spin_until(Clock::time_point spun, Done done) noexcept {
    do {
      for (int i = 0; i < spins_per_clock_read; ++i) {
        if (done()) return true;
        support::cpu_pause();
      }
    } while (Clock::now() < spun);
    return false;
  }

  Poll wait_for_frame(std::chrono::nanoseconds timeout) noexcept {
    if (timeout.count() <= 0) return check_peer();
    Poll poll = Poll::empty;
    auto arrived = [&] { return (poll = consumer_.poll()) != Poll::empty; };
    // The common case, an answer within a few hundred nanoseconds, reads no clock at all.
    for (int i = 0; i < spins_per_clock_read; ++i) {
      if (arrived()) return poll;
      support::cpu_pause();
    }
    Clock::time_point now = Clock::now();
    Deadline deadline(timeout, now);
    if (spin_until(now + std::min(spin_, timeout), arrived)) return poll;
    for (;;) {
      consumer_.wake_producer_if_waiting();
      std::chrono::nanoseconds step = deadline.left(liveness_interval);
      if (step.count() == 0) return check_peer();
      consumer_.sleep(step);
      poll = consumer_.poll();
      if (poll != Poll::empty) return poll;
      poll = check_peer();
      if (poll != Poll::empty || stopped_.load(std::memory_order_acquire)) return poll;
    }
  }

  /// Looks whether the peer ended the channel. What it published before still counts.
  Poll check_peer() noexcept {
    bool broken = consumer_.ring().fatal() || producer_.ring().fatal();
    bool gone = consumer_.ring().closed() || !link_.peer_alive();
    if (!broken && !gone) return Poll::empty;
    Poll poll = consumer_.poll();
    if (poll != Poll::empty) return poll;
    if (stopped_.load(std::memory_order_acquire)) return Poll::empty;
    if (broken) {
      fail("the peer gave the channel up: it says that a frame was malformed");
    } else {
      error_.set("the peer closed the connection or died");
      stop();
    }
    return Poll::empty;
  }

  [[nodiscard]] bool peer_ended() noexcept {
    if (producer_.broken()) {
      fail("the peer published an impossible ring position");
      return true;
    }
    if (consumer_.ring().fatal() || producer_.ring().fatal()) {
      fail("the peer gave the channel up: it says that a frame was malformed");
      return true;
    }
    return consumer_.ring().closed() || !link_.peer_alive();
  }

  std::byte* reserve_slowly(std::size_t body_bytes) noexcept {
    if (body_bytes > producer_.frame_cap()) return nullptr;
    std::byte* body = nullptr;
    auto has_room = [&] {
      if (producer_.quarter_free()) body = producer_.try_reserve(body_bytes);
      return body != nullptr || producer_.broken() || stopped_.load(std::memory_order_acquire);
    };
    spin_until(Clock::now() + spin_, has_room);
    while (body == nullptr) {
      // A peer that ended may have left frames for the receiving thread, which reports its end.
      if (stopped_.load(std::memory_order_acquire) || peer_ended()) return nullptr;
      producer_.wait_for_room(body_bytes, liveness_interval);
      body = producer_.try_reserve(body_bytes);
    }
    return body;
  }

  ReceiveStatus stopped_status() const noexcept {
    return failed_.load(std::memory_order_acquire) ? ReceiveStatus::failed : ReceiveStatus::closed;
  }

  ReceiveStatus fail(std::string_view reason) noexcept {
    error_.set(reason);
    failed_.store(true, std::memory_order_release);
    consumer_.ring().set_fatal();
    producer_.ring().set_fatal();
    stop();
    return ReceiveStatus::failed;
  }

  void stop() noexcept {
    if (stopped_.exchange(true, std::memory_order_acq_rel)) return;
    producer_.ring().set_closed();
    consumer_.ring().set_closed();
    link_.shut_down();
  }

  Link link_;
  wire::RingProducer producer_;
  wire::RingConsumer consumer_;
  std::chrono::nanoseconds spin_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> failed_{false};
  support::UniqueFd outgoing_descriptor_;
  support::UniqueFd incoming_descriptor_;
  FirstError error_;
};

}  // namespace vgpu::transport
