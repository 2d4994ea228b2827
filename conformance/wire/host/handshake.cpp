/// The handshake: who is let in, and what those hear who are not.

#include "vgpu/transport/handshake.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "vgpu/transport/shared_memory.hpp"
#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

constexpr std::uint64_t known_features = guest::feature::descriptors |
                                         guest::feature::shared_host_memory |
                                         guest::feature::staging | guest::feature::output;

/// A refusal is something that a person can read and act upon.
void expect_words(const std::string& reason) {
  EXPECT_GE(std::count(reason.begin(), reason.end(), ' '), 3) << '"' << reason << '"';
  EXPECT_TRUE(std::none_of(reason.begin(), reason.end(),
                           [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      << '"' << reason << '"';
}

/// What the host says to `hello`.
Welcome greet(const guest::Hello& hello) {
  Dialled dialled;
  dialled.send(hello);
  return dialled.receive();
}

void expect_refused(const guest::Hello& hello) {
  Dialled dialled;
  dialled.send(hello);
  const Welcome welcome = dialled.receive();
  EXPECT_FALSE(welcome.accepted);
  expect_words(welcome.reason);
  EXPECT_TRUE(dialled.socket().ends()) << "the connection stays open after a refusal";
}

/// The host neither lets `bytes` in nor waits for ever: it refuses, or closes.
void expect_turned_away(std::span<const std::byte> bytes, int descriptor = -1) {
  Dialled dialled;
  if (!dialled.socket().send_bytes(bytes, descriptor)) return;
  Frame frame;
  const Arrival arrival = dialled.socket().receive(frame, patience());
  ASSERT_NE(arrival, Arrival::nothing) << "the host neither answers nor closes";
  if (arrival == Arrival::ended) return;
  const Welcome welcome = read_welcome(frame);
  EXPECT_FALSE(welcome.accepted);
  expect_words(welcome.reason);
  EXPECT_TRUE(dialled.socket().ends());
}

std::vector<std::byte> hello_frame(const guest::Hello& hello, FrameHeader header = {}) {
  const Words words = encoded(hello);
  if (header.sequence == 0) header.sequence = 1;
  if (header.operation == 0) header.operation = transport::handshake_operation;
  if (header.length == 0) header.length = static_cast<std::uint32_t>(words.size() * 8);
  return frame_bytes(header, bytes_of(words));
}

WIRE_TEST(WireHandshake, OpensASession) {
  Dialled dialled;
  dialled.send(ordinary_hello());
  const Welcome welcome = dialled.receive();
  ASSERT_TRUE(welcome.accepted) << welcome.reason;
  EXPECT_EQ(welcome.protocol_version, guest::protocol_version);
  EXPECT_NE(welcome.session, 0U);
  EXPECT_NE(welcome.session_key, 0U);
  EXPECT_GE(welcome.frame_cap, 4096U);
  EXPECT_LE(welcome.frame_cap, 64U << 20);
  EXPECT_GE(welcome.message_budget, welcome.frame_cap);
  EXPECT_GE(welcome.cuda_version, 11000U);
  const std::size_t said = welcome.frame_cap;
  const auto link = dialled.channel(welcome);
  EXPECT_EQ(link->cap(), said) << "over rings, the cap follows from their size";
}

WIRE_TEST(WireHandshake, SessionsAreDistinct) {
  const Welcome one = greet(ordinary_hello());
  const Welcome other = greet(ordinary_hello());
  EXPECT_NE(one.session, other.session);
  EXPECT_NE(one.session_key, other.session_key);
}

WIRE_TEST(WireHandshake, RefusesOtherVersionsInWords) {
  for (const std::uint16_t version : {0, 2, 7, 0xffff}) {
    guest::Hello hello = ordinary_hello();
    hello.protocol_version = version;
    Dialled dialled;
    dialled.send(hello);
    const Welcome welcome = dialled.receive();
    EXPECT_FALSE(welcome.accepted) << version;
    EXPECT_EQ(welcome.protocol_version, guest::protocol_version);
    expect_words(welcome.reason);
    for (const unsigned number : {unsigned{version}, unsigned{guest::protocol_version}}) {
      EXPECT_NE(welcome.reason.find(std::to_string(number)), std::string::npos)
          << "version " << number << " is not named in: " << welcome.reason;
    }
    EXPECT_TRUE(dialled.socket().ends());
  }
}

WIRE_TEST(WireHandshake, OtherSchemaHashesAreNoReasonToRefuse) {
  guest::Hello hello = ordinary_hello();
  const std::vector<std::uint64_t> hashes{1, 2, 3};
  hello.schema_hashes = hashes;
  EXPECT_TRUE(greet(hello).accepted);
}

WIRE_TEST(WireHandshake, GrantsOnlyFeaturesThatWereAskedForAndExist) {
  guest::Hello hello = ordinary_hello();
  hello.features = ~std::uint64_t{0};
  EXPECT_EQ(greet(hello).features & ~known_features, 0U);
  hello.features = 0;
  EXPECT_EQ(greet(hello).features, 0U);
  hello.features = guest::feature::descriptors;
  EXPECT_EQ(greet(hello).features & ~guest::feature::descriptors, 0U);
}

WIRE_TEST(WireHandshake, GrantsNoDescriptorsWhereTheyCannotTravel) {
  if (target().url.scheme != transport::Url::Scheme::tcp) {
    throw NotClaimed("descriptors can travel over this transport");
  }
  guest::Hello hello = ordinary_hello();
  hello.features = ~std::uint64_t{0};
  EXPECT_EQ(greet(hello).features & ~guest::feature::output, 0U);
}

WIRE_TEST(WireHandshake, TakesAHelloOfANewerBuild) {
  // One word more in each section: fields that this version does not have.
  const Words known = encoded(ordinary_hello());
  constexpr std::size_t data = guest::Hello::data_words;
  Words newer = known;
  newer.insert(newer.begin() + 1 + data, 0x1234567890abcdefU);
  newer.insert(newer.begin() + 1 + data + 1 + guest::Hello::pointer_count, 0);
  newer[0] = std::uint64_t{data + 1} << 32 | std::uint64_t{guest::Hello::pointer_count + 1} << 48;
  // What the pointers point to has moved by the pointer behind them.
  for (std::size_t i = 0; i < guest::Hello::pointer_count; ++i) {
    std::uint64_t& pointer = newer[1 + data + 1 + i];
    if (pointer != 0) pointer += std::uint64_t{1} << 2;
  }
  Dialled dialled;
  if (target().is_shm()) {
    auto ring = transport::create_ring_memory(ring_bytes);
    ASSERT_TRUE(ring.ok()) << ring.message();
    newer[5] |= std::uint64_t{ring_bytes} << 32;
    ASSERT_TRUE(dialled.send_body(bytes_of(newer), ring->get()));
  } else {
    ASSERT_TRUE(dialled.send_body(bytes_of(newer)));
  }
  const Welcome welcome = dialled.receive();
  EXPECT_TRUE(welcome.accepted) << welcome.reason;
}

WIRE_TEST(WireHandshake, RefusesARoleThatDoesNotExist) {
  guest::Hello hello = ordinary_hello();
  hello.role = 7;
  expect_refused(hello);
}

WIRE_TEST(WireHandshake, RefusesASessionThatDoesNotExist) {
  guest::Hello hello = ordinary_hello();
  hello.session = 0x0123456789abcdefU;
  hello.session_key = 0xfedcba9876543210U;
  expect_refused(hello);
}

WIRE_TEST(WireHandshake, JoiningNeedsTheSessionsKey) {
  Channel first = open_session();
  const Welcome& welcome = first.session().welcome;
  guest::Hello hello = ordinary_hello();
  hello.session = welcome.session;
  for (const std::uint64_t key :
       {std::uint64_t{0}, welcome.session_key + 1, ~welcome.session_key, welcome.session}) {
    hello.session_key = key;
    expect_refused(hello);
  }
  hello.session_key = welcome.session_key;
  const Welcome joined = greet(hello);
  EXPECT_TRUE(joined.accepted) << joined.reason;
  EXPECT_EQ(joined.session, welcome.session);
  first.ping();
}

WIRE_TEST(WireHandshake, WantsTheToken) {
  if (target().token.empty()) throw NotClaimed("no --token was given: the host needs none");
  const std::string& right = target().token;
  guest::Hello hello = ordinary_hello();
  hello.token = {};
  Dialled without;
  without.send(hello);
  const Welcome welcome = without.receive();
  if (welcome.accepted) throw NotClaimed("the host lets guests in without a token");
  expect_words(welcome.reason);
  EXPECT_EQ(welcome.reason.find(right), std::string::npos) << "a refusal tells the token";
  for (const std::string& wrong : {right + "x", right.substr(0, right.size() - 1),
                                   std::string(right.size(), 'z'), right + std::string(1, '\0')}) {
    hello.token = std::as_bytes(std::span(wrong));
    expect_refused(hello);
  }
}

WIRE_TEST(WireHandshake, TurnsAwayWhatIsNoHello) {
  const guest::Hello hello = ordinary_hello();
  FrameHeader header;
  header.operation = 2;
  expect_turned_away(hello_frame(hello, header));
  header = {};
  header.sequence = 2;
  expect_turned_away(hello_frame(hello, header));
  header = {};
  header.flags = frame_flag::more;
  expect_turned_away(hello_frame(hello, header));
  header = {};
  header.flags = 0x80;
  expect_turned_away(hello_frame(hello, header));
  header = {};
  header.length = transport::handshake_limit + 1;
  expect_turned_away(hello_frame(hello, header));
  expect_turned_away(std::as_bytes(std::span("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")));
  expect_host_serves();
}

WIRE_TEST(WireHandshake, TurnsAwayMalformedHellos) {
  const auto refused = [](const Words& words, std::size_t bytes) {
    FrameHeader header;
    header.sequence = 1;
    header.operation = transport::handshake_operation;
    header.length = static_cast<std::uint32_t>(bytes);
    expect_turned_away(frame_bytes(header, bytes_of(words).first(bytes)));
  };
  const Words good = encoded(ordinary_hello());
  refused({}, 0);
  refused(good, 8);
  refused(good, good.size() * 8 - 1);
  refused(good, good.size() * 8 - 8);
  Words bad = good;
  bad[0] |= 3;  // a root that is no struct
  refused(bad, bad.size() * 8);
  bad = good;
  bad[0] = std::uint64_t{0xffff} << 32 | std::uint64_t{0xffff} << 48;  // larger than the message
  refused(bad, bad.size() * 8);
  bad = good;
  bad[0] |= std::uint64_t{0x1fffffff} << 2;  // a root outside of the message
  refused(bad, bad.size() * 8);
  for (std::size_t pointer = 0; pointer < guest::Hello::pointer_count; ++pointer) {
    const std::size_t at = 1 + guest::Hello::data_words + pointer;
    bad = good;
    bad[at] |= std::uint64_t{0x1fffffff} << 35;  // more elements than there are
    if (bad[at] == std::uint64_t{0x1fffffff} << 35) bad[at] |= 1 | std::uint64_t{2} << 32;
    refused(bad, bad.size() * 8);
    bad = good;
    bad[at] = 1 | std::uint64_t{0x3ffffffe} << 2 | std::uint64_t{2} << 32 | std::uint64_t{8} << 35;
    refused(bad, bad.size() * 8);  // backwards, over the pointers themselves
  }
  expect_host_serves();
}

WIRE_TEST(WireHandshake, HalfAHelloHoldsUpNobody) {
  const auto bytes = hello_frame(ordinary_hello());
  Dialled silent;
  Dialled half;
  ASSERT_TRUE(half.socket().send_bytes(std::span(bytes).first(bytes.size() / 2)));
  expect_host_serves();
}

WIRE_TEST(WireHandshake, TakesAHelloByteByByte) {
  need_socket();
  const auto bytes = hello_frame(ordinary_hello());
  Dialled dialled;
  for (const std::byte& byte : bytes) {
    ASSERT_TRUE(dialled.socket().send_bytes({&byte, 1}));
  }
  EXPECT_TRUE(dialled.receive().accepted);
}

WIRE_TEST(WireHandshake, TakesRequestsRightBehindTheHello) {
  need_socket();
  // The channel's own counting begins anew, so a guest need not wait for the answer to send.
  auto bytes = hello_frame(ordinary_hello());
  FrameHeader ping;
  ping.sequence = 1;
  ping.operation = 2;
  ping.data_words = 1;
  ping.length = 8;
  const std::uint64_t token = 77;
  const auto request = frame_bytes(ping, std::as_bytes(std::span(&token, 1)));
  bytes.insert(bytes.end(), request.begin(), request.end());
  Dialled dialled;
  ASSERT_TRUE(dialled.socket().send_bytes(bytes));
  const Welcome welcome = dialled.receive();
  ASSERT_TRUE(welcome.accepted) << welcome.reason;
  const auto link = dialled.channel(welcome);
  Frame frame;
  ASSERT_EQ(link->receive(frame, patience()), Arrival::frame);
  ASSERT_EQ(frame.header.length, 8U);
  EXPECT_EQ(frame.words[0], token);
}

// --- Ring memory ---

UniqueFd memory_file(std::size_t bytes, int seals) {
  UniqueFd file(::memfd_create("wire-test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, seals) != 0) {
    throw PeerError("this machine makes no sealed memory file");
  }
  return file;
}

void expect_ring_refused(int descriptor, std::uint32_t bytes, const char* what) {
  SCOPED_TRACE(what);
  guest::Hello hello = ordinary_hello();
  hello.ring_bytes = bytes;
  auto frame = hello_frame(hello);
  if (descriptor >= 0) frame[6] |= std::byte{frame_flag::descriptor};
  expect_turned_away(frame, descriptor);
}

WIRE_TEST(WireHandshake, RefusesRingMemoryThatCouldVanish) {
  need_ring();
  constexpr int sealed = F_SEAL_SHRINK | F_SEAL_GROW;
  const auto refused = [](const UniqueFd& file, std::uint32_t bytes, const char* what) {
    expect_ring_refused(file.get(), bytes, what);
  };
  refused(memory_file(ring_bytes, 0), ring_bytes, "not sealed");
  refused(memory_file(ring_bytes, F_SEAL_GROW), ring_bytes, "may shrink");
  refused(memory_file(0, sealed), ring_bytes, "empty");
  refused(memory_file(4096, sealed), 4096, "too small");
  refused(memory_file(ring_bytes + 1, sealed), ring_bytes, "no whole pages");
  refused(memory_file(std::size_t{128} << 20, sealed), 128U << 20, "too large");
  expect_ring_refused(-1, ring_bytes, "announced, and not sent");
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  refused(reading, ring_bytes, "a pipe");
  expect_host_serves();
}

}  // namespace
}  // namespace vgpu::conformance::wire
