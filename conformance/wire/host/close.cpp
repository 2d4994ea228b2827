/// Guests that end abruptly: at every boundary of a frame, and inside of frames.

#include <fmt/format.h>

#include <cstring>
#include <set>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/calls/session.hpp>

#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/shared_memory.hpp"
#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

constexpr std::size_t header_bytes = sizeof(FrameHeader);

void append(std::vector<std::byte>& to, const std::vector<std::byte>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Places to cut `bytes`, which begins with a frame: its boundaries and both sides of each, the
/// middle of every header and body, and more.
std::vector<std::size_t> cuts(const std::vector<std::byte>& bytes) {
  std::set<std::size_t> places{0, 1};
  for (std::size_t at = 0; at + header_bytes <= bytes.size();) {
    FrameHeader header;
    std::memcpy(&header, bytes.data() + at, header_bytes);
    const std::size_t end = at + header_bytes + (header.length + 7) / 8 * 8;
    for (const std::size_t place :
         {at, at + 1, at + 4, at + 8, at + header_bytes - 1, at + header_bytes,
          at + header_bytes + 1, (at + header_bytes + end) / 2, end - 1, end}) {
      if (place <= bytes.size()) places.insert(place);
    }
    at = end;
  }
  return {places.begin(), places.end()};
}

std::vector<std::byte> hello_frame(const guest::Hello& hello) {
  const Words words = encoded(hello);
  FrameHeader header;
  header.sequence = 1;
  header.operation = transport::handshake_operation;
  header.length = static_cast<std::uint32_t>(words.size() * 8);
  return frame_bytes(header, bytes_of(words));
}

/// Requests of every shape: one frame, several, one that nobody waits for.
std::vector<std::byte> request_frames() {
  std::vector<std::byte> bytes;
  std::uint32_t sequence = 0;
  const auto add = [&](std::uint16_t operation, std::uint8_t flags, std::uint8_t data_words,
                       std::size_t body) {
    FrameHeader header;
    header.sequence = ++sequence;
    header.operation = operation;
    header.flags = flags;
    header.data_words = data_words;
    header.length = static_cast<std::uint32_t>(body);
    append(bytes, frame_bytes(header, random_bytes(body)));
  };
  const auto ping = static_cast<std::uint16_t>(call::Operation::ping);
  add(ping, 0, 1, 8);
  add(ping, frame_flag::more, 1, 13);
  add(ping, frame_flag::more, 1, 0);
  add(ping, 0, 1, 30);
  add(ping, frame_flag::no_reply, 1, 100);
  add(static_cast<std::uint16_t>(call::Operation::device_snapshot), 0, 1, 8);
  return bytes;
}

WIRE_TEST(WireClose, InsideOfTheHello) {
  guest::Hello hello = ordinary_hello();
  UniqueFd ring;
  if (target().is_shm()) {
    auto made = transport::create_ring_memory(ring_bytes);
    ASSERT_TRUE(made.ok()) << made.message();
    ring = std::move(*made);
    hello.ring_bytes = ring_bytes;
  }
  auto bytes = hello_frame(hello);
  if (ring) bytes[6] |= std::byte{frame_flag::descriptor};
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Dialled dialled;
    ASSERT_TRUE(dialled.socket().send_bytes(std::span(bytes).first(cut), ring.get()));
    if (cut % 2 == 0) dialled.socket().finish_sending();
    if (cut % 4 == 0) {
      EXPECT_TRUE(dialled.socket().ends()) << "half-closed after " << cut;
    }
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, OfAChannelTouchesNoOther) {
  need_socket();
  DeviceSession session;
  const auto content = random_bytes(64);
  const std::uint64_t place = session.allocate(content.size());
  session.write(place, content);
  const auto bytes = request_frames();
  for (const std::size_t cut : cuts(bytes)) {
    Channel doomed = join_session(session.channel().shared());
    auto& socket = dynamic_cast<SocketLink&>(doomed.link());
    ASSERT_TRUE(socket.send_bytes(std::span(bytes).first(cut)));
    socket.drop();
    ASSERT_EQ(session.read(place, content.size()), content) << "cut after " << cut << " bytes";
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, OfAWholeSessionTouchesNoOther) {
  need_socket();
  DeviceSession keeper;
  const auto content = random_bytes(64);
  const std::uint64_t place = keeper.allocate(content.size());
  keeper.write(place, content);
  const auto bytes = request_frames();
  std::size_t number = 0;
  for (const std::size_t cut : cuts(bytes)) {
    // A session is a process in some hosts: every fifth place is enough.
    if (number++ % 5 != 0) continue;
    Channel doomed = open_session();
    auto& socket = dynamic_cast<SocketLink&>(doomed.link());
    ASSERT_TRUE(socket.send_bytes(std::span(bytes).first(cut)));
    socket.drop();
    ASSERT_EQ(keeper.read(place, content.size()), content) << "cut after " << cut << " bytes";
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, RightAfterTheHello) {
  for (int i = 0; i < 5; ++i) {
    Dialled dialled;
    dialled.send(ordinary_hello());
    dialled.socket().drop();
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, AfterEveryRequest) {
  DeviceSession keeper;
  const auto content = random_bytes(64);
  const std::uint64_t place = keeper.allocate(content.size());
  keeper.write(place, content);
  for (int requests = 0; requests <= 5; ++requests) {
    for (const bool whole_session : {false, true}) {
      Channel doomed = whole_session ? open_session() : keeper.join();
      for (int i = 0; i < requests; ++i) {
        doomed.send<calls::Ping>({.token = 1}, 0, i % 2 == 0 ? 0 : frame_flag::no_reply);
      }
      doomed.link().drop();
      ASSERT_EQ(keeper.read(place, content.size()), content) << requests << " requests";
    }
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, AHalfClosedChannelIsEnded) {
  need_socket();
  Channel keeper = open_session();
  Channel channel = join_session(keeper.shared());
  constexpr std::uint64_t count = 20;
  for (std::uint64_t i = 0; i < count; ++i) channel.send<calls::Ping>({.token = i}, 0);
  dynamic_cast<SocketLink&>(channel.link()).finish_sending();
  // Whether the answers still come is the host's affair.
  EXPECT_TRUE(channel.link().ends());
  keeper.ping();
}

WIRE_TEST(WireClose, BetweenTheFramesOfAMessage) {
  Channel keeper = open_session();
  for (int frames = 1; frames <= 3; ++frames) {
    Channel doomed = join_session(keeper.shared());
    FrameHeader header;
    header.operation = static_cast<std::uint16_t>(call::Operation::ping);
    header.flags = frame_flag::more;
    for (int i = 0; i < frames; ++i) {
      ASSERT_TRUE(doomed.link().send(header, random_bytes(50)));
    }
    doomed.link().drop();
    keeper.ping();
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, WithAnswersThatNobodyReads) {
  DeviceSession keeper;
  const std::uint64_t bytes = 1 << 20;
  const std::uint64_t place = keeper.allocate(bytes);
  for (int round = 0; round < 3; ++round) {
    Channel doomed = keeper.join();
    calls::MemcpyDtoH::Request request;
    request.srcDevice = place;
    request.byteCount = bytes;
    // More than sockets and rings hold: the host waits for room when the guest goes.
    for (int i = 0; i < 8; ++i) {
      doomed.send<calls::MemcpyDtoH>(request, 0);
    }
    doomed.link().drop();
    keeper.channel().ping();
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, AGuestThatReadsNothingHoldsUpNoOther) {
  DeviceSession keeper;
  const std::uint64_t bytes = 1 << 20;
  const std::uint64_t place = keeper.allocate(bytes);
  Channel stuck = keeper.join();
  calls::MemcpyDtoH::Request request;
  request.srcDevice = place;
  request.byteCount = bytes;
  for (int i = 0; i < 8; ++i) stuck.send<calls::MemcpyDtoH>(request, 0);
  for (int i = 0; i < 5; ++i) keeper.channel().ping();
  expect_host_serves();
  // It reads after all: everything is there.
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(stuck.receive(static_cast<std::uint16_t>(calls::MemcpyDtoH::operation), 0).status(),
              status::success);
  }
}

WIRE_TEST(WireClose, AGuestThatGoesTakesItsKeyAlong) {
  const std::shared_ptr<SessionState> state = [] {
    Channel gone = open_session();
    gone.ping();
    return gone.shared();
  }();
  // Its last channel is closed. A host may take a moment to notice.
  const auto deadline = std::chrono::steady_clock::now() + patience();
  for (;;) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the session does not end";
    Dialled dialled;
    guest::Hello hello = ordinary_hello();
    hello.session = state->welcome.session;
    hello.session_key = state->welcome.session_key;
    dialled.send(hello);
    Frame frame;
    const Arrival arrival = dialled.socket().receive(frame, patience());
    if (arrival == Arrival::ended) continue;
    ASSERT_EQ(arrival, Arrival::frame) << "the host neither answers nor closes";
    const Welcome welcome = read_welcome(frame);
    if (!welcome.accepted) break;
  }
  expect_host_serves();
}

WIRE_TEST(WireClose, GoodbyeIsAnsweredAndEndsTheChannel) {
  Channel channel = open_session();
  EXPECT_EQ(channel.ask(static_cast<std::uint16_t>(call::Operation::goodbye), {}, 0).status(),
            status::success);
  EXPECT_TRUE(channel.link().ends());
  expect_host_serves();
}

}  // namespace
}  // namespace vgpu::conformance::wire
