/// Messages above the frame cap, in both directions.

#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/session.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

constexpr auto ping_operation = static_cast<std::uint16_t>(call::Operation::ping);

/// Bodies around the cap, as copies to the device and back.
WIRE_TEST(WireChunking, CopiesAroundTheCapArriveWhole) {
  DeviceSession session;
  const std::size_t cap = session.channel().link().cap();
  const std::size_t head = sizeof(calls::MemcpyHtoD::Request);
  const std::uint64_t place = session.allocate(4 * cap);
  for (const std::size_t bytes : {cap - head - 1, cap - head, cap - head + 1, cap - 8, cap, cap + 1,
                                  2 * cap - head, 3 * cap + 13}) {
    const auto sent = random_bytes(bytes);
    session.write(place, sent);
    EXPECT_EQ(session.read(place, bytes), sent) << bytes << " bytes, cap " << cap;
  }
}

WIRE_TEST(WireChunking, AnswersAboveTheCapComeInFrames) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::size_t cap = channel.link().cap();
  const std::uint64_t place = session.allocate(3 * cap);
  session.write(place, random_bytes(3 * cap));
  calls::MemcpyDtoH::Request request;
  request.srcDevice = place;
  request.byteCount = 3 * cap;
  calls::MemcpyDtoH::Reply reply;
  const Answer answer = channel.ask<calls::MemcpyDtoH>(request, reply);
  EXPECT_EQ(answer.status(), status::success);
  EXPECT_GE(answer.frames, 4U) << "three caps and a data section";
  EXPECT_EQ(answer.trailing().size(), 3 * cap);
}

/// A request cut where the guest likes.
WIRE_TEST(WireChunking, FramesOfAMessageMayHaveAnySize) {
  DeviceSession session;
  Channel& channel = session.channel();
  const auto bytes = random_bytes(3000);
  const std::uint64_t place = session.allocate(bytes.size());
  calls::MemcpyHtoD::Request request;
  request.dstDevice = place;
  request.byteCount = bytes.size();
  std::size_t size = 0;
  const Words words = Channel::request_bytes<calls::MemcpyHtoD>(request, bytes, size);
  std::span<const std::byte> rest = bytes_of(words).first(size);
  FrameHeader header;
  header.operation = static_cast<std::uint16_t>(calls::MemcpyHtoD::operation);
  header.ticket = channel.take_ticket();
  header.data_words = call::header_data_words<calls::MemcpyHtoD::Request>;
  // One byte, then nothing, then the middle of the data section, then ever more.
  std::size_t part = 1;
  bool empty_sent = false;
  while (!rest.empty()) {
    const auto now = rest.first(std::min(part, rest.size()));
    rest = rest.subspan(now.size());
    header.flags = frame_flag::more;
    ASSERT_TRUE(channel.link().send(header, now));
    if (!empty_sent) {
      ASSERT_TRUE(channel.link().send(header, {}));
      empty_sent = true;
    }
    part = part * 2 + 1;
  }
  header.flags = 0;
  ASSERT_TRUE(channel.link().send(header, {})) << "the last frame may be empty, too";
  ASSERT_EQ(channel.receive(header.operation, header.ticket).status(), status::success);
  EXPECT_EQ(session.read(place, bytes.size()), bytes);
}

WIRE_TEST(WireChunking, AMessageOfManyFramesIsOneRequest) {
  Channel channel = open_session();
  const std::uint64_t token = 0x1122334455667788U;
  FrameHeader header;
  header.operation = ping_operation;
  header.ticket = channel.take_ticket();
  header.data_words = 1;
  const auto bytes = std::as_bytes(std::span(&token, 1));
  for (std::size_t i = 0; i < 8; ++i) {
    header.flags = i < 7 ? frame_flag::more : 0;
    ASSERT_TRUE(channel.link().send(header, bytes.subspan(i, 1)));
  }
  const Answer answer = channel.receive(ping_operation, header.ticket);
  EXPECT_EQ(answer.status(), status::success);
  EXPECT_EQ(answer.words[0], token);
  channel.ping();
}

WIRE_TEST(WireChunking, InterleavedMessagesEndTheChannel) {
  Channel keeper = open_session();
  for (const bool other_ticket : {true, false}) {
    Channel channel = join_session(keeper.shared());
    FrameHeader header;
    header.operation = ping_operation;
    header.data_words = 1;
    header.ticket = 1;
    header.flags = frame_flag::more;
    const std::uint64_t token = 1;
    const auto bytes = std::as_bytes(std::span(&token, 1));
    ASSERT_TRUE(channel.link().send(header, bytes.first(4)));
    if (other_ticket) {
      header.ticket = 2;
    } else {
      header.operation = 40000;
    }
    header.flags = 0;
    channel.link().send(header, bytes);
    EXPECT_TRUE(channel.link().ends());
  }
  keeper.ping();
}

WIRE_TEST(WireChunking, AnUnfinishedMessageHoldsUpNoOtherChannel) {
  Channel channel = open_session();
  Channel slow = join_session(channel.shared());
  FrameHeader header;
  header.operation = ping_operation;
  header.data_words = 1;
  header.ticket = 0;
  header.flags = frame_flag::more;
  ASSERT_TRUE(slow.link().send(header, random_bytes(4)));
  for (int i = 0; i < 10; ++i) channel.ping();
  header.flags = 0;
  ASSERT_TRUE(slow.link().send(header, random_bytes(4)));
  EXPECT_EQ(slow.receive(ping_operation, 0).status(), status::success);
}

}  // namespace
}  // namespace vgpu::conformance::wire
