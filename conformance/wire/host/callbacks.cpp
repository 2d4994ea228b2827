/// Calls of the host to the guest, on the session's callback channel.

#include <cstring>
#include <vgpu/calls/launch.hpp>
#include <vgpu/calls/session.hpp>
#include <vgpu/calls/stream.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

constexpr auto callback_run = static_cast<std::uint16_t>(call::Operation::callback_run);
constexpr auto synchronize = static_cast<std::uint16_t>(call::Operation::stream_synchronize);

std::unique_ptr<Link> open_callback_channel(DeviceSession& session) {
  Dialled dialled;
  guest::Hello hello = ordinary_hello();
  hello.session = session.channel().session().welcome.session;
  hello.session_key = session.channel().session().welcome.session_key;
  hello.role = static_cast<std::uint16_t>(guest::ChannelRole::callbacks);
  dialled.send(hello);
  const Welcome welcome = dialled.receive();
  if (!welcome.accepted) throw NotClaimed("no callback channels: " + welcome.reason);
  return dialled.channel(welcome);
}

/// Asks for a host function on the default stream, and does not wait for the stream.
void launch(DeviceSession& session, std::uint64_t function, std::uint64_t user_data) {
  calls::LaunchHostFunc::Request request;
  request.fn = function;
  request.userData = user_data;
  need_served(session.channel().ask<calls::LaunchHostFunc>(request), "cuLaunchHostFunc");
}

Frame receive_callback(Link& link) {
  Frame frame;
  if (link.receive(frame, patience()) != Arrival::frame) {
    throw PeerError("the host did not call the guest back");
  }
  return frame;
}

void answer_callback(Link& link, const Frame& frame) {
  FrameHeader header;
  header.operation = frame.header.operation;
  header.ticket = frame.header.ticket;
  header.flags = frame_flag::reply;
  ASSERT_TRUE(link.send(header, {}));
}

WIRE_TEST(WireCallbacks, RunInTheGuestWhileTheirStreamWaits) {
  DeviceSession session;
  const auto link = open_callback_channel(session);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    launch(session, 0xf00d0000 + round, 0xbeef0000 + round);
    const std::uint64_t ticket = session.channel().take_ticket();
    session.channel().send<calls::StreamSynchronize>({.hStream = 0}, ticket);
    const Frame frame = receive_callback(*link);
    ASSERT_EQ(frame.header.operation, callback_run);
    EXPECT_EQ(frame.header.flags, 0);
    calls::CallbackRun::Request request;
    std::span<const std::byte> rest;
    ASSERT_TRUE(call::decode(frame.body(), frame.header.data_words, request, rest));
    EXPECT_EQ(request.function, 0xf00d0000 + round);
    EXPECT_EQ(request.userData, 0xbeef0000 + round);
    EXPECT_EQ(request.status, status::success);
    Frame early;
    EXPECT_EQ(session.channel().link().receive(early, std::chrono::milliseconds(20)),
              Arrival::nothing)
        << "the stream did not wait for the function";
    answer_callback(*link, frame);
    EXPECT_EQ(session.channel().receive(synchronize, ticket).status(), status::success);
  }
}

WIRE_TEST(WireCallbacks, AGuestThatGoesInTheMiddleHoldsUpNobody) {
  DeviceSession session;
  auto link = open_callback_channel(session);
  launch(session, 1, 2);
  const std::uint64_t ticket = session.channel().take_ticket();
  session.channel().send<calls::StreamSynchronize>({.hStream = 0}, ticket);
  static_cast<void>(receive_callback(*link));
  link->drop();
  static_cast<void>(session.channel().receive(synchronize, ticket));
  session.channel().ping();
  expect_host_serves();
}

WIRE_TEST(WireCallbacks, AnAnswerToAnotherCallIsNone) {
  DeviceSession session;
  const auto link = open_callback_channel(session);
  launch(session, 1, 2);
  const std::uint64_t ticket = session.channel().take_ticket();
  session.channel().send<calls::StreamSynchronize>({.hStream = 0}, ticket);
  const Frame frame = receive_callback(*link);
  FrameHeader header;
  header.operation = callback_run;
  header.flags = frame_flag::reply;
  header.ticket = frame.header.ticket + 1;
  link->send(header, {});
  Frame early;
  EXPECT_EQ(session.channel().link().receive(early, std::chrono::milliseconds(20)),
            Arrival::nothing);
  answer_callback(*link, frame);
  EXPECT_EQ(session.channel().receive(synchronize, ticket).status(), status::success);
}

WIRE_TEST(WireCallbacks, ASecondChannelForThemIsEnded) {
  DeviceSession session;
  const auto first = open_callback_channel(session);
  launch(session, 1, 2);  // claimed at all?
  const Frame frame = receive_callback(*first);
  const auto second = open_callback_channel(session);
  EXPECT_TRUE(second->ends());
  answer_callback(*first, frame);
  EXPECT_EQ(session.channel().ask<calls::StreamSynchronize>({.hStream = 0}), status::success);
}

}  // namespace
}  // namespace vgpu::conformance::wire
