/// What one guest can make the host hold.

#include <fmt/format.h>

#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/event.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/calls/session.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

/// Above this, exceeding a budget takes a test too long.
constexpr std::uint64_t most_bytes = 64 << 20;

std::uint64_t need_small_budget(Channel& channel) {
  const std::uint64_t budget = channel.session().welcome.message_budget;
  if (budget > most_bytes) {
    throw NotClaimed(
        fmt::format("the host's message budget of {} MiB is more than this test "
                    "exceeds; start it with a smaller one",
                    budget >> 20));
  }
  return budget;
}

WIRE_TEST(WireBudgets, AMessageWithinTheBudgetIsTaken) {
  Channel channel = open_session();
  const std::uint64_t budget = need_small_budget(channel);
  EXPECT_EQ(channel.ask(40000, std::vector<std::byte>(budget), 0).status(), status::not_supported);
}

WIRE_TEST(WireBudgets, AMessageAboveTheBudgetIsAnsweredAndTheSessionGoesOn) {
  Channel channel = open_session();
  const std::uint64_t budget = need_small_budget(channel);
  for (const std::uint64_t bytes : {budget + 1, budget + channel.link().cap(), 2 * budget}) {
    const Answer answer = channel.ask(static_cast<std::uint16_t>(call::Operation::ping),
                                      std::vector<std::byte>(bytes), 1);
    EXPECT_EQ(answer.status(), status::out_of_memory) << bytes;
    channel.ping();
  }
}

WIRE_TEST(WireBudgets, AllocationsThatNobodyHasRoomForFail) {
  DeviceSession session;
  static_cast<void>(session.allocate(64));
  for (const std::uint64_t bytes : {std::uint64_t{1} << 50, std::uint64_t{1} << 62,
                                    ~std::uint64_t{0}, ~std::uint64_t{0} - 4095}) {
    calls::MemAlloc::Reply reply;
    const Answer answer = session.channel().ask<calls::MemAlloc>({.bytesize = bytes}, reply);
    EXPECT_NE(answer.status(), status::success) << fmt::format("{:#x}", bytes);
    EXPECT_EQ(reply.dptr, 0U);
  }
  calls::MemAlloc::Reply reply;
  EXPECT_NE(session.channel().ask<calls::MemAlloc>({.bytesize = 0}, reply).status(),
            status::success)
      << "CUDA allocates no empty memory";
  EXPECT_NE(session.allocate(64), 0U);
}

WIRE_TEST(WireBudgets, AnAnswerIsBoundedLikeARequest) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::uint64_t bytes = need_small_budget(channel) + 4096;
  const std::uint64_t place = session.allocate(bytes);
  calls::MemcpyDtoH::Request request;
  request.srcDevice = place;
  request.byteCount = bytes;
  calls::MemcpyDtoH::Reply reply;
  const Answer answer = channel.ask<calls::MemcpyDtoH>(request, reply);
  EXPECT_EQ(answer.status(), status::out_of_memory);
  EXPECT_TRUE(answer.trailing().empty());
  EXPECT_EQ(session.read(place, 4096).size(), 4096U);
}

/// How many of something the host lets one session have before it refuses; NotClaimed when that is
/// more than `most`.
template <class Make>
void expect_refused_before(std::size_t most, const char* what, Make make) {
  for (std::size_t i = 0; i < most; ++i) {
    if (!make(i)) return;
  }
  throw NotClaimed(
      fmt::format("a session may have more than {} {}; start the host with fewer", most, what));
}

WIRE_TEST(WireBudgets, ASessionHasSoManyObjectsAndNoMore) {
  DeviceSession session;
  Channel& channel = session.channel();
  constexpr std::size_t most = 4096;
  std::uint64_t last = 0;
  expect_refused_before(most, "objects", [&](std::size_t) {
    const std::uint64_t id = session.fresh_id(call::HandleKind::event);
    const std::int32_t result = channel.ask<calls::EventCreate>({.phEvent = id});
    if (last == 0) need_served(result, "cuEventCreate");
    if (result == status::success) last = id;
    return result == status::success;
  });
  // What is destroyed makes room.
  ASSERT_EQ(channel.ask<calls::EventDestroy>({.hEvent = last}), status::success);
  EXPECT_EQ(channel.ask<calls::EventCreate>({.phEvent = session.fresh_id(call::HandleKind::event)}),
            status::success);
  expect_host_serves();
}

WIRE_TEST(WireBudgets, ASessionHasSoManyChannelsAndNoMore) {
  Channel first = open_session();
  constexpr std::size_t most = 128;
  std::vector<Channel> channels;
  expect_refused_before(most, "channels", [&](std::size_t) {
    Dialled dialled;
    guest::Hello hello = ordinary_hello();
    hello.session = first.session().welcome.session;
    hello.session_key = first.session().welcome.session_key;
    dialled.send(hello);
    const Welcome welcome = dialled.receive();
    if (!welcome.accepted) {
      EXPECT_GE(welcome.reason.size(), 20U) << "a refusal without words";
      return false;
    }
    channels.emplace_back(first.shared(), dialled.channel(welcome));
    return true;
  });
  first.ping();
  for (Channel& channel : channels) channel.ping();
  channels.clear();
  expect_host_serves();
}

}  // namespace
}  // namespace vgpu::conformance::wire
