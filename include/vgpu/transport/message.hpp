#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/channel.hpp"

/// Messages of any size over a channel: a body above the frame cap goes in several frames, all but
/// the last with the `more` flag, all with the operation and ticket of the first.
namespace vgpu::transport {

/// Sends a message whose body is the concatenation of `parts`, in as many frames as it takes. An
/// attached descriptor goes with the first. No allocation. False when the channel closed or failed.
template <FrameChannel C>
bool send_message(C& channel, FrameHeader header,
                  std::span<const std::span<const std::byte>> parts) noexcept {
  constexpr std::size_t most_parts = 8;
  const std::size_t cap = channel.frame_cap();
  std::array<std::span<const std::byte>, most_parts> frame;
  std::size_t count = 0;
  std::size_t bytes = 0;
  header.flags &= static_cast<std::uint8_t>(~wire::frame_flag::more);
  FrameHeader with_more = header;
  with_more.flags |= wire::frame_flag::more;
  for (std::span<const std::byte> part : parts) {
    while (!part.empty()) {
      if (bytes == cap || count == most_parts) {
        if (!channel.send(with_more, std::span(frame).first(count))) return false;
        count = bytes = 0;
      }
      std::size_t taken = std::min(part.size(), cap - bytes);
      frame[count++] = part.first(taken);
      bytes += taken;
      part = part.subspan(taken);
    }
  }
  return channel.send(header, std::span(frame).first(count));
}

/// As above, for a body in one piece.
template <FrameChannel C>
bool send_message(C& channel, FrameHeader header, std::span<const std::byte> body) noexcept {
  return send_message(channel, header, std::span(&body, 1));
}

enum class MessageStatus {
  message,      ///< a whole message arrived
  over_budget,  ///< one arrived that exceeds the budget (or memory); its body was dropped
  timeout,      ///< none is complete yet; call again
  closed,       ///< as ReceiveStatus::closed; a message that was under way is lost
  failed,       ///< as ReceiveStatus::failed, or its frames do not belong together; see error()
};

struct ReceivedMessage {
  /// Of the first frame, without the `more` flag; `length` is that frame's.
  FrameHeader header;
  /// Private, 8-byte aligned, valid until the next receive; empty when over budget.
  std::span<const std::byte> body;
  /// Bytes that the body has, or had before it was dropped.
  std::uint64_t size = 0;
  /// What travelled with the first frame.
  support::UniqueFd descriptor;
};

/// Puts messages together. One per channel, used by its receiving thread alone.
template <FrameChannel C>
class MessageReceiver {
 public:
  /// `channel` outlives this. `budget`: bytes a body may have when it spans several frames.
  MessageReceiver(C& channel, std::size_t budget) noexcept : channel_(channel), budget_(budget) {}

  /// Waits for the next whole message; at most `timeout` for each of its frames.
  MessageStatus receive(ReceivedMessage& message, std::chrono::nanoseconds timeout) noexcept {
    if (!in_message_) release_large_buffer();
    for (;;) {
      ReceivedFrame frame;
      ReceiveStatus status = channel_.receive(frame, timeout);
      if (status != ReceiveStatus::frame) [[unlikely]]
        return without_frame(status);
      bool more = (frame.header.flags & wire::frame_flag::more) != 0;
      if (!in_message_) [[likely]] {
        begin(frame.header);
        if (!more) [[likely]] {
          return finish(message, frame.body, MessageStatus::message);
        }
      } else if (!continues(frame.header)) {
        return MessageStatus::failed;
      }
      append(frame.body);
      if (more) continue;
      if (over_budget_) return finish(message, {}, MessageStatus::over_budget);
      return finish(message, {buffer_.get(), used_}, MessageStatus::message);
    }
  }

  /// Waits for the next message and hands its body on piece by piece, as it arrives, to
  /// `sink(std::span<const std::byte>)`, without a budget: for bulk bytes whose destination is
  /// known. `message.body` stays empty.
  template <class Sink>
  MessageStatus receive_into(ReceivedMessage& message, std::chrono::nanoseconds timeout,
                             Sink&& sink) noexcept {
    for (;;) {
      ReceivedFrame frame;
      ReceiveStatus status = channel_.receive(frame, timeout);
      if (status != ReceiveStatus::frame) return without_frame(status);
      if (!in_message_) {
        begin(frame.header);
      } else if (!continues(frame.header)) {
        return MessageStatus::failed;
      }
      size_ += frame.body.size();
      sink(frame.body);
      if ((frame.header.flags & wire::frame_flag::more) == 0) {
        std::uint64_t size = size_;
        finish(message, {}, MessageStatus::message);
        message.size = size;
        return MessageStatus::message;
      }
    }
  }

  /// Why receive() failed, in words.
  [[nodiscard]] std::string_view error() const noexcept {
    return problem_.empty() ? std::string_view(channel_.error()) : problem_;
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };
  /// A buffer above this is given back when its message is over.
  static constexpr std::size_t kept_bytes = std::size_t{1} << 20;

  static MessageStatus without_frame(ReceiveStatus status) noexcept {
    switch (status) {
      case ReceiveStatus::timeout:
        return MessageStatus::timeout;
      case ReceiveStatus::closed:
        return MessageStatus::closed;
      default:
        return MessageStatus::failed;
    }
  }

  void begin(const FrameHeader& header) noexcept {
    wire::copy_header(first_, header, wire::frame_flag::more);
    descriptor_ = (header.flags & wire::frame_flag::descriptor) != 0 ? channel_.take_descriptor()
                                                                     : support::UniqueFd();
    in_message_ = true;
    over_budget_ = false;
    used_ = 0;
    size_ = 0;
  }

  bool continues(const FrameHeader& header) noexcept {
    if (header.operation == first_.operation && header.ticket == first_.ticket) return true;
    problem_ = "the frames of one message were interleaved with those of another";
    channel_.close();
    return false;
  }

  void append(std::span<const std::byte> bytes) noexcept {
    size_ += bytes.size();
    if (over_budget_ || bytes.empty()) return;
    if (bytes.size() > budget_ - used_ || !make_room(used_ + bytes.size())) {
      over_budget_ = true;
      buffer_.reset();
      capacity_ = used_ = 0;
      return;
    }
    std::memcpy(buffer_.get() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }

  bool make_room(std::size_t bytes) noexcept {
    if (bytes <= capacity_) return true;
    std::size_t grown = std::max(bytes, std::min(budget_, capacity_ * 2));
    void* memory = std::realloc(buffer_.get(), grown);
    if (memory == nullptr) return false;
    static_cast<void>(buffer_.release());
    buffer_.reset(static_cast<std::byte*>(memory));
    capacity_ = grown;
    return true;
  }

  MessageStatus finish(ReceivedMessage& message, std::span<const std::byte> body,
                       MessageStatus status) noexcept {
    in_message_ = false;
    wire::copy_header(message.header, first_);
    message.body = body;
    message.size = status == MessageStatus::message ? body.size() : size_;
    message.descriptor = std::move(descriptor_);
    return status;
  }

  void release_large_buffer() noexcept {
    if (capacity_ <= kept_bytes) return;
    buffer_.reset();
    capacity_ = 0;
  }

  C& channel_;
  std::size_t budget_;
  FrameHeader first_;
  support::UniqueFd descriptor_;
  std::unique_ptr<std::byte, Free> buffer_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::uint64_t size_ = 0;
  bool in_message_ = false;
  bool over_budget_ = false;
  std::string_view problem_;
};

}  // namespace vgpu::transport
