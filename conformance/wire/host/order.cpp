/// Tickets: the order in which calls of different channels take effect.

#include <array>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/session.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

using std::chrono::steady_clock;

WIRE_TEST(WireTicketOrder, PostedCallsTakeEffectInTicketOrder) {
  DeviceSession session;
  Channel& first = session.channel();
  Channel second = session.join();
  constexpr std::size_t bytes = 64;
  const std::uint64_t target = session.allocate(bytes);
  const std::array<std::uint64_t, 2> sources{session.allocate(bytes), session.allocate(bytes)};
  const std::array<std::vector<std::byte>, 2> contents{random_bytes(bytes), random_bytes(bytes)};
  for (std::size_t i = 0; i < 2; ++i) session.write(sources[i], contents[i]);
  const auto copy = [&](Channel& channel, std::size_t source, std::uint64_t ticket) {
    calls::MemcpyDtoDAsync::Request request;
    request.dstDevice = target;
    request.srcDevice = sources[source];
    request.byteCount = bytes;
    channel.send<calls::MemcpyDtoDAsync>(request, ticket, frame_flag::no_reply);
  };
  // Claimed at all?
  calls::MemcpyDtoDAsync::Request probe;
  probe.dstDevice = target;
  probe.srcDevice = sources[0];
  probe.byteCount = bytes;
  need_served(first.ask<calls::MemcpyDtoDAsync>(probe), "cuMemcpyDtoDAsync");
  // The later ticket is sent first, on a channel of its own: its call has to wait for the other.
  // A host may let a call pass one that stays in the driver for long, or is long in coming, which
  // on a busy machine happens to anybody: a few swaps are none of its faults.
  constexpr int rounds = 100;
  int swapped = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t ticket = first.take_ticket();
    const std::uint64_t later = first.take_ticket();
    const std::size_t winner = static_cast<std::size_t>(round % 2);
    copy(second, winner, later);
    // The host has had the time for another round trip before the earlier call comes.
    first.send<calls::Ping>({.token = 1}, 0);
    static_cast<void>(first.receive(static_cast<std::uint16_t>(call::Operation::ping), 0));
    copy(first, 1 - winner, ticket);
    if (session.read(target, bytes) != contents[winner]) ++swapped;
  }
  EXPECT_LE(swapped, rounds / 20) << "of " << rounds << " pairs of calls";
}

WIRE_TEST(WireTicketOrder, AnAnswerMeansThatEarlierCallsHaveStarted) {
  DeviceSession session;
  Channel& first = session.channel();
  Channel second = session.join();
  const std::uint64_t place = session.allocate(8);
  for (int round = 0; round < 50; ++round) {
    const auto bytes = random_bytes(8);
    calls::MemcpyHtoD::Request write;
    write.dstDevice = place;
    write.byteCount = 8;
    ASSERT_EQ(first.ask<calls::MemcpyHtoD>(write, bytes), status::success);
    calls::MemcpyDtoH::Request read;
    read.srcDevice = place;
    read.byteCount = 8;
    calls::MemcpyDtoH::Reply reply;
    const Answer answer = second.ask<calls::MemcpyDtoH>(read, reply);
    ASSERT_EQ(answer.status(), status::success);
    ASSERT_TRUE(std::ranges::equal(answer.trailing(), bytes)) << "round " << round;
  }
}

WIRE_TEST(WireTicketOrder, TicketZeroIsOutsideTheOrder) {
  Channel channel = open_session();
  channel.ping();
  for (int i = 0; i < 10; ++i) {
    channel.send<calls::Ping>({.token = 9}, 0);
    EXPECT_EQ(channel.receive(static_cast<std::uint16_t>(call::Operation::ping), 0).status(),
              status::success);
  }
  channel.ping();
}

WIRE_TEST(WireTicketOrder, AMissingTicketIsPassedOver) {
  Channel channel = open_session();
  channel.ping();
  const std::uint64_t missing = channel.take_ticket();
  const auto begin = steady_clock::now();
  channel.ping();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
  // And one that comes after all is served.
  channel.send<calls::Ping>({.token = 3}, missing);
  EXPECT_EQ(channel.receive(static_cast<std::uint16_t>(call::Operation::ping), missing).status(),
            status::success);
}

WIRE_TEST(WireTicketOrder, AnAbsurdTicketIsServed) {
  Channel channel = open_session();
  for (const std::uint64_t ticket : {~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    channel.send<calls::Ping>({.token = 3}, ticket);
    EXPECT_EQ(channel.receive(static_cast<std::uint16_t>(call::Operation::ping), ticket).status(),
              status::success);
  }
}

WIRE_TEST(WireDeferredErrors, AreReturnedOnceByTheNextCallThatWaits) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::uint64_t place = session.allocate(16);
  calls::MemcpyDtoDAsync::Request good;
  good.dstDevice = place;
  good.srcDevice = place + 8;
  good.byteCount = 8;
  need_served(channel.ask<calls::MemcpyDtoDAsync>(good), "cuMemcpyDtoDAsync");
  calls::MemcpyDtoDAsync::Request bad = good;
  bad.srcDevice = 0x1000;
  channel.post<calls::MemcpyDtoDAsync>(bad);
  channel.ping();  // the protocol's own operations return no error of a driver call
  calls::MemcpyDtoH::Request read;
  read.srcDevice = place;
  read.byteCount = 8;
  calls::MemcpyDtoH::Reply reply;
  EXPECT_EQ(channel.ask<calls::MemcpyDtoH>(read, reply).status(), status::invalid_value);
  EXPECT_EQ(channel.ask<calls::MemcpyDtoH>(read, reply).status(), status::success) << "only once";
}

}  // namespace
}  // namespace vgpu::conformance::wire
