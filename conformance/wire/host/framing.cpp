/// Frames: how they are told apart, and what ends a channel.

#include <fmt/format.h>

#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/session.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

constexpr auto ping_operation = static_cast<std::uint16_t>(call::Operation::ping);

FrameHeader ping_header(std::uint64_t ticket) {
  FrameHeader header;
  header.operation = ping_operation;
  header.data_words = 1;
  header.ticket = ticket;
  return header;
}

std::span<const std::byte> bytes_of(const std::uint64_t& word) {
  return std::as_bytes(std::span(&word, 1));
}

/// The host ends a channel on which `header` came, without an answer, and serves others.
void expect_ends_channel(FrameHeader header, std::size_t body_bytes = 8) {
  Channel keeper = open_session();
  Channel broken = join_session(keeper.shared());
  const std::vector<std::byte> body(body_bytes);
  if (header.sequence == 0) header.sequence = broken.link().sent_sequence() + 1;
  broken.link().send_as_is(header, body);
  Frame frame;
  const Arrival arrival = broken.link().receive(frame, patience());
  EXPECT_EQ(arrival, Arrival::ended)
      << (arrival == Arrival::frame ? "the host answered" : "the host waits for more");
  keeper.ping();
}

WIRE_TEST(WireFraming, AnswersRepeatOperationAndTicket) {
  Channel channel = open_session();
  for (int i = 0; i < 20; ++i) channel.ping();
  const std::uint64_t ticket = channel.take_ticket();
  const std::uint64_t token = 0xa5a5;
  channel.send(ping_operation, ticket, bytes_of(token), 1);
  const Answer answer = channel.receive(ping_operation, ticket);
  EXPECT_EQ(answer.header.flags, frame_flag::reply);
  EXPECT_EQ(answer.header.data_words, 1);
  EXPECT_EQ(answer.bytes, 8U);
  EXPECT_EQ(answer.words[0], token);
}

WIRE_TEST(WireFraming, AnswersAFrameThatComesByteByByte) {
  need_socket();
  Channel channel = open_session();
  auto& socket = dynamic_cast<SocketLink&>(channel.link());
  FrameHeader header = ping_header(channel.take_ticket());
  header.sequence = 1;
  header.length = 8;
  const std::uint64_t token = 5;
  for (const std::byte& byte : frame_bytes(header, bytes_of(token))) {
    ASSERT_TRUE(socket.send_bytes({&byte, 1}));
  }
  EXPECT_EQ(channel.receive(ping_operation, header.ticket).words[0], token);
}

WIRE_TEST(WireFraming, AnswersManyFramesOfOneWrite) {
  need_socket();
  Channel channel = open_session();
  auto& socket = dynamic_cast<SocketLink&>(channel.link());
  std::vector<std::byte> bytes;
  constexpr std::uint32_t count = 100;
  for (std::uint32_t i = 1; i <= count; ++i) {
    FrameHeader header = ping_header(channel.take_ticket());
    header.sequence = i;
    header.length = 8;
    const std::uint64_t token = i;
    const auto frame = frame_bytes(header, bytes_of(token));
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  ASSERT_TRUE(socket.send_bytes(bytes));
  for (std::uint64_t i = 1; i <= count; ++i) {
    EXPECT_EQ(channel.receive(ping_operation, i).words[0], i);
  }
}

WIRE_TEST(WireFraming, AnswersInTheOrderOfRequests) {
  Channel channel = open_session();
  constexpr std::uint64_t count = 64;
  for (std::uint64_t i = 1; i <= count; ++i) channel.send<calls::Ping>({.token = i}, i);
  for (std::uint64_t i = 1; i <= count; ++i) {
    EXPECT_EQ(channel.receive(ping_operation, i).words[0], i);
  }
}

WIRE_TEST(WireFraming, FramesOfEverySizeCrossTheEndOfTheBuffers) {
  // An operation that nobody serves is skipped by its length, whatever that is.
  Channel channel = open_session();
  const auto body = random_bytes(6000);
  for (std::size_t bytes = 0; bytes <= body.size(); bytes += bytes < 200 ? 1 : 97) {
    const Answer answer = channel.ask(0xfff0, std::span(body).first(bytes), 0);
    ASSERT_EQ(answer.status(), status::not_supported) << bytes;
  }
  channel.ping();
}

WIRE_TEST(WireFraming, ReadsNewerAndOlderDataSections) {
  Channel channel = open_session();
  // A newer guest's request has more words, which are none of this host's business.
  const std::vector<std::uint64_t> words{11, 22, 33};
  Answer answer = channel.ask(ping_operation, std::as_bytes(std::span(words)), 3);
  EXPECT_EQ(answer.status(), status::success);
  ASSERT_GE(answer.bytes, 8U);
  EXPECT_EQ(answer.words[0], 11U);
  // An older one's has fewer: what is missing is zero.
  answer = channel.ask(ping_operation, {}, 0);
  EXPECT_EQ(answer.status(), status::success);
  ASSERT_GE(answer.bytes, 8U);
  EXPECT_EQ(answer.words[0], 0U);
}

WIRE_TEST(WireFraming, AMalformedRequestIsAnsweredAndTheSessionGoesOn) {
  Channel channel = open_session();
  const std::uint64_t word = 1;
  EXPECT_EQ(channel.ask(ping_operation, bytes_of(word), 2).status(), status::invalid_value)
      << "a data section longer than the body";
  EXPECT_EQ(channel.ask(ping_operation, bytes_of(word).first(3), 1).status(),
            status::invalid_value);
  EXPECT_EQ(channel.ask(ping_operation, {}, 255).status(), status::invalid_value);
  channel.ping();
}

WIRE_TEST(WireFraming, AnAnswerAsARequestIsRefused) {
  Channel channel = open_session();
  const std::uint64_t ticket = channel.take_ticket();
  const std::uint64_t word = 1;
  channel.send(ping_operation, ticket, bytes_of(word), 1, frame_flag::reply);
  EXPECT_EQ(channel.receive(ping_operation, ticket).status(), status::invalid_value);
  channel.ping();
}

WIRE_TEST(WireFraming, UnannouncedFlagsOfTheRequestAreNotRepeated) {
  Channel channel = open_session();
  const std::uint64_t ticket = channel.take_ticket();
  const std::uint64_t word = 1;
  channel.send(ping_operation, ticket, bytes_of(word), 1, 0x80);
  const Answer answer = channel.receive(ping_operation, ticket);
  EXPECT_EQ(answer.header.flags, frame_flag::reply);
}

WIRE_TEST(WireFraming, AFrameAboveTheCapEndsTheChannel) {
  Channel probe = open_session();
  for (const std::uint32_t length :
       {static_cast<std::uint32_t>(probe.link().cap() + 1), 0x7fffffffU, 0xffffffffU}) {
    FrameHeader header = ping_header(1);
    header.length = length;
    expect_ends_channel(header);
  }
}

WIRE_TEST(WireFraming, AFrameOutOfSequenceEndsTheChannel) {
  need_socket();  // over a ring such a frame was not published
  for (const std::uint32_t sequence : {2U, 7U, 0xffffffffU}) {
    FrameHeader header = ping_header(1);
    header.sequence = sequence;
    header.length = 8;
    expect_ends_channel(header);
  }
}

WIRE_TEST(WireFraming, ARepeatedSequenceNumberEndsTheChannel) {
  need_socket();
  Channel keeper = open_session();
  Channel channel = join_session(keeper.shared());
  channel.ping();
  FrameHeader header = ping_header(0);
  header.sequence = 1;
  header.length = 8;
  const std::uint64_t word = 1;
  channel.link().send_as_is(header, bytes_of(word));
  EXPECT_TRUE(channel.link().ends());
  keeper.ping();
}

WIRE_TEST(WireFraming, PaddingInTheWrongPlaceEndsTheChannel) {
  FrameHeader header;
  header.flags = frame_flag::padding;
  header.length = 8;
  expect_ends_channel(header);
}

WIRE_TEST(WireFraming, ADescriptorThatDidNotComeEndsTheChannel) {
  FrameHeader header = ping_header(1);
  header.flags = frame_flag::descriptor;
  header.length = 8;
  expect_ends_channel(header);
}

WIRE_TEST(WireFraming, ARingFrameMayNotLeaveTheRing) {
  need_ring();
  Channel keeper = open_session();
  Channel channel = join_session(keeper.shared());
  // Near the end of the ring, a length that is allowed by itself runs over it.
  const std::vector<std::byte> body(channel.link().cap());
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(channel.ask(0xfff0, body, 0).status(), status::not_supported);
  }
  // Three quarters are used up: a second frame of the cap's size would end exactly where the ring
  // does, so one slot goes first.
  const std::uint64_t word = 1;
  channel.ping();
  FrameHeader header = ping_header(0);
  header.sequence = channel.link().sent_sequence() + 1;
  header.length = static_cast<std::uint32_t>(channel.link().cap());
  channel.link().send_as_is(header, bytes_of(word));
  EXPECT_TRUE(channel.link().ends());
  keeper.ping();
}

}  // namespace
}  // namespace vgpu::conformance::wire
