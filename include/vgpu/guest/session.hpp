#pragma once

/// \file
/// The guest's session with its host: who answers, what it has, how a further thread joins.

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <vgpu/calls/session.hpp>
#include <vgpu/operations.hpp>

#include "vgpu/call/codec.hpp"
#include "vgpu/guest/device.hpp"
#include "vgpu/guest/hello.hpp"
#include "vgpu/guest/reply_buffer.hpp"
#include "vgpu/memory/address_window.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/support/thread_sanitizer.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/message.hpp"
#include "vgpu/wire/frame_header.hpp"

namespace vgpu::guest {

/// The host runs a host function after the requests before it, and answers what waits for it after
/// it: the order between the program's threads and the one on which host functions run.
inline support::ForeignOrder before_host_functions;
inline support::ForeignOrder after_host_functions;

/// Where the frames of one logical answer went.
struct RawReply {
  /// In: keep only the data section in `buffer`, the rest goes to `destination`.
  bool split = false;
  std::uint8_t data_words = 0;
  std::int32_t status = 0;
  std::span<const std::byte> body;
  std::size_t trailing_bytes = 0;
  support::UniqueFd descriptor;  ///< what came with the answer, if anything
  bool output = false;           ///< kernels of the program have written something: ask for it
};

/// Receives the answer to the request that carried `operation` and `ticket`. The error says what
/// the peer did wrong or how it was lost. Throws std::bad_alloc.
inline support::Result<void> receive_answer(transport::Channel& channel, call::Operation operation,
                                            std::uint64_t ticket, ReplyBuffer& buffer,
                                            std::span<std::byte> destination, RawReply& raw,
                                            std::chrono::nanoseconds timeout = transport::forever) {
  bool first = true;
  for (;;) {
    transport::ReceivedFrame frame;
    switch (channel.receive(frame, timeout)) {
      case transport::ReceiveStatus::frame:
        break;
      case transport::ReceiveStatus::timeout:
        return support::Error{"the host did not answer in time", ETIMEDOUT};
      case transport::ReceiveStatus::closed:
        return support::Error{"the host closed the connection or died", EPIPE};
      case transport::ReceiveStatus::failed:
        return support::Error{"the connection failed: " + std::string(channel.error()), EPIPE};
    }
    if ((frame.header.flags & wire::frame_flag::reply) == 0 || frame.header.ticket != ticket ||
        call::Operation{frame.header.operation} != operation) {
      return support::Error{"the host sent an answer that nobody asked for", EPROTO};
    }
    std::span<const std::byte> body = frame.body;
    if (first) {
      first = false;
      raw.data_words = frame.header.data_words;
      raw.status = frame.header.status;
      raw.output = (frame.header.flags & wire::frame_flag::output) != 0;
      if ((frame.header.flags & wire::frame_flag::descriptor) != 0) {
        raw.descriptor = channel.take_descriptor();
      }
      if (raw.split) {
        const std::size_t head = std::size_t{raw.data_words} * 8;
        if (head > body.size()) return support::Error{"the host sent a short answer", EPROTO};
        std::memcpy(buffer.resize(head), body.data(), head);
        body = body.subspan(head);
      }
    }
    if (!body.empty()) {
      if (raw.split) {
        if (body.size() > destination.size() - raw.trailing_bytes) {
          return support::Error{"the host sent more than was asked for", EPROTO};
        }
        std::memcpy(destination.data() + raw.trailing_bytes, body.data(), body.size());
        raw.trailing_bytes += body.size();
      } else {
        const std::size_t before = buffer.size();
        std::memcpy(buffer.resize(before + body.size()) + before, body.data(), body.size());
      }
    }
    if ((frame.header.flags & wire::frame_flag::more) == 0) break;
  }
  raw.body = {buffer.data(), buffer.size()};
  after_host_functions.acquire();
  return {};
}

/// What a HelloReply that is no welcome means.
inline support::Error refusal(const HelloReply& reply) {
  return support::Error{reply.reason.empty()
                            ? "the host refused the session without a reason"
                            : "the host refused the session: " + std::string(reply.reason),
                        EACCES};
}

/// Connects to the host, says `hello`, and leaves the encoded HelloReply in `reply`.
using Dialer = std::function<support::Result<std::unique_ptr<transport::Channel>>(
    const Hello& hello, ReplyBuffer& reply)>;

/// Says hello over a channel that is connected already.
inline support::Result<void> exchange_hello(transport::Channel& channel, const Hello& hello,
                                            ReplyBuffer& reply, std::chrono::nanoseconds timeout) {
  ReplyBuffer encoded;
  const std::size_t bytes = call::encoded_size(hello);
  call::encode(hello, encoded.resize(bytes));
  wire::FrameHeader header;
  header.operation = hello_operation;
  const std::span<const std::byte> parts[] = {{encoded.data(), bytes}};
  if (!transport::send_message(channel, header, parts)) {
    return support::Error{"cannot send to the host: " + std::string(channel.error()), EPIPE};
  }
  RawReply raw;
  return receive_answer(channel, call::Operation{hello_operation}, 0, reply, {}, raw, timeout);
}

/// The session of this process. Immutable after `open`, except for the ticket counter; `join` may
/// be called by any thread at once.
class Session {
 public:
  /// The first connection of a session, and the session.
  struct Opened {
    std::unique_ptr<Session> session;
    std::unique_ptr<transport::Channel> channel;
  };

  /// Connects, shakes hands and fetches the devices. `url` is for messages only.
  static support::Result<Opened> open(Dialer dialer, std::string url, std::uint64_t window_bytes) {
    auto session = std::unique_ptr<Session>(new Session(std::move(dialer), std::move(url)));
    if (window_bytes != 0) {
      if (auto window = memory::AddressWindow::reserve(window_bytes)) {
        session->window_ = std::move(*window);
      }
    }
    auto channel = session->dial(ChannelRole::calls);
    if (!channel) return channel.error();
    if (!session->window_agreed_) session->window_ = {};
    if (auto fetched = session->fetch_devices(**channel); !fetched) return fetched.error();
    return Opened{std::move(session), std::move(*channel)};
  }

  /// A channel for another thread, or for callbacks.
  support::Result<std::unique_ptr<transport::Channel>> join(ChannelRole role) { return dial(role); }

  const std::string& url() const noexcept { return url_; }
  const std::vector<Device>& devices() const noexcept { return devices_; }
  /// For cuInit, before anybody else has the session.
  std::vector<Device>& mutable_devices() noexcept { return devices_; }
  /// cuDriverGetVersion of the host's backend.
  int driver_version() const noexcept { return static_cast<int>(cuda_version_); }
  const std::string& host_name() const noexcept { return host_name_; }
  const std::string& backend() const noexcept { return backend_; }
  std::uint64_t message_budget() const noexcept { return message_budget_; }
  /// Feature bits in force (namespace feature).
  std::uint64_t features() const noexcept { return features_; }
  bool has(std::uint64_t bits) const noexcept { return (features_ & bits) == bits; }
  /// The address window that both sides hold; false (empty) when there is none.
  const memory::AddressWindow& window() const noexcept { return window_; }

  /// The next place in the session's order of calls. Taken right before a request is published.
  std::uint64_t take_ticket() noexcept {
    before_host_functions.release();
    return next_ticket_.fetch_add(1, std::memory_order_relaxed);
  }
  /// Requests sent so far, by all threads.
  std::uint64_t requests_sent() const noexcept {
    return next_ticket_.load(std::memory_order_relaxed) - 1;
  }

 private:
  static constexpr std::chrono::seconds handshake_timeout{10};

  Session(Dialer dialer, std::string url) noexcept
      : dialer_(std::move(dialer)), url_(std::move(url)) {}

  support::Result<std::unique_ptr<transport::Channel>> dial(ChannelRole role) {
    std::vector<std::uint64_t> hashes;
    hashes.reserve(call::schema_files.size());
    for (const call::SchemaFile& file : call::schema_files) hashes.push_back(file.hash);
    const std::string program = program_name();
    Hello hello;
    hello.protocol_version = protocol_version;
    hello.role = static_cast<std::uint16_t>(role);
    hello.process_id = static_cast<std::uint32_t>(::getpid());
    hello.session = id_;
    hello.session_key = key_;
    hello.features =
        feature::descriptors | feature::shared_host_memory | feature::staging | feature::output;
    hello.cuda_version = built_cuda_version;
    if (window_) {
      hello.window_begin = window_.begin();
      hello.window_bytes = window_.size();
    }
    hello.schema_hashes = hashes;
    hello.program = program;
    const char* token = std::getenv("VGPU_TOKEN");
    if (token != nullptr) {
      hello.token = {reinterpret_cast<const std::byte*>(token), std::strlen(token)};
    }
    ReplyBuffer buffer;
    auto channel = dialer_(hello, buffer);
    if (!channel) return channel.error();
    HelloReply reply;
    std::span<const std::byte> rest;
    if (!call::decode({buffer.data(), buffer.size()}, 0, reply, rest)) {
      return support::Error{"the host's answer to the handshake is malformed", EPROTO};
    }
    if (reply.accepted != 1) return refusal(reply);
    if (id_ == 0) {
      id_ = reply.session;
      key_ = reply.session_key;
      features_ = reply.features;
      cuda_version_ = reply.cuda_version;
      device_count_ = reply.device_count;
      message_budget_ = reply.message_budget;
      host_name_ = reply.host_name;
      backend_ = reply.backend;
      window_agreed_ =
          window_ && reply.window_begin == window_.begin() && reply.window_bytes == window_.size();
    } else if (reply.session != id_) {
      return support::Error{"the host put a joining thread into another session", EPROTO};
    }
    return channel;
  }

  support::Result<void> fetch_devices(transport::Channel& channel) {
    constexpr std::uint32_t device_limit = 1024;
    if (device_count_ > device_limit) {
      return support::Error{"the host says it has " + std::to_string(device_count_) + " devices",
                            EPROTO};
    }
    for (std::uint32_t ordinal = 0; ordinal < device_count_; ++ordinal) {
      auto device = fetch_device(channel, static_cast<std::int32_t>(ordinal));
      if (!device) return device.error();
      devices_.push_back(std::move(*device));
    }
    return {};
  }

  support::Result<Device> fetch_device(transport::Channel& channel, std::int32_t ordinal) {
    using Call = calls::DeviceSnapshot;
    Call::Request request;
    request.ordinal = ordinal;
    std::byte* body = channel.reserve(call::encoded_size(request));
    if (body == nullptr) return support::Error{std::string(channel.error()), EPIPE};
    call::encode(request, body);
    wire::FrameHeader header;
    header.operation = static_cast<std::uint16_t>(Call::operation);
    header.data_words = call::header_data_words<Call::Request>;
    header.length = static_cast<std::uint32_t>(call::encoded_size(request));
    header.ticket = take_ticket();
    if (!channel.publish(header)) return support::Error{std::string(channel.error()), EPIPE};
    ReplyBuffer buffer;
    RawReply raw;
    if (auto answer = receive_answer(channel, Call::operation, header.ticket, buffer, {}, raw,
                                     handshake_timeout);
        !answer) {
      return answer.error();
    }
    if (raw.status != 0) {
      return support::Error{"the host cannot describe device " + std::to_string(ordinal) +
                                " (CUDA error " + std::to_string(raw.status) + ")",
                            EIO};
    }
    Call::Reply reply;
    std::span<const std::byte> rest;
    if (!call::decode(raw.body, raw.data_words, reply, rest)) {
      return support::Error{"the host's description of a device is malformed", EPROTO};
    }
    Device device;
    device.name = reply.name;
    device.pci_bus_id = reply.pciBusId;
    device.node_mask = reply.deviceNodeMask;
    device.luid_result = reply.luidResult;
    device.total_memory = reply.totalMem;
    copy_bytes(reply.uuid, device.uuid);
    copy_bytes(reply.luid, device.luid);
    device.attributes.assign(reply.attributes.begin(), reply.attributes.end());
    device.attribute_results.assign(reply.attributeResults.begin(), reply.attributeResults.end());
    describe_for_guest(device);
    return device;
  }

  template <std::size_t N>
  static void copy_bytes(std::span<const std::byte> from, std::array<std::byte, N>& to) noexcept {
    if (from.size() == N) std::memcpy(to.data(), from.data(), N);
  }

  /// The host's device as this process can use it: nothing here can touch the guest's ordinary
  /// memory, and registered memory only exists where a window is shared.
  void describe_for_guest(Device& device) const noexcept {
    const auto deny = [&device](std::size_t attribute) {
      if (attribute < device.attributes.size()) device.attributes[attribute] = 0;
    };
    deny(86);   // HOST_NATIVE_ATOMIC_SUPPORTED
    deny(88);   // PAGEABLE_MEMORY_ACCESS
    deny(100);  // PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES
    deny(101);  // DIRECT_MANAGED_MEM_ACCESS_FROM_HOST
    if (!window_agreed_ || !has(feature::shared_host_memory)) {
      deny(89);  // CONCURRENT_MANAGED_ACCESS
      deny(91);  // CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM
    }
  }

  static std::string program_name() {
    std::string name(256, '\0');
    const ssize_t length = ::readlink("/proc/self/exe", name.data(), name.size());
    name.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return name;
  }

  static constexpr std::uint32_t built_cuda_version = 13000;

  Dialer dialer_;
  std::string url_;
  std::uint64_t id_ = 0;
  std::uint64_t key_ = 0;
  std::uint64_t features_ = 0;
  std::uint64_t message_budget_ = 0;
  std::uint32_t cuda_version_ = 0;
  std::uint32_t device_count_ = 0;
  std::string host_name_;
  std::string backend_;
  memory::AddressWindow window_;
  bool window_agreed_ = false;
  std::vector<Device> devices_;
  alignas(128) std::atomic<std::uint64_t> next_ticket_{1};
};

}  // namespace vgpu::guest
