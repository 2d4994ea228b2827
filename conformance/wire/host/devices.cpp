/// Devices, memory and copies: that a host which claims them serves them.

#include <algorithm>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/calls/primary_context.hpp>
#include <vgpu/calls/session.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

void need_devices(Channel& channel) {
  if (channel.session().welcome.device_count == 0) throw NotClaimed("the host has no device");
}

WIRE_TEST(WireDevices, AreDescribedWhole) {
  Channel channel = open_session();
  need_devices(channel);
  const auto count = static_cast<std::int32_t>(channel.session().welcome.device_count);
  for (std::int32_t ordinal = 0; ordinal < count; ++ordinal) {
    calls::DeviceSnapshot::Reply reply;
    const Answer answer = channel.ask<calls::DeviceSnapshot>({.ordinal = ordinal}, reply);
    ASSERT_EQ(answer.status(), status::success);
    EXPECT_FALSE(reply.name.empty());
    EXPECT_FALSE(reply.pciBusId.empty());
    EXPECT_GT(reply.totalMem, 0U);
    EXPECT_EQ(reply.uuid.size(), 16U);
    EXPECT_TRUE(std::ranges::any_of(reply.uuid, [](std::byte b) { return b != std::byte{}; }));
    if (reply.luidResult == status::success) {
      EXPECT_EQ(reply.luid.size(), 8U);
    }
    EXPECT_EQ(reply.attributes.size(), reply.attributeResults.size());
    constexpr std::size_t compute_capability_major = 75;
    ASSERT_GT(reply.attributes.size(), compute_capability_major);
    EXPECT_EQ(reply.attributeResults[compute_capability_major], status::success);
    EXPECT_GT(reply.attributes[compute_capability_major], 0);
    EXPECT_NE(reply.attributeResults[0], status::success) << "no attribute has the number 0";
  }
}

WIRE_TEST(WireDevices, ThatDoNotExistAreRefused) {
  Channel channel = open_session();
  const auto count = static_cast<std::int32_t>(channel.session().welcome.device_count);
  for (const std::int32_t ordinal : {-1, count, count + 1, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(channel.ask<calls::DeviceSnapshot>({.ordinal = ordinal}), status::invalid_device)
        << ordinal;
  }
  channel.ping();
}

WIRE_TEST(WireMemory, HoldsWhatWasCopiedThere) {
  DeviceSession session;
  constexpr std::size_t bytes = 100'000;
  const std::uint64_t first = session.allocate(bytes);
  const std::uint64_t second = session.allocate(bytes);
  const auto content = random_bytes(bytes);
  session.write(first, content);
  calls::MemcpyDtoD::Request copy;
  copy.dstDevice = second;
  copy.srcDevice = first;
  copy.byteCount = bytes;
  need_served(session.channel().ask<calls::MemcpyDtoD>(copy), "cuMemcpyDtoD");
  EXPECT_EQ(session.read(second, bytes), content);
  // A part, at odd places.
  session.write(first + 17, std::span(content).first(33));
  auto expected = content;
  std::copy_n(content.begin(), 33, expected.begin() + 17);
  EXPECT_EQ(session.read(first, bytes), expected);
  EXPECT_EQ(session.read(second, bytes), content) << "the other allocation has changed";
}

WIRE_TEST(WireMemory, AllocationsDoNotOverlap) {
  DeviceSession session;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (std::uint64_t bytes = 1; bytes < 100'000; bytes = bytes * 3 + 1) {
    ranges.emplace_back(session.allocate(bytes), bytes);
  }
  std::ranges::sort(ranges);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    EXPECT_GE(ranges[i].first, ranges[i - 1].first + ranges[i - 1].second);
  }
}

WIRE_TEST(WireMemory, OfASessionIsSeenByAllItsChannels) {
  DeviceSession session;
  Channel other = session.join();
  const auto content = random_bytes(500);
  const std::uint64_t place = session.allocate(content.size());
  calls::MemcpyHtoD::Request write;
  write.dstDevice = place;
  write.byteCount = content.size();
  ASSERT_EQ(other.ask<calls::MemcpyHtoD>(write, content), status::success);
  EXPECT_EQ(session.read(place, content.size()), content);
}

WIRE_TEST(WireMemory, FreeIsNeverMoreThanAll) {
  DeviceSession session;
  calls::MemGetInfo::Reply reply;
  need_served(session.channel().ask<calls::MemGetInfo>({}, reply).status(), "cuMemGetInfo");
  EXPECT_LE(reply.free, reply.total);
  EXPECT_GT(reply.total, 0U);
}

WIRE_TEST(WireContexts, ACallThatNeedsOneFailsWithout) {
  Channel channel = open_session();
  need_devices(channel);
  calls::MemAlloc::Reply reply;
  const std::int32_t result = channel.ask<calls::MemAlloc>({.bytesize = 64}, reply).status();
  if (result == status::not_supported) throw NotClaimed("the host does not serve cuMemAlloc");
  EXPECT_NE(result, status::success);
  EXPECT_EQ(reply.dptr, 0U) << "a failed call has no results";
}

WIRE_TEST(WireContexts, BelongToTheirChannel) {
  DeviceSession session;
  Channel other = join_session(session.channel().shared());
  calls::MemAlloc::Reply reply;
  EXPECT_NE(other.ask<calls::MemAlloc>({.bytesize = 64}, reply).status(), status::success)
      << "another thread's context is current here";
  ASSERT_EQ(other.ask<calls::ContextBind>({.context = session.context()}), status::success);
  EXPECT_EQ(other.ask<calls::MemAlloc>({.bytesize = 64}, reply).status(), status::success);
  ASSERT_EQ(other.ask<calls::ContextBind>({.context = 0}), status::success);
  EXPECT_NE(other.ask<calls::MemAlloc>({.bytesize = 64}, reply).status(), status::success);
  EXPECT_NE(session.allocate(64), 0U) << "the first channel keeps its own";
}

WIRE_TEST(WireContexts, APrimaryContextCanBeRetainedTwiceUnderOneId) {
  DeviceSession session;
  Channel& channel = session.channel();
  EXPECT_EQ(channel.ask<calls::DevicePrimaryCtxRetain>({.pctx = session.context(), .dev = 0}),
            status::success);
  EXPECT_EQ(channel.ask<calls::DevicePrimaryCtxRelease>({.dev = 0}), status::success);
  EXPECT_NE(session.allocate(64), 0U) << "one hold is left";
}

}  // namespace
}  // namespace vgpu::conformance::wire
