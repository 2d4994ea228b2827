#pragma once

/// \file
/// A host inside the test: answers frames over in-process channels and writes down what it got.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>
#include <vgpu/calls/session.hpp>

#include "vgpu/guest/session.hpp"
#include "vgpu/transport/in_process.hpp"
#include "vgpu/transport/message.hpp"

namespace vgpu::guest::testing_support {

struct SeenRequest {
  std::uint16_t operation = 0;
  std::uint64_t ticket = 0;
  bool no_reply = false;
  std::thread::id thread;  ///< of the channel
  std::vector<std::byte> body;
};

class FakeHost {
 public:
  /// Answers one request: the reply's data words and trailing bytes, and its status.
  struct Answer {
    std::int32_t status = 0;
    std::uint8_t data_words = 0;
    std::vector<std::byte> body;
    std::uint8_t flags = 0;  ///< beside wire::frame_flag::reply
  };
  using Handler = std::function<Answer(const SeenRequest&)>;

  ~FakeHost() { stop(); }

  Dialer dialer() {
    return [this](const Hello& hello,
                  ReplyBuffer& reply) -> support::Result<std::unique_ptr<transport::Channel>> {
      auto pair = transport::in_process_pair();
      if (!pair) return pair.error();
      std::shared_ptr<transport::Channel> host(std::move(pair->host));
      {
        const std::lock_guard lock(mutex_);
        channels_.push_back(host);
        threads_.emplace_back([this, host] { serve(*host); });
      }
      if (auto said = exchange_hello(*pair->guest, hello, reply, std::chrono::seconds(5)); !said) {
        return said.error();
      }
      return std::move(pair->guest);
    };
  }

  void handle(std::uint16_t operation, Handler handler) {
    const std::lock_guard lock(mutex_);
    handlers_[operation] = std::move(handler);
  }

  /// What arrived so far, the handshakes left out.
  std::vector<SeenRequest> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::size_t count(std::uint16_t operation) {
    std::size_t found = 0;
    for (const SeenRequest& request : seen()) found += request.operation == operation ? 1 : 0;
    return found;
  }
  std::size_t hellos() const { return hellos_; }
  std::size_t closed_channels() const { return closed_; }

  /// As if the worker died: every channel ends.
  void stop() {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      for (auto& channel : channels_) channel->close();
      threads.swap(threads_);
    }
    for (auto& thread : threads) thread.join();
  }

  std::uint32_t device_count = 1;
  std::string refusal_reason;

 private:
  template <class Message>
  static std::vector<std::byte> encoded(const Message& message) {
    std::vector<std::byte> bytes(call::encoded_size(message));
    call::encode(message, bytes.data());
    return bytes;
  }

  Answer answer(const SeenRequest& request) {
    if (request.operation == hello_operation) {
      ++hellos_;
      HelloReply reply;
      reply.protocol_version = protocol_version;
      reply.accepted = refusal_reason.empty() ? 1 : 0;
      reply.reason = refusal_reason;
      reply.session = 42;
      reply.session_key = 43;
      reply.cuda_version = 13000;
      reply.device_count = device_count;
      reply.backend = "fake";
      return {0, 0, encoded(reply)};
    }
    Handler handler;
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
      if (const auto found = handlers_.find(request.operation); found != handlers_.end()) {
        handler = found->second;
      }
    }
    if (handler) return handler(request);
    if (request.operation == static_cast<std::uint16_t>(call::Operation::device_snapshot)) {
      std::vector<std::int32_t> values(149, 0);
      std::vector<std::int32_t> results(149, 0);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i);
      results[0] = results[148] = 1;
      const std::vector<std::byte> uuid(16, std::byte{7});
      calls::DeviceSnapshot::Reply reply;
      reply.totalMem = std::uint64_t{8} << 30;
      reply.luidResult = 801;
      reply.name = "Fake Device";
      reply.pciBusId = "0000:00:06.0";
      reply.uuid = uuid;
      reply.attributes = values;
      reply.attributeResults = results;
      return {0, 0, encoded(reply)};
    }
    return {};
  }

  void serve(transport::Channel& channel) {
    transport::MessageReceiver receiver(channel, std::size_t{64} << 20);
    transport::ReceivedMessage message;
    while (receiver.receive(message, transport::forever) == transport::MessageStatus::message) {
      SeenRequest request;
      request.operation = message.header.operation;
      request.ticket = message.header.ticket;
      request.no_reply = (message.header.flags & wire::frame_flag::no_reply) != 0;
      request.thread = std::this_thread::get_id();
      request.body.assign(message.body.begin(), message.body.end());
      const Answer reply = answer(request);
      if (request.no_reply) continue;
      wire::FrameHeader header;
      header.operation = request.operation;
      header.flags = wire::frame_flag::reply | reply.flags;
      header.data_words = reply.data_words;
      header.status = reply.status;
      header.ticket = request.ticket;
      const std::span<const std::byte> parts[] = {reply.body};
      if (!transport::send_message(channel, header, parts)) break;
    }
    ++closed_;
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<transport::Channel>> channels_;
  std::vector<std::thread> threads_;
  std::vector<SeenRequest> seen_;
  std::map<std::uint16_t, Handler> handlers_;
  std::atomic<std::size_t> hellos_{0};
  std::atomic<std::size_t> closed_{0};
};

}  // namespace vgpu::guest::testing_support
