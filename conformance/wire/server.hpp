#pragma once

/// \file
/// A host as the tests of a guest need one: honest but for what a test changes. Its device is some
/// memory of this process.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "vgpu/transport/listen.hpp"
#include "wire/link.hpp"
#include "wire/messages.hpp"
#include "wire/wire_test.hpp"

namespace vgpu::conformance::wire {

/// A Hello as it came.
struct Greeting {
  FrameHeader header;
  bool well_formed = false;
  std::uint16_t protocol_version = 0;
  std::uint16_t role = 0;
  std::uint32_t process_id = 0;
  std::uint64_t session = 0;
  std::uint64_t session_key = 0;
  std::uint64_t features = 0;
  std::uint32_t cuda_version = 0;
  std::uint32_t ring_bytes = 0;
  std::size_t schema_hashes = 0;
  std::string program;
  std::string token;
  UniqueFd ring;
};

struct Request {
  FrameHeader header;  ///< of the first frame
  std::size_t frames = 1;
  Words words;
  std::size_t bytes = 0;
  bool descriptor = false;

  [[nodiscard]] std::span<const std::byte> body() const { return bytes_of(words).first(bytes); }
};

/// An answer before it is sent.
struct Reply {
  FrameHeader header;
  std::vector<std::byte> body;
};

/// What a test changes. Called by the threads of connections, one at a time.
struct Deviation {
  /// Changes the answer to a Hello.
  std::function<void(guest::HelloReply&)> welcome;
  /// Sends the answer to a Hello in its own way; true = done.
  std::function<bool(SocketLink&, std::span<const std::byte> body)> greet;
  /// Sends the answer in its own way, or nothing, or ends the channel; true = done.
  std::function<bool(Link&, const Request&, Reply&)> answer;
};

/// Listens at the target's URL and serves every guest that comes.
class Server {
 public:
  explicit Server(Deviation deviation = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Ends all connections.
  ~Server();

  /// Waits until the first session has come and all its channels are gone. False: not in time.
  bool wait_for_end(std::chrono::milliseconds timeout);

  /// After the end: what guests did that the protocol forbids; empty = nothing.
  [[nodiscard]] std::vector<std::string> violations();
  [[nodiscard]] std::vector<Greeting>& greetings() noexcept { return greetings_; }
  [[nodiscard]] std::vector<Request>& requests() noexcept { return requests_; }

  static constexpr std::uint64_t session_id = 0x5e551011;
  static constexpr std::uint64_t session_key = 0x6e7;

 private:
  void accept();
  void serve(UniqueFd socket);
  std::unique_ptr<Link> greet(UniqueFd socket);
  void serve_channel(Link& link);
  bool receive(Link& link, Request& request);
  Reply execute(const Request& request);
  void send(Link& link, const Reply& reply);
  void check(const Request& request);
  void complain(const std::string& what);
  std::byte* memory(std::uint64_t address, std::uint64_t bytes);

  Deviation deviation_;
  transport::Listener listener_;
  UniqueFd stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  int open_ = 0;
  bool came_ = false;
  std::atomic<bool> stopping_{false};
  std::vector<std::string> violations_;
  std::vector<Greeting> greetings_;
  std::vector<Request> requests_;
  std::set<std::uint64_t> tickets_;
  std::map<std::uint64_t, std::vector<std::byte>> blocks_;
  std::uint64_t next_address_ = 0x700000000;
  std::thread acceptor_;
};

}  // namespace vgpu::conformance::wire
