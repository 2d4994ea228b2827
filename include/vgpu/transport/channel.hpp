#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "vgpu/support/unique_fd.hpp"
#include "vgpu/wire/frame_header.hpp"

/// Frames between a guest and its host, whatever carries them.
namespace vgpu::transport {

using wire::FrameHeader;

/// Which end of a connection this is: the guest dials, the host listens.
enum class Role { guest, host };

enum class ReceiveStatus {
  frame,    ///< a frame arrived
  timeout,  ///< none arrived in time
  closed,   ///< the peer closed or died, or this side closed: nothing follows
  failed,   ///< the connection broke or the peer broke the protocol; error() says how
};

/// A timeout that does not expire.
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

/// How long a sleeping side goes at most without looking whether its peer still lives.
inline constexpr std::chrono::milliseconds liveness_interval{100};

struct ReceivedFrame {
  FrameHeader header;
  /// A private copy that the peer cannot change, 8-byte aligned; valid until the next receive.
  std::span<const std::byte> body;
};

struct ChannelOptions {
  /// How long receive() and reserve() spin before they sleep: spinMicroseconds of the handshake.
  std::chrono::nanoseconds spin = std::chrono::microseconds(30);
  /// Body bytes of the largest frame; socket channels only (a ring's follows from its size). Both
  /// sides use the figure of the handshake.
  std::size_t frame_cap = std::size_t{256} << 10;
};

/// One connection, both directions. One thread may send (reserve, publish, send, attach_descriptor)
/// while another receives (receive, take_descriptor); close() and error() are for any thread.
class Channel {
 public:
  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  virtual ~Channel() = default;

  /// Body bytes that one frame can carry.
  [[nodiscard]] virtual std::size_t frame_cap() const noexcept = 0;

  /// Where to write the body of the next frame: at least `body_bytes` bytes, 8-byte aligned, their
  /// contents unspecified. Waits for room as long as the peer lives. nullptr when the channel is
  /// closed or failed, or `body_bytes` exceeds frame_cap(). A reservation that is not published is
  /// dropped by the next reserve.
  [[nodiscard]] virtual std::byte* reserve(std::size_t body_bytes) noexcept = 0;

  /// Sends the reserved frame with the first `header.length` bytes of the reservation. Assigns the
  /// sequence and the descriptor flag. False when the channel is closed or failed, or the
  /// reservation does not cover the length.
  virtual bool publish(const FrameHeader& header) noexcept = 0;

  /// Sends one frame whose body is the concatenation of `parts`, at most frame_cap() bytes. Sets
  /// the length. Sockets read the parts where they are, without a copy.
  virtual bool send(FrameHeader header,
                    std::span<const std::span<const std::byte>> parts) noexcept {
    std::size_t bytes = 0;
    for (std::span<const std::byte> part : parts) bytes += part.size();
    std::byte* body = reserve(bytes);
    if (body == nullptr) return false;
    for (std::span<const std::byte> part : parts) {
      if (!part.empty()) std::memcpy(body, part.data(), part.size());
      body += part.size();
    }
    header.length = static_cast<std::uint32_t>(bytes);
    return publish(header);
  }

  /// Waits for the next frame, spinning first, at most `timeout`. Frames that were sent before the
  /// peer closed or died still arrive; after them `closed`, within 200 ms of the peer's death.
  virtual ReceiveStatus receive(ReceivedFrame& frame,
                                std::chrono::nanoseconds timeout) noexcept = 0;

  /// Sends a duplicate of `fd` with the next published frame; the caller keeps `fd` and may close
  /// it at once. One per frame. False when the transport carries none or one is attached already:
  /// the channel remains usable.
  virtual bool attach_descriptor(int fd) noexcept = 0;

  /// The descriptor that came with the frame received last, close-on-exec; empty when there was
  /// none or it was taken. The next receive closes one that was not taken.
  virtual support::UniqueFd take_descriptor() noexcept = 0;

  /// Why the channel failed or closed, in words; empty while it works. Valid as long as the
  /// channel.
  [[nodiscard]] virtual std::string_view error() const noexcept = 0;

  /// Ends both directions: the peer gets what was published, then `closed`; waiting calls of this
  /// side return. Idempotent.
  virtual void close() noexcept = 0;

  /// For the child of a fork(), which inherits the channels of its parent but must not touch them:
  /// lets go of the descriptors, so that they do not keep a dead parent's connection open, and
  /// tells the peer nothing. Every call returns closed from then on. Async-signal-safe but for the
  /// lock of error().
  virtual void abandon() noexcept = 0;
};

/// What the layers above need of a channel; Channel itself and every transport meet it.
template <class T>
concept FrameChannel = requires(T& channel, const T& constant, FrameHeader header,
                                ReceivedFrame& frame,
                                std::span<const std::span<const std::byte>> parts) {
  { constant.frame_cap() } -> std::convertible_to<std::size_t>;
  { channel.reserve(std::size_t{}) } -> std::same_as<std::byte*>;
  { channel.publish(header) } -> std::same_as<bool>;
  { channel.send(header, parts) } -> std::same_as<bool>;
  { channel.receive(frame, std::chrono::nanoseconds{}) } -> std::same_as<ReceiveStatus>;
  { channel.attach_descriptor(0) } -> std::same_as<bool>;
  { channel.take_descriptor() } -> std::same_as<support::UniqueFd>;
  { constant.error() } -> std::convertible_to<std::string_view>;
  channel.close();
};
static_assert(FrameChannel<Channel>);

/// The first reason that was given for a failure; later ones are dropped. Thread-safe.
class FirstError {
 public:
  void set(std::string_view reason) noexcept {
    std::lock_guard lock(mutex_);
    if (set_.load(std::memory_order_relaxed)) return;
    try {
      text_ = reason;
    } catch (...) {
      // Without memory the state still counts; only the words are lost.
    }
    set_.store(true, std::memory_order_release);
  }
  [[nodiscard]] bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string_view text() const noexcept {
    return is_set() ? std::string_view(text_) : std::string_view();
  }

 private:
  std::mutex mutex_;
  std::string text_;
  std::atomic<bool> set_{false};
};

/// A moment by which something has to happen. Never expires when made from `forever`.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(std::chrono::nanoseconds timeout) noexcept : Deadline(timeout, Clock::now()) {}
  Deadline(std::chrono::nanoseconds timeout, Clock::time_point now) noexcept
      : at_(timeout > Clock::time_point::max() - now ? Clock::time_point::max() : now + timeout) {}

  [[nodiscard]] bool expired(Clock::time_point now = Clock::now()) const noexcept {
    return now >= at_;
  }
  /// What is left, at most `limit` and at least 0.
  [[nodiscard]] std::chrono::nanoseconds left(std::chrono::nanoseconds limit) const noexcept {
    Clock::time_point now = Clock::now();
    if (now >= at_) return std::chrono::nanoseconds{0};
    return at_ - now < limit ? at_ - now : limit;
  }

 private:
  Clock::time_point at_;
};

}  // namespace vgpu::transport
