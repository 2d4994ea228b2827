/// Handles: forged ones, those of objects that have ended, and those of another session.

#include <fmt/format.h>

#include <vgpu/calls/context.hpp>
#include <vgpu/calls/event.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/calls/primary_context.hpp>
#include <vgpu/calls/session.hpp>
#include <vgpu/calls/stream.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

using call::HandleId;
using call::HandleKind;

/// Ids of the kind that no session of this suite has made, some of them no ids at all.
std::vector<std::uint64_t> forged(HandleKind kind) {
  const auto bits = static_cast<std::uint64_t>(kind);
  return {
      HandleId::make(kind, 4'000'000, 0).value,
      HandleId::make(kind, 4'000'000, 77).value,
      HandleId::make(kind, HandleId::index_limit - 1, 0).value,
      HandleId::make(kind, HandleId::host_index_begin, 0).value,
      HandleId::make(HandleKind::texture_object, 1, 0).value,
      HandleId::make(kind, 4'000'000, 0).value | 5,  // the lowest bits are zero in every id
      bits << 58,
      3,
      0x00007fff'12345678U,  // an address
      0xffffffff'ffffffffU,
      0x80000000'00000000U,
  };
}

/// Binding `id` fails, and leaves no context current.
void expect_no_context(Channel& channel, std::uint64_t id) {
  EXPECT_NE(channel.ask<calls::ContextBind>({.context = id}), status::success)
      << fmt::format("{:#x}", id);
  calls::MemGetInfo::Reply reply;
  EXPECT_NE(channel.ask<calls::MemGetInfo>({}, reply).status(), status::success)
      << "the calls behind it run in the context of before";
  channel.ping();
}

/// A second context, made by the guest.
std::uint64_t create_context(DeviceSession& session) {
  const std::uint64_t id = session.fresh_id(HandleKind::context);
  need_served(session.channel().ask<calls::CtxCreate>({.pctx = id}), "cuCtxCreate");
  return id;
}

std::uint64_t create_stream(DeviceSession& session) {
  const std::uint64_t id = session.fresh_id(HandleKind::stream);
  need_served(session.channel().ask<calls::StreamCreate>({.phStream = id}), "cuStreamCreate");
  return id;
}

WIRE_TEST(WireHandles, ForgedContextsAreRefused) {
  DeviceSession session;
  for (const std::uint64_t id : forged(HandleKind::context)) {
    expect_no_context(session.channel(), id);
    ASSERT_EQ(session.channel().ask<calls::ContextBind>({.context = session.context()}),
              status::success);
  }
}

WIRE_TEST(WireHandles, ForgedContextsCannotBeDestroyed) {
  DeviceSession session;
  need_served(session.channel().ask<calls::CtxDestroy>({.ctx = create_context(session)}),
              "cuCtxDestroy");
  for (const std::uint64_t id : forged(HandleKind::context)) {
    EXPECT_NE(session.channel().ask<calls::CtxDestroy>({.ctx = id}), status::success)
        << fmt::format("{:#x}", id);
  }
  EXPECT_NE(session.allocate(64), 0U) << "the session's own context is gone";
}

WIRE_TEST(WireHandles, ForgedStreamsAndEventsAreRefused) {
  DeviceSession session;
  Channel& channel = session.channel();
  static_cast<void>(create_stream(session));
  for (const std::uint64_t id : forged(HandleKind::stream)) {
    EXPECT_NE(channel.ask<calls::StreamSynchronize>({.hStream = id}), status::success)
        << fmt::format("{:#x}", id);
    EXPECT_NE(channel.ask<calls::StreamDestroy>({.hStream = id}), status::success);
  }
  for (const std::uint64_t id : forged(HandleKind::event)) {
    EXPECT_NE(channel.ask<calls::EventRecord>({.hEvent = id}), status::success)
        << fmt::format("{:#x}", id);
    EXPECT_NE(channel.ask<calls::EventDestroy>({.hEvent = id}), status::success);
  }
  EXPECT_EQ(channel.ask<calls::StreamSynchronize>({.hStream = 0}), status::success)
      << "0 is the default stream";
}

WIRE_TEST(WireHandles, AHandleOfAnotherKindIsRefused) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::uint64_t stream = create_stream(session);
  EXPECT_NE(channel.ask<calls::StreamSynchronize>({.hStream = session.context()}), status::success);
  EXPECT_NE(channel.ask<calls::CtxDestroy>({.ctx = stream}), status::success);
  EXPECT_NE(channel.ask<calls::EventRecord>({.hEvent = stream}), status::success);
  expect_no_context(channel, stream);
}

WIRE_TEST(WireHandles, OfADestroyedContextAreStale) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::uint64_t id = create_context(session);
  ASSERT_EQ(channel.ask<calls::ContextBind>({.context = id}), status::success);
  need_served(channel.ask<calls::CtxDestroy>({.ctx = id}), "cuCtxDestroy");
  calls::MemGetInfo::Reply reply;
  EXPECT_NE(channel.ask<calls::MemGetInfo>({}, reply).status(), status::success)
      << "a destroyed context is still current";
  expect_no_context(channel, id);
  EXPECT_NE(channel.ask<calls::CtxDestroy>({.ctx = id}), status::success);
}

WIRE_TEST(WireHandles, OfADestroyedStreamAreStale) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::uint64_t id = create_stream(session);
  ASSERT_EQ(channel.ask<calls::StreamSynchronize>({.hStream = id}), status::success);
  ASSERT_EQ(channel.ask<calls::StreamDestroy>({.hStream = id}), status::success);
  EXPECT_NE(channel.ask<calls::StreamSynchronize>({.hStream = id}), status::success);
  EXPECT_NE(channel.ask<calls::StreamDestroy>({.hStream = id}), status::success);
  // The place may be used again, with the next generation; the old id stays dead.
  const HandleId old{id};
  const std::uint64_t next =
      HandleId::make(HandleKind::stream, old.index(), old.generation() + 1).value;
  ASSERT_EQ(channel.ask<calls::StreamCreate>({.phStream = next}), status::success);
  EXPECT_NE(channel.ask<calls::StreamSynchronize>({.hStream = id}), status::success);
  EXPECT_EQ(channel.ask<calls::StreamSynchronize>({.hStream = next}), status::success);
}

WIRE_TEST(WireHandles, EndWithTheirContext) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::uint64_t context = create_context(session);
  ASSERT_EQ(channel.ask<calls::ContextBind>({.context = context}), status::success);
  const std::uint64_t stream = create_stream(session);
  ASSERT_EQ(channel.ask<calls::CtxDestroy>({.ctx = context}), status::success);
  ASSERT_EQ(channel.ask<calls::ContextBind>({.context = session.context()}), status::success);
  EXPECT_NE(channel.ask<calls::StreamSynchronize>({.hStream = stream}), status::success);
}

WIRE_TEST(WireHandles, OfAnotherSessionAreRefused) {
  DeviceSession owner;
  // The thief has handles of its own, and other numbers than the owner's.
  Channel thief = open_session();
  expect_no_context(thief, owner.context());
  owner.channel().session().next_handle = 1000;
  const std::uint64_t second = create_context(owner);
  expect_no_context(thief, second);
  EXPECT_NE(thief.ask<calls::CtxDestroy>({.ctx = second}), status::success);
  EXPECT_EQ(owner.channel().ask<calls::ContextBind>({.context = second}), status::success)
      << "another session has destroyed it";
}

WIRE_TEST(WireHandles, StreamsOfAnotherSessionAreRefused) {
  DeviceSession owner;
  owner.channel().session().next_handle = 1000;
  const std::uint64_t stream = create_stream(owner);
  DeviceSession thief;
  EXPECT_NE(thief.channel().ask<calls::StreamSynchronize>({.hStream = stream}), status::success);
  EXPECT_NE(thief.channel().ask<calls::StreamDestroy>({.hStream = stream}), status::success);
  EXPECT_EQ(owner.channel().ask<calls::StreamSynchronize>({.hStream = stream}), status::success);
}

WIRE_TEST(WireHandles, IdsThatAGuestMustNotChooseAreRefused) {
  DeviceSession session;
  Channel& channel = session.channel();
  const std::uint64_t taken = create_context(session);
  for (const std::uint64_t id :
       {std::uint64_t{0}, taken, session.context(),
        HandleId::make(HandleKind::context, HandleId::host_index_begin + 5, 0).value,
        HandleId::make(HandleKind::stream, 123, 0).value,
        HandleId::make(HandleKind::context, 123, 0).value | 1, ~std::uint64_t{0}}) {
    EXPECT_NE(channel.ask<calls::CtxCreate>({.pctx = id}), status::success)
        << fmt::format("{:#x}", id);
    if (id == session.context()) continue;
    EXPECT_NE(channel.ask<calls::DevicePrimaryCtxRetain>({.pctx = id, .dev = 0}), status::success)
        << fmt::format("{:#x}", id);
  }
  EXPECT_EQ(channel.ask<calls::ContextBind>({.context = taken}), status::success);
}

WIRE_TEST(WireHandles, DevicesThatDoNotExistAreRefused) {
  DeviceSession session;
  const auto count = static_cast<std::int32_t>(session.channel().session().welcome.device_count);
  for (const std::int32_t device : {-1, count, INT32_MAX, INT32_MIN}) {
    const std::uint64_t id = session.fresh_id(HandleKind::context);
    EXPECT_NE(session.channel().ask<calls::DevicePrimaryCtxRetain>({.pctx = id, .dev = device}),
              status::success);
    EXPECT_NE(session.channel().ask<calls::DevicePrimaryCtxRelease>({.dev = device}),
              status::success);
  }
  EXPECT_NE(session.allocate(64), 0U);
}

}  // namespace
}  // namespace vgpu::conformance::wire
