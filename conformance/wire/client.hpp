#pragma once

/// \file
/// A guest as the tests of a host need one: honest where the test is about something else.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>
#include <vgpu/operations.hpp>

#include "vgpu/call/handle.hpp"
#include "vgpu/guest/hello.hpp"
#include "wire/link.hpp"
#include "wire/messages.hpp"
#include "wire/wire_test.hpp"

namespace vgpu::conformance::wire {

/// CUresult values by name, as the protocol's rules use them.
namespace status {
inline constexpr std::int32_t success = 0;
inline constexpr std::int32_t invalid_value = 1;
inline constexpr std::int32_t out_of_memory = 2;
inline constexpr std::int32_t invalid_device = 101;
inline constexpr std::int32_t not_supported = 801;
}  // namespace status

/// Bytes of ring memory that a guest brings.
inline constexpr std::uint32_t ring_bytes = 64 << 10;

/// A Hello that every host accepts.
guest::Hello ordinary_hello();

/// A connection before and during the handshake.
class Dialled {
 public:
  /// Connects to the target. Throws PeerError.
  Dialled();

  SocketLink& socket() noexcept { return socket_; }

  /// Sends a Hello, with fresh ring memory where the target wants one.
  void send(guest::Hello hello);
  /// Sends a body as a Hello.
  bool send_body(std::span<const std::byte> body, int descriptor = -1);

  /// The answer. Throws PeerError when there is none or it is malformed.
  Welcome receive();

  /// The channel behind an accepted handshake; this object is of no use afterwards.
  std::unique_ptr<Link> channel(const Welcome& welcome);

  UniqueFd ring;  ///< what send() made

 private:
  SocketLink socket_;
};

/// What came back for one request.
struct Answer {
  FrameHeader header;  ///< of the first frame
  std::size_t frames = 0;
  Words words;
  std::size_t bytes = 0;

  [[nodiscard]] std::int32_t status() const { return header.status; }
  [[nodiscard]] std::span<const std::byte> body() const { return bytes_of(words).first(bytes); }
  /// What follows the data section.
  [[nodiscard]] std::span<const std::byte> trailing() const {
    return body().subspan(std::min(bytes, std::size_t{header.data_words} * 8));
  }
};

/// What the channels of one session share.
struct SessionState {
  Welcome welcome;
  std::uint64_t next_ticket = 1;
  std::uint32_t next_handle = 1;
};

/// One channel of a session.
class Channel {
 public:
  Channel(std::shared_ptr<SessionState> session, std::unique_ptr<Link> link)
      : session_(std::move(session)), link_(std::move(link)) {}

  Link& link() noexcept { return *link_; }
  SessionState& session() noexcept { return *session_; }
  [[nodiscard]] std::shared_ptr<SessionState> shared() const { return session_; }
  std::uint64_t take_ticket() { return session_->next_ticket++; }

  /// Sends one request in as many frames as it takes. Throws PeerError when the host takes none.
  void send(std::uint16_t operation, std::uint64_t ticket, std::span<const std::byte> body,
            std::size_t data_words, std::uint8_t flags = 0);

  /// The whole answer to `ticket`, each of its frames checked. Throws PeerError.
  Answer receive(std::uint16_t operation, std::uint64_t ticket);

  /// One round trip with the next ticket.
  Answer ask(std::uint16_t operation, std::span<const std::byte> body, std::size_t data_words);

  template <class Call>
  static Words request_bytes(const typename Call::Request& request,
                             std::span<const std::byte> trailing, std::size_t& bytes) {
    Words words = encoded(request);
    bytes = words.size() * 8 + trailing.size();
    const std::size_t head = words.size() * 8;
    words.resize((bytes + 7) / 8);
    if (!trailing.empty()) {
      std::memcpy(reinterpret_cast<std::byte*>(words.data()) + head, trailing.data(),
                  trailing.size());
    }
    return words;
  }

  template <class Call>
  void send(const typename Call::Request& request, std::uint64_t ticket, std::uint8_t flags = 0,
            std::span<const std::byte> trailing = {}) {
    std::size_t bytes = 0;
    const Words words = request_bytes<Call>(request, trailing, bytes);
    send(static_cast<std::uint16_t>(Call::operation), ticket, bytes_of(words).first(bytes),
         call::header_data_words<typename Call::Request>, flags);
  }

  /// Publishes a request that nobody waits for.
  template <class Call>
  void post(const typename Call::Request& request, std::span<const std::byte> trailing = {}) {
    send<Call>(request, take_ticket(), frame_flag::no_reply, trailing);
  }

  /// One round trip; `reply` points into the answer.
  template <class Call>
  Answer ask(const typename Call::Request& request, typename Call::Reply& reply,
             std::span<const std::byte> trailing = {}) {
    const std::uint64_t ticket = take_ticket();
    send<Call>(request, ticket, 0, trailing);
    Answer answer = receive(static_cast<std::uint16_t>(Call::operation), ticket);
    std::span<const std::byte> rest;
    if (!call::decode(answer.body(), answer.header.data_words, reply, rest) &&
        answer.status() == status::success) {
      throw PeerError("the answer to a call is malformed");
    }
    return answer;
  }
  template <class Call>
  std::int32_t ask(const typename Call::Request& request,
                   std::span<const std::byte> trailing = {}) {
    typename Call::Reply reply;
    return ask<Call>(request, reply, trailing).status();
  }

  /// Throws PeerError unless the host answers a ping.
  void ping();

 private:
  std::shared_ptr<SessionState> session_;
  std::unique_ptr<Link> link_;
};

/// Opens a session. Throws PeerError when the host refuses.
Channel open_session();
/// Opens another channel of a session.
Channel join_session(std::shared_ptr<SessionState> session);

/// Throws PeerError unless a new session works: the host has survived.
void expect_host_serves();

/// A session with a context on device 0, which the channel has current.
class DeviceSession {
 public:
  /// Throws NotClaimed when the host has no device, or does not serve contexts.
  DeviceSession();

  Channel& channel() noexcept { return channel_; }
  [[nodiscard]] std::uint64_t context() const noexcept { return context_; }

  /// A further channel with the same context current.
  Channel join();

  /// A handle id that was not used yet.
  std::uint64_t fresh_id(call::HandleKind kind);

  std::uint64_t allocate(std::uint64_t bytes);
  void write(std::uint64_t address, std::span<const std::byte> bytes);
  std::vector<std::byte> read(std::uint64_t address, std::uint64_t bytes);

 private:
  Channel channel_;
  std::uint64_t context_ = 0;
};

/// Throws NotClaimed for CUDA_ERROR_NOT_SUPPORTED: the host does not serve `what`. Where it did
/// before, in this process, or for any other error, PeerError.
void need_served(std::int32_t status, std::string_view what);

/// `count` random bytes.
std::vector<std::byte> random_bytes(std::size_t count);

}  // namespace vgpu::conformance::wire
