/// A guest's Hello, and what it makes of the answer.

#include "vgpu/transport/handshake.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "vgpu/transport/shared_memory.hpp"
#include "wire/guest/guest_run.hpp"

namespace vgpu::conformance::wire {
namespace {

WIRE_TEST(WireGuestHandshake, SaysAHelloOfThisVersion) {
  GuestRun run;
  expect_survives(run);
  ASSERT_FALSE(run.server.greetings().empty());
  const Greeting& hello = run.server.greetings().front();
  EXPECT_EQ(hello.header.sequence, 1U);
  EXPECT_EQ(hello.header.flags & ~frame_flag::descriptor, 0);
  ASSERT_TRUE(hello.well_formed);
  EXPECT_EQ(hello.protocol_version, guest::protocol_version);
  EXPECT_EQ(hello.role, 0);
  EXPECT_EQ(hello.session, 0U);
  EXPECT_NE(hello.process_id, 0U);
  EXPECT_GE(hello.cuda_version, 11000U);
  EXPECT_GT(hello.schema_hashes, 0U);
  EXPECT_FALSE(hello.program.empty());
  if (target().url.scheme == transport::Url::Scheme::tcp) {
    EXPECT_EQ(hello.features & ~guest::feature::output, 0U) << "descriptors do not travel over TCP";
  }
}

WIRE_TEST(WireGuestHandshake, BringsRingMemoryThatCannotVanish) {
  need_ring();
  GuestRun run;
  const Greeting& hello = run.server.greetings().front();
  EXPECT_NE(hello.ring_bytes, 0U);
  auto memory = transport::map_ring_memory(hello.ring.get());
  ASSERT_TRUE(memory.ok()) << memory.message();
  EXPECT_EQ(memory->size(), hello.ring_bytes);
}

WIRE_TEST(WireGuestHandshake, BringsTheToken) {
  ::setenv("VGPU_TOKEN", "open sesame", 1);
  GuestRun run;
  ::unsetenv("VGPU_TOKEN");
  EXPECT_EQ(run.server.greetings().front().token, "open sesame");
}

WIRE_TEST(WireGuestHandshake, PassesARefusalOnInItsWords) {
  Deviation deviation;
  deviation.welcome = [](guest::HelloReply& reply) {
    reply = {};
    reply.protocol_version = 7;
    reply.reason = "this host speaks version 7, and on Fridays none at all";
  };
  GuestRun run(deviation);
  expect_survives(run);
  EXPECT_EQ(run.server.violations(), std::vector<std::string>{});
  if (!target().own_program) return;
  EXPECT_FALSE(run.guest.said("cuInit 0"));
  EXPECT_NE(run.guest.output().find("on Fridays none at all"), std::string::npos)
      << run.guest.output();
}

/// What a host may say, however odd: the guest works.
void expect_works(const char* what, std::function<void(guest::HelloReply&)> welcome) {
  SCOPED_TRACE(what);
  Deviation deviation;
  deviation.welcome = std::move(welcome);
  GuestRun run(deviation);
  expect_survives(run);
  EXPECT_TRUE(run.said("copy equal")) << run.guest.output();
  EXPECT_EQ(run.server.violations(), std::vector<std::string>{});
}

WIRE_TEST(WireGuestHandshake, WorksWithWhatAnotherHostSays) {
  expect_works("features that do not exist",
               [](guest::HelloReply& reply) { reply.features = ~std::uint64_t{15}; });
  expect_works("a long spin",
               [](guest::HelloReply& reply) { reply.spin_microseconds = 0xffffffff; });
  expect_works("no spin, no names", [](guest::HelloReply& reply) {
    reply.spin_microseconds = 0;
    reply.host_name = {};
    reply.backend = {};
  });
  static const std::vector<std::uint64_t> hashes(300, 5);
  expect_works("other schema hashes",
               [](guest::HelloReply& reply) { reply.schema_hashes = hashes; });
  expect_works("a window that was not asked for", [](guest::HelloReply& reply) {
    reply.window_begin = 0x1000;
    reply.window_bytes = 0x1000;
  });
}

/// What no host may say: the guest has no device, and ends.
void expect_refused(const char* what, std::function<void(guest::HelloReply&)> welcome) {
  SCOPED_TRACE(what);
  Deviation deviation;
  deviation.welcome = std::move(welcome);
  GuestRun run(deviation);
  expect_survives(run);
  if (target().own_program) {
    EXPECT_FALSE(run.guest.said("cuInit 0")) << run.guest.output();
  }
}

WIRE_TEST(WireGuestHandshake, RefusesWhatCannotBe) {
  if (!target().is_shm()) {  // over rings the cap follows from their size
    expect_refused("a tiny frame cap", [](guest::HelloReply& reply) { reply.frame_cap = 1; });
    expect_refused("a giant frame cap",
                   [](guest::HelloReply& reply) { reply.frame_cap = 0xffffffff; });
  }
  expect_refused("as many devices as there are numbers",
                 [](guest::HelloReply& reply) { reply.device_count = 0xffffffff; });
  expect_refused("no device", [](guest::HelloReply& reply) { reply.device_count = 0; });
  expect_refused("neither yes nor no", [](guest::HelloReply& reply) { reply.accepted = 2; });
}

/// An answer to the Hello in `bytes`, whatever they are.
void expect_survives_greeting(const std::string& what, std::vector<std::byte> bytes) {
  SCOPED_TRACE(what);
  Deviation deviation;
  deviation.greet = [&](SocketLink& socket, std::span<const std::byte>) {
    socket.send_bytes(bytes);
    return true;  // and the connection ends
  };
  GuestRun run(deviation);
  expect_survives(run);
  if (target().own_program) {
    EXPECT_FALSE(run.guest.said("cuInit 0")) << run.guest.output();
  }
}

std::vector<std::byte> welcome_frame(FrameHeader header = {}) {
  guest::HelloReply reply;
  reply.protocol_version = guest::protocol_version;
  reply.accepted = 1;
  reply.session = 1;
  reply.session_key = 1;
  reply.frame_cap = 65536;
  reply.device_count = 1;
  reply.reason = "";
  reply.host_name = "a host";
  const Words words = encoded(reply);
  if (header.sequence == 0) header.sequence = 1;
  if (header.operation == 0) header.operation = transport::handshake_operation;
  if (header.flags == 0) header.flags = frame_flag::reply;
  if (header.length == 0) header.length = static_cast<std::uint32_t>(words.size() * 8);
  return frame_bytes(header, bytes_of(words));
}

WIRE_TEST(WireGuestHandshake, EndsWhenTheHostDoesWhereverThatIs) {
  const auto bytes = welcome_frame();
  for (std::size_t cut = 0; cut < bytes.size() && !testing::Test::HasFailure();
       cut += cut < 32 ? 8 : 24) {
    expect_survives_greeting(fmt::format("cut after {} bytes", cut),
                             {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)});
  }
}

WIRE_TEST(WireGuestHandshake, SurvivesAnswersThatAreNone) {
  FrameHeader header;
  header.operation = 2;
  expect_survives_greeting("another operation", welcome_frame(header));
  header = {};
  header.sequence = 7;
  expect_survives_greeting("another sequence number", welcome_frame(header));
  header = {};
  header.length = 0xffffffff;
  expect_survives_greeting("a giant length", welcome_frame(header));
  header = {};
  header.flags = 0xff;
  expect_survives_greeting("all flags", welcome_frame(header));
  const std::string_view web = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  const auto text = std::as_bytes(std::span(web));
  expect_survives_greeting("another protocol", {text.begin(), text.end()});
  auto bytes = welcome_frame();
  const std::uint64_t huge = std::uint64_t{0xffff} << 32 | std::uint64_t{0xffff} << 48;
  std::memcpy(bytes.data() + sizeof(FrameHeader), &huge, 8);
  expect_survives_greeting("a root larger than the message", bytes);
  bytes = welcome_frame();
  const std::uint64_t far =
      1 | std::uint64_t{0x1fffffff} << 2 | std::uint64_t{2} << 32 | std::uint64_t{0x1fffffff} << 35;
  std::memcpy(bytes.data() + sizeof(FrameHeader) + 8 * (1 + guest::HelloReply::data_words), &far,
              8);
  expect_survives_greeting("a reason outside of the message", bytes);
}

}  // namespace
}  // namespace vgpu::conformance::wire
