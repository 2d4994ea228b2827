/// What a guest sends once it has a session, to a host that does all right.

#include <algorithm>
#include <set>
#include <vgpu/operations.hpp>

#include "wire/guest/guest_run.hpp"

namespace vgpu::conformance::wire {
namespace {

using call::Operation;

WIRE_TEST(WireGuestCalls, KeepToTheProtocol) {
  GuestRun run;
  expect_survives(run);
  EXPECT_TRUE(run.said("copy equal")) << run.guest.output();
  EXPECT_TRUE(run.said("copy of the other thread equal")) << run.guest.output();
  EXPECT_EQ(run.server.violations(), std::vector<std::string>{});
  ASSERT_FALSE(run.server.requests().empty());
  EXPECT_EQ(run.server.requests().front().header.operation,
            static_cast<std::uint16_t>(Operation::device_snapshot))
      << "the devices come first";
}

WIRE_TEST(WireGuestCalls, TicketsCountFromOneWithoutAGap) {
  GuestRun run;
  std::vector<std::uint64_t> tickets;
  for (const Request& request : run.server.requests()) {
    if (request.header.ticket != 0) tickets.push_back(request.header.ticket);
  }
  std::ranges::sort(tickets);
  for (std::size_t i = 0; i < tickets.size(); ++i) ASSERT_EQ(tickets[i], i + 1);
}

WIRE_TEST(WireGuestCalls, FurtherThreadsJoinTheSession) {
  GuestRun run;
  const std::vector<Greeting>& greetings = run.server.greetings();
  if (greetings.size() < 2 && !target().own_program) {
    throw NotClaimed("the guest has one thread only");
  }
  ASSERT_GE(greetings.size(), 2U);
  for (std::size_t i = 1; i < greetings.size(); ++i) {
    EXPECT_EQ(greetings[i].session, Server::session_id);
    EXPECT_EQ(greetings[i].session_key, Server::session_key);
    EXPECT_LE(greetings[i].role, 1);
    EXPECT_EQ(greetings[i].process_id, greetings[0].process_id);
  }
}

WIRE_TEST(WireGuestCalls, KeepToASmallFrameCap) {
  need_socket();
  Deviation deviation;
  deviation.welcome = [](guest::HelloReply& reply) { reply.frame_cap = 4096; };
  GuestRun run(deviation);
  expect_survives(run);
  EXPECT_TRUE(run.said("copy equal")) << run.guest.output();
  EXPECT_EQ(run.server.violations(), std::vector<std::string>{})
      << "the suite's own link refuses a frame above the cap";
}

WIRE_TEST(WireGuestCalls, SendNothingThatNeedsAFeatureWhichIsNotInForce) {
  GuestRun run;  // the server grants none
  for (const Request& request : run.server.requests()) {
    EXPECT_FALSE(request.descriptor) << "operation " << request.header.operation;
    EXPECT_NE(request.header.operation, static_cast<std::uint16_t>(Operation::staging_share));
  }
}

WIRE_TEST(WireGuestCalls, ErrorsOfTheHostAreTheCallsOwn) {
  if (!target().own_program) throw NotClaimed("of another program it is not known what it prints");
  Deviation deviation;
  deviation.answer = [](Link&, const Request& request, Reply& reply) {
    if (Operation{request.header.operation} == Operation::mem_alloc) {
      reply.header.status = 2;
      reply.header.data_words = 0;
      reply.body.clear();
    }
    return false;
  };
  GuestRun run(deviation);
  expect_survives(run);
  EXPECT_TRUE(run.guest.said("cuMemAlloc 2")) << run.guest.output();
  EXPECT_TRUE(run.guest.said("cuCtxSynchronize 0")) << "the session goes on";
}

WIRE_TEST(WireGuestCalls, AnswersMayComeInPiecesOfAnySize) {
  Deviation deviation;
  deviation.answer = [](Link& link, const Request&, Reply& reply) {
    std::span<const std::byte> rest = reply.body;
    std::size_t part = reply.header.data_words * std::size_t{8};  // a data section stays whole
    if (part == 0) part = 8;
    while (rest.size() > part) {
      FrameHeader header = reply.header;
      header.flags |= frame_flag::more;
      link.send(header, rest.first(part));
      rest = rest.subspan(part);
      part = std::min(2 * part + 8, link.cap());
    }
    link.send(reply.header, rest);
    return true;
  };
  GuestRun run(deviation);
  expect_survives(run);
  EXPECT_TRUE(run.said("copy equal")) << run.guest.output();
}

WIRE_TEST(WireGuestCalls, AnswersMayComeByteByByte) {
  need_socket();
  int left = 8;
  Deviation deviation;
  deviation.answer = [&](Link& link, const Request&, Reply& reply) {
    if (left == 0 || reply.body.size() > 4096) return false;
    --left;
    auto& socket = dynamic_cast<SocketLink&>(link);
    socket.send_in_bytes(reply.header, reply.body);
    return true;
  };
  GuestRun run(deviation);
  expect_survives(run);
  EXPECT_TRUE(run.said("copy equal")) << run.guest.output();
}

WIRE_TEST(WireGuestCalls, TakeAnswersOfANewerHost) {
  Deviation deviation;
  deviation.answer = [](Link& link, const Request& request, Reply& reply) {
    if (Operation{request.header.operation} != Operation::mem_alloc) return false;
    reply.body.resize(reply.body.size() + 16, std::byte{0xaa});
    reply.header.data_words = static_cast<std::uint8_t>(reply.header.data_words + 2);
    link.send(reply.header, reply.body);
    return true;
  };
  GuestRun run(deviation);
  expect_survives(run);
  EXPECT_TRUE(run.said("copy equal")) << run.guest.output();
}

}  // namespace
}  // namespace vgpu::conformance::wire
