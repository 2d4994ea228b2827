#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <vgpu/operations.hpp>

#include "vgpu/call/codec.hpp"
#include "vgpu/guest/hello.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/connect.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/message.hpp"
#include "vgpu/transport/shared_memory.hpp"
#include "vgpu/transport/url.hpp"

namespace vgpu::host_test {

using namespace std::chrono_literals;

/// What came back for one request.
struct Answer {
  bool arrived = false;
  std::int32_t status = -1;
  std::uint8_t data_words = 0;
  std::uint8_t flags = 0;
  std::vector<std::uint64_t> words;
  std::size_t bytes = 0;

  std::span<const std::byte> body() const { return std::as_bytes(std::span(words)).first(bytes); }
};

/// Sends one request as it is.
inline bool send_raw(transport::Channel& channel, std::uint16_t operation, std::uint64_t ticket,
                     std::span<const std::byte> body, std::uint8_t data_words,
                     std::uint8_t flags = 0) {
  transport::FrameHeader header;
  header.operation = operation;
  header.ticket = ticket;
  header.data_words = data_words;
  header.flags = flags;
  return transport::send_message(channel, header, body);
}

/// Waits for the answer to `ticket`.
inline Answer receive_answer(transport::Channel& channel, std::uint64_t ticket,
                             std::chrono::nanoseconds timeout = 10s) {
  transport::MessageReceiver receiver(channel, std::size_t{1} << 30);
  transport::ReceivedMessage message;
  Answer answer;
  if (receiver.receive(message, timeout) != transport::MessageStatus::message) return answer;
  answer.arrived =
      message.header.ticket == ticket && (message.header.flags & wire::frame_flag::reply) != 0;
  answer.status = message.header.status;
  answer.data_words = message.header.data_words;
  answer.flags = message.header.flags;
  answer.bytes = message.body.size();
  answer.words.resize((answer.bytes + 7) / 8);
  if (answer.bytes != 0) std::memcpy(answer.words.data(), message.body.data(), answer.bytes);
  return answer;
}

/// One round trip of a described call. `reply` points into `answer`.
template <class Call>
Answer call(transport::Channel& channel, std::uint64_t ticket,
            const typename Call::Request& request, typename Call::Reply& reply) {
  std::vector<std::uint64_t> words(call::encoded_size(request) / 8);
  call::encode(request, reinterpret_cast<std::byte*>(words.data()));
  send_raw(channel, static_cast<std::uint16_t>(Call::operation), ticket,
           std::as_bytes(std::span(words)), call::header_data_words<typename Call::Request>);
  Answer answer = receive_answer(channel, ticket);
  std::span<const std::byte> trailing;
  if (answer.arrived && !call::decode(answer.body(), answer.data_words, reply, trailing)) {
    answer.arrived = false;
  }
  return answer;
}

/// Publishes a call without waiting.
template <class Call>
bool post(transport::Channel& channel, std::uint64_t ticket,
          const typename Call::Request& request) {
  std::vector<std::uint64_t> words(call::encoded_size(request) / 8);
  call::encode(request, reinterpret_cast<std::byte*>(words.data()));
  return send_raw(channel, static_cast<std::uint16_t>(Call::operation), ticket,
                  std::as_bytes(std::span(words)), call::header_data_words<typename Call::Request>,
                  wire::frame_flag::no_reply);
}

/// A connection of a pretended guest.
struct Guest {
  std::unique_ptr<transport::Channel> channel;
  bool accepted = false;
  std::string reason;
  std::uint32_t worker = 0;
  std::uint64_t session = 0;
  std::uint64_t key = 0;
  std::uint64_t features = 0;
  std::uint64_t window_begin = 0;
  std::uint32_t device_count = 0;
};

/// Connects and shakes hands; `hello` as given, but for the ring memory of a shm URL.
inline Guest connect(const std::string& url_text, guest::Hello hello = {}) {
  Guest guest;
  auto url = transport::parse_url(url_text);
  if (!url) {
    guest.reason = url.message();
    return guest;
  }
  auto socket = transport::dial(*url, 10s);
  if (!socket) {
    guest.reason = socket.message();
    return guest;
  }
  support::UniqueFd ring;
  std::vector<int> descriptors;
  if (url->scheme == transport::Url::Scheme::shm) {
    auto made = transport::create_ring_memory(64 << 10);
    if (!made) return guest;
    ring = std::move(*made);
    descriptors.push_back(ring.get());
    hello.ring_bytes = 64 << 10;
  }
  if (hello.protocol_version == 0) hello.protocol_version = guest::protocol_version;
  hello.features = ~std::uint64_t{0};
  hello.cuda_version = 13000;
  if (hello.program.empty()) hello.program = "host_process_test";
  std::vector<std::uint64_t> words(call::encoded_size(hello) / 8);
  call::encode(hello, reinterpret_cast<std::byte*>(words.data()));
  transport::HandshakeSocket handshake(std::move(*socket));
  transport::FrameHeader header;
  header.operation = transport::handshake_operation;
  auto sent = handshake.send(header, std::as_bytes(std::span(words)), 10s, descriptors);
  if (!sent) {
    guest.reason = sent.message();
    return guest;
  }
  auto frame = handshake.receive(60s);
  if (!frame) {
    guest.reason = frame.message();
    return guest;
  }
  guest::HelloReply reply;
  std::span<const std::byte> trailing;
  if (!call::decode(frame->body(), frame->header.data_words, reply, trailing)) return guest;
  guest.accepted = reply.accepted == 1;
  guest.reason = reply.reason;
  guest.worker = reply.process_id;
  guest.session = reply.session;
  guest.key = reply.session_key;
  guest.features = reply.features;
  guest.window_begin = reply.window_begin;
  guest.device_count = reply.device_count;
  if (!guest.accepted) return guest;
  transport::ChannelOptions options;
  if (reply.frame_cap >= 4096) options.frame_cap = reply.frame_cap;
  auto channel = transport::make_channel(handshake.release(), std::move(ring),
                                         transport::Role::guest, options);
  if (channel) guest.channel = std::move(*channel);
  return guest;
}

}  // namespace vgpu::host_test
