#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vgpu/support/futex.hpp"
#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/socket_io.hpp"

namespace vgpu::transport {

/// Frames on a byte stream are padded to a multiple of this, so that bodies stay aligned.
inline constexpr std::size_t stream_unit = 8;

/// A Channel over a connected stream socket: header, body, padding to stream_unit, one after
/// another.
class StreamChannel final : public Channel {
 public:
  /// Whether the socket can carry descriptors (a unix socket).
  enum class Descriptors : bool { no, yes };

  static support::Result<std::unique_ptr<Channel>> make(support::UniqueFd socket,
                                                        Descriptors descriptors,
                                                        ChannelOptions options) {
    if (options.frame_cap < 4096 || options.frame_cap > max_frame_cap) {
      return support::Error{"a frame cap of " + std::to_string(options.frame_cap) +
                            " bytes: it has to lie between 4096 and " +
                            std::to_string(max_frame_cap)};
    }
    std::size_t cap = wire::round_up(options.frame_cap, stream_unit);
    auto output = support::Mapping::anonymous(wire::frame_header_bytes + cap);
    if (!output.ok()) return output.error();
    auto input = support::Mapping::anonymous(input_bytes);
    if (!input.ok()) return input.error();
    auto large = support::Mapping::anonymous(cap);
    if (!large.ok()) return large.error();
    std::unique_ptr<Channel> channel(new StreamChannel(std::move(socket), descriptors, options,
                                                       std::move(*output), std::move(*input),
                                                       std::move(*large)));
    return channel;
  }

  ~StreamChannel() override { close(); }

  [[nodiscard]] std::size_t frame_cap() const noexcept override { return frame_cap_; }

  [[nodiscard]] std::byte* reserve(std::size_t body_bytes) noexcept override {
    reserved_ = false;
    if (body_bytes > frame_cap_ || stopped_.load(std::memory_order_relaxed)) return nullptr;
    reserved_ = true;
    reserved_bytes_ = body_bytes;
    return output_.data() + wire::frame_header_bytes;
  }

  bool publish(const FrameHeader& given) noexcept override {
    FrameHeader header = given;
    if (!reserved_ || header.length > reserved_bytes_) return false;
    reserved_ = false;
    std::size_t padded = wire::round_up(header.length, stream_unit);
    std::byte* body = output_.data() + wire::frame_header_bytes;
    std::memset(body + header.length, 0, padded - header.length);
    prepare(header);
    std::memcpy(output_.data(), &header, sizeof(header));
    iovec part{output_.data(), wire::frame_header_bytes + padded};
    return write_all({&part, 1});
  }

  bool send(FrameHeader header,
            std::span<const std::span<const std::byte>> parts) noexcept override {
    std::size_t bytes = 0;
    for (std::span<const std::byte> part : parts) bytes += part.size();
    if (bytes <= copy_limit || parts.size() > max_parts) return Channel::send(header, parts);
    if (bytes > frame_cap_) return false;
    reserved_ = false;
    header.length = static_cast<std::uint32_t>(bytes);
    prepare(header);
    static constexpr std::array<std::byte, stream_unit> zeros{};
    std::array<iovec, max_parts + 2> vectors;
    std::size_t count = 0;
    auto add = [&](const void* data, std::size_t size) {
      if (size != 0) vectors[count++] = iovec{const_cast<void*>(data), size};
    };
    add(&header, sizeof(header));
    for (std::span<const std::byte> part : parts) add(part.data(), part.size());
    add(zeros.data(), wire::round_up(bytes, stream_unit) - bytes);
    return write_all({vectors.data(), count});
  }

  ReceiveStatus receive(ReceivedFrame& frame, std::chrono::nanoseconds timeout) noexcept override {
    if (incoming_descriptor_) incoming_descriptor_.reset();
    if (stopped_.load(std::memory_order_relaxed)) return stopped_status();
    Progress progress = advance();
    if (progress == Progress::need_more) progress = wait_for_frame(timeout);
    switch (progress) {
      case Progress::frame:
        frame.header = header_;
        frame.body = body_;
        incoming_descriptor_ = std::move(announced_descriptor_);
        return ReceiveStatus::frame;
      case Progress::need_more:
        return stopped_.load(std::memory_order_acquire) ? stopped_status() : ReceiveStatus::timeout;
      case Progress::ended:
        break;
    }
    return stopped_status();
  }

  bool attach_descriptor(int fd) noexcept override {
    if (descriptors_ == Descriptors::no || outgoing_descriptor_) return false;
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
    socket_.reset();
  }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Progress { frame, need_more, ended };

  static constexpr std::size_t max_frame_cap = std::size_t{64} << 20;
  static constexpr std::size_t input_bytes = std::size_t{64} << 10;
  /// Up to here a copy into the output buffer is cheaper than a longer vector.
  static constexpr std::size_t copy_limit = 2048;
  static constexpr std::size_t max_parts = 14;
  static constexpr std::size_t max_queued_descriptors = 16;

  StreamChannel(support::UniqueFd socket, Descriptors descriptors, const ChannelOptions& options,
                support::Mapping output, support::Mapping input, support::Mapping large)
      : socket_(std::move(socket)),
        descriptors_(descriptors),
        frame_cap_(options.frame_cap),
        spin_(options.spin),
        output_(std::move(output)),
        input_(std::move(input)),
        large_(std::move(large)) {
    queued_descriptors_.reserve(max_queued_descriptors);
  }

  void prepare(FrameHeader& header) noexcept {
    sent_sequence_ = wire::next_sequence(sent_sequence_);
    header.sequence = sent_sequence_;
    constexpr auto ours =
        static_cast<std::uint8_t>(wire::frame_flag::descriptor | wire::frame_flag::padding);
    header.flags &= static_cast<std::uint8_t>(~ours);
    if (outgoing_descriptor_) header.flags |= wire::frame_flag::descriptor;
  }

  /// Sends all of `parts`, consuming them, and the attached descriptor with the first byte.
  bool write_all(std::span<iovec> parts) noexcept {
    while (!parts.empty()) {
      ssize_t sent = socket_io::send_some(socket_.get(), parts, outgoing_descriptor_.get());
      if (sent < 0) {
        if (errno != EAGAIN) {
          send_failed(errno);
          return false;
        }
        if (stopped_.load(std::memory_order_acquire)) return false;
        socket_io::wait_for(socket_.get(), POLLOUT, liveness_interval);
        continue;
      }
      outgoing_descriptor_.reset();
      auto left = static_cast<std::size_t>(sent);
      while (!parts.empty() && left >= parts.front().iov_len) {
        left -= parts.front().iov_len;
        parts = parts.subspan(1);
      }
      if (left != 0) {
        parts.front().iov_base = static_cast<std::byte*>(parts.front().iov_base) + left;
        parts.front().iov_len -= left;
      }
    }
    return true;
  }

  // What the peer sent before it went is still for the receiving thread, which reports its end: the
  // receiving half stays open.
  void send_failed(int code) noexcept {
    if (code == EPIPE || code == ECONNRESET) {
      error_.set("the peer closed the connection or died");
    } else {
      fail_with("cannot send on the connection", code);
    }
  }

  /// Takes the next frame out of what has arrived, reading what the socket has now.
  Progress advance() noexcept {
    for (;;) {
      if (stopped_.load(std::memory_order_relaxed)) return Progress::ended;
      if (!in_large_body_ && parse()) return Progress::frame;
      if (stopped_.load(std::memory_order_relaxed)) return Progress::ended;
      ssize_t received = in_large_body_ ? read_large_body() : read_input();
      if (received > 0) {
        if (in_large_body_ && large_received_ == large_wanted_) return finish_large_body();
        continue;
      }
      if (received < 0 && errno == EAGAIN) return Progress::need_more;
      if (received < 0 && errno != ECONNRESET) {
        fail_with("cannot receive from the connection", errno);
      } else if (in_large_body_ || input_end_ != input_begin_) {
        fail("the peer closed the connection in the middle of a frame");
      } else {
        error_.set("the peer closed the connection or died");
        stop();
      }
      return Progress::ended;
    }
  }

  /// Looks for a whole frame in the input buffer; switches to in_large_body_ for one that will not
  /// fit there. False when more has to be read first, or the peer broke the protocol.
  bool parse() noexcept {
    std::size_t available = input_end_ - input_begin_;
    if (available < wire::frame_header_bytes) return false;
    if (!header_parsed_) {
      std::memcpy(&header_, input_.data() + input_begin_, sizeof(header_));
      if (!check_header()) return false;
      header_parsed_ = true;
      large_follows_ = false;
    }
    std::size_t padded = wire::round_up(header_.length, stream_unit);
    std::byte* body = input_.data() + input_begin_ + wire::frame_header_bytes;
    available -= wire::frame_header_bytes;
    if (available >= padded) {
      input_begin_ += wire::frame_header_bytes + padded;
      header_parsed_ = false;
      body_ = {body, header_.length};
      return true;
    }
    if (wire::frame_header_bytes + padded > large_threshold) {
      std::memcpy(large_.data(), body, available);
      large_received_ = available;
      large_wanted_ = padded;
      in_large_body_ = true;
      input_begin_ = input_end_ = 0;
    }
    return false;
  }

  bool check_header() noexcept {
    if (header_.sequence != wire::next_sequence(received_sequence_)) {
      fail("a frame is out of sequence");
      return false;
    }
    received_sequence_ = header_.sequence;
    if (header_.length > frame_cap_) {
      fail("a frame is longer than the frame cap");
      return false;
    }
    if ((header_.flags & wire::frame_flag::padding) != 0) {
      fail("a padding frame came over a socket");
      return false;
    }
    if ((header_.flags & wire::frame_flag::descriptor) != 0) {
      if (queued_descriptors_.empty()) {
        fail("a frame announced a descriptor that was not sent");
        return false;
      }
      announced_descriptor_ = std::move(queued_descriptors_.front());
      queued_descriptors_.erase(queued_descriptors_.begin());
    }
    return true;
  }

  ssize_t read_input() noexcept {
    // The frame delivered before lies in the buffer, but its time is over.
    if (input_begin_ == input_end_) {
      input_begin_ = input_end_ = 0;
    } else if (input_.size() - input_begin_ < large_threshold) {
      std::memmove(input_.data(), input_.data() + input_begin_, input_end_ - input_begin_);
      input_end_ -= input_begin_;
      input_begin_ = 0;
    }
    std::span<std::byte> into = input_.bytes().subspan(input_end_);
    // Reading no further than the header lets the body go straight to its place.
    if (large_follows_) {
      into = into.first(wire::frame_header_bytes - (input_end_ - input_begin_));
    }
    ssize_t received = descriptors_ == Descriptors::yes
                           ? socket_io::receive_some(
                                 socket_.get(), into,
                                 [&](support::UniqueFd fd) { queue_descriptor(std::move(fd)); })
                           : socket_io::receive_some(socket_.get(), into);
    if (received > 0) input_end_ += static_cast<std::size_t>(received);
    return received;
  }

  ssize_t read_large_body() noexcept {
    ssize_t received = socket_io::receive_some(
        socket_.get(), {large_.data() + large_received_, large_wanted_ - large_received_});
    if (received > 0) large_received_ += static_cast<std::size_t>(received);
    return received;
  }

  Progress finish_large_body() noexcept {
    in_large_body_ = false;
    header_parsed_ = false;
    large_follows_ = (header_.flags & wire::frame_flag::more) != 0;
    body_ = {large_.data(), header_.length};
    return Progress::frame;
  }

  void queue_descriptor(support::UniqueFd fd) noexcept {
    if (queued_descriptors_.size() == max_queued_descriptors) {
      fail("the peer sent descriptors that no frame announces");
      return;
    }
    queued_descriptors_.push_back(std::move(fd));
  }

  Progress wait_for_frame(std::chrono::nanoseconds timeout) noexcept {
    if (timeout.count() <= 0) return Progress::need_more;
    Clock::time_point now = Clock::now();
    Deadline deadline(timeout, now);
    Clock::time_point spun = now + std::min(spin_, timeout);
    while (now < spun) {
      Progress progress = advance();
      if (progress != Progress::need_more) return progress;
      support::cpu_pause();
      now = Clock::now();
    }
    for (;;) {
      std::chrono::nanoseconds step = deadline.left(liveness_interval);
      if (step.count() == 0) return Progress::need_more;
      if (socket_io::wait_for(socket_.get(), POLLIN, step) != 0) {
        Progress progress = advance();
        if (progress != Progress::need_more) return progress;
      }
      if (stopped_.load(std::memory_order_acquire)) return Progress::ended;
    }
  }

  ReceiveStatus stopped_status() const noexcept {
    return failed_.load(std::memory_order_acquire) ? ReceiveStatus::failed : ReceiveStatus::closed;
  }

  void fail(std::string_view reason) noexcept {
    error_.set(reason);
    failed_.store(true, std::memory_order_release);
    stop();
  }

  void fail_with(std::string_view what, int code) noexcept {
    try {
      fail(support::system_error(what, code).message);
    } catch (...) {
      fail(what);
    }
  }

  void stop() noexcept {
    if (stopped_.exchange(true, std::memory_order_acq_rel)) return;
    ::shutdown(socket_.get(), SHUT_RDWR);
  }

  /// Frames above this are read straight into large_. At least this much of input_ is kept free of
  /// what was delivered, so that a smaller frame always fits behind input_begin_.
  static constexpr std::size_t large_threshold = input_bytes / 4;

  support::UniqueFd socket_;
  Descriptors descriptors_;
  std::size_t frame_cap_;
  std::chrono::nanoseconds spin_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> failed_{false};
  FirstError error_;

  // Of the sending thread.
  support::Mapping output_;
  std::uint32_t sent_sequence_ = 0;
  std::size_t reserved_bytes_ = 0;
  bool reserved_ = false;
  support::UniqueFd outgoing_descriptor_;

  // Of the receiving thread.
  support::Mapping input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  support::Mapping large_;
  std::size_t large_received_ = 0;
  std::size_t large_wanted_ = 0;
  bool in_large_body_ = false;
  bool header_parsed_ = false;
  bool large_follows_ = false;
  std::uint32_t received_sequence_ = 0;
  FrameHeader header_;
  std::span<const std::byte> body_;
  std::vector<support::UniqueFd> queued_descriptors_;
  support::UniqueFd announced_descriptor_;  ///< of the frame that is being read
  support::UniqueFd incoming_descriptor_;   ///< of the frame that was delivered
};

}  // namespace vgpu::transport
