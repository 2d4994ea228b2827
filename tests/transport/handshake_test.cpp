#include "vgpu/transport/handshake.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "channel_pairs.hpp"

namespace vgpu::transport {
namespace {

using namespace std::chrono_literals;

constexpr auto soon = 20s;

FrameHeader hello() {
  FrameHeader header;
  header.operation = handshake_operation;
  return header;
}

std::vector<std::byte> body_of(std::size_t bytes) {
  std::vector<std::byte> body(bytes);
  for (std::size_t i = 0; i < bytes; ++i) body[i] = static_cast<std::byte>(i * 7);
  return body;
}

/// The bytes of a handshake frame.
std::vector<std::byte> frame_bytes(FrameHeader header, std::size_t body_bytes) {
  std::vector<std::byte> bytes(sizeof(header) + wire::round_up(body_bytes, 8));
  header.length = static_cast<std::uint32_t>(body_bytes);
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::vector<std::byte> body = body_of(body_bytes);
  if (!body.empty()) std::memcpy(bytes.data() + sizeof(header), body.data(), body.size());
  return bytes;
}

FrameHeader valid_header() {
  FrameHeader header = hello();
  header.sequence = 1;
  return header;
}

void write_raw(int fd, std::span<const std::byte> bytes) {
  ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

TEST(Handshake, CarriesBodiesOfEverySize) {
  for (test::Kind kind : {test::Kind::unix_socket, test::Kind::tcp}) {
    test::Ends ends = test::make_ends(kind);
    HandshakeSocket guest(std::move(ends.sockets.guest));
    HandshakeSocket host(std::move(ends.sockets.host));
    for (std::size_t bytes :
         {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{1001}, handshake_limit}) {
      std::vector<std::byte> body = body_of(bytes);
      ASSERT_TRUE(guest.send(hello(), body, soon).ok());
      support::Result<HandshakeFrame> frame = host.receive(soon);
      ASSERT_TRUE(frame.ok()) << frame.message();
      EXPECT_EQ(frame->header.operation, handshake_operation);
      EXPECT_TRUE(std::equal(frame->body().begin(), frame->body().end(), body.begin(), body.end()));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame->body().data()) % 8, 0u);
      EXPECT_EQ(frame->descriptor_count, 0u);
    }
  }
}

TEST(Handshake, CarriesDescriptorsInOrder) {
  test::Sockets sockets = test::unix_pair();
  HandshakeSocket guest(std::move(sockets.guest));
  HandshakeSocket host(std::move(sockets.host));
  support::UniqueFd small = test::need(create_ring_memory(min_ring_memory_bytes));
  support::UniqueFd large = test::need(create_ring_memory(2 * min_ring_memory_bytes));
  std::array<int, 2> sent{small.get(), large.get()};
  ASSERT_TRUE(guest.send(hello(), body_of(100), soon, sent).ok());
  support::Result<HandshakeFrame> frame = host.receive(soon);
  ASSERT_TRUE(frame.ok()) << frame.message();
  ASSERT_EQ(frame->descriptor_count, 2u);
  EXPECT_EQ(test::need(map_ring_memory(frame->descriptors[0].get())).size(), min_ring_memory_bytes);
  EXPECT_EQ(test::need(map_ring_memory(frame->descriptors[1].get())).size(),
            2 * min_ring_memory_bytes);
}

TEST(Handshake, IsReadByteByByteAndNoFurther) {
  test::Sockets sockets = test::unix_pair();
  HandshakeSocket host(std::move(sockets.host));
  std::vector<std::byte> bytes = frame_bytes(valid_header(), 20);
  std::size_t frame_end = bytes.size();
  bytes.resize(frame_end + 5, std::byte{0x55});
  for (std::size_t i = 0; i + 1 < frame_end; ++i) {
    write_raw(sockets.guest.get(), std::span(bytes).subspan(i, 1));
    support::Result<bool> complete = host.try_receive();
    ASSERT_TRUE(complete.ok()) << complete.message();
    ASSERT_FALSE(*complete) << "after byte " << i;
  }
  write_raw(sockets.guest.get(), std::span(bytes).subspan(frame_end - 1));
  support::Result<bool> complete = host.try_receive();
  ASSERT_TRUE(complete.ok() && *complete);
  EXPECT_EQ(host.take().header.length, 20u);
  support::UniqueFd socket = host.release();
  std::array<std::byte, 16> rest;
  EXPECT_EQ(socket_io::receive_some(socket.get(), rest), 5);
  EXPECT_EQ(rest[0], std::byte{0x55});
}

TEST(Handshake, EveryTruncationIsAnError) {
  std::vector<std::byte> bytes = frame_bytes(valid_header(), 40);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    test::Sockets sockets = test::unix_pair();
    HandshakeSocket host(std::move(sockets.host));
    if (length != 0) write_raw(sockets.guest.get(), std::span(bytes).first(length));
    sockets.guest.reset();
    support::Result<HandshakeFrame> frame = host.receive(soon);
    ASSERT_FALSE(frame.ok()) << length;
    EXPECT_NE(frame.message().find("closed the connection"), std::string::npos) << frame.message();
  }
}

struct Malformed {
  const char* name;
  FrameHeader header;
  const char* says;
};

class MalformedHandshake : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedHandshake, IsRefusedWithAReason) {
  test::Sockets sockets = test::unix_pair();
  HandshakeSocket host(std::move(sockets.host));
  FrameHeader header = GetParam().header;
  write_raw(sockets.guest.get(), std::as_bytes(std::span(&header, 1)));
  support::Result<HandshakeFrame> frame = host.receive(soon);
  ASSERT_FALSE(frame.ok());
  EXPECT_NE(frame.message().find(GetParam().says), std::string::npos) << frame.message();
}

INSTANTIATE_TEST_SUITE_P(
    Handshake, MalformedHandshake,
    testing::Values(
        Malformed{"sequence", {2, 1, 0, 0, 0, 0, 0}, "does not speak"},
        Malformed{"operation", {1, 2, 0, 0, 0, 0, 0}, "does not speak"},
        Malformed{"http", {0x20544547, 0x202f, 0x48, 0x54, 0x312f5054, 0x0a0d312e, 0}, "not speak"},
        Malformed{"length", {1, 1, 0, 0, handshake_limit + 1, 0, 0}, "exceeds the limit"},
        Malformed{"huge", {1, 1, 0, 0, 0xffffffff, 0, 0}, "exceeds the limit"},
        Malformed{"more", {1, 1, wire::frame_flag::more, 0, 0, 0, 0}, "unknown flags"},
        Malformed{"descriptor", {1, 1, wire::frame_flag::descriptor, 0, 0, 0, 0}, "descriptors"}),
    [](const auto& info) { return info.param.name; });

TEST(Handshake, MoreDescriptorsThanAllowedAreRefused) {
  test::Sockets sockets = test::unix_pair();
  HandshakeSocket host(std::move(sockets.host));
  FrameHeader header = valid_header();
  header.flags = wire::frame_flag::descriptor;
  std::vector<std::byte> bytes = frame_bytes(header, 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    iovec part{&bytes[i], 1};
    ASSERT_EQ(socket_io::send_some(sockets.guest.get(), {&part, 1}, i < 3 ? 0 : -1), 1);
  }
  support::Result<HandshakeFrame> frame = host.receive(soon);
  ASSERT_FALSE(frame.ok());
  EXPECT_NE(frame.message().find("descriptors"), std::string::npos);
}

TEST(Handshake, GivesUpAtItsDeadline) {
  test::Sockets sockets = test::unix_pair();
  HandshakeSocket host(std::move(sockets.host));
  auto begin = std::chrono::steady_clock::now();
  support::Result<HandshakeFrame> frame = host.receive(50ms);
  ASSERT_FALSE(frame.ok());
  EXPECT_EQ(frame.error().code, ETIMEDOUT);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(Handshake, RefusesToSendWhatIsTooLarge) {
  test::Sockets sockets = test::unix_pair();
  HandshakeSocket guest(std::move(sockets.guest));
  EXPECT_FALSE(guest.send(hello(), body_of(handshake_limit + 1), soon).ok());
  std::array<int, 3> three{0, 0, 0};
  EXPECT_FALSE(guest.send(hello(), {}, soon, three).ok());
}

TEST(RingMemory, HasToBeSealed) {
  support::UniqueFd unsealed(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(unsealed.get(), default_ring_memory_bytes), 0);
  support::Result<support::Mapping> mapping = map_ring_memory(unsealed.get());
  ASSERT_FALSE(mapping.ok());
  EXPECT_NE(mapping.message().find("sealed"), std::string::npos);
}

TEST(RingMemory, CannotBeResizedOnceMade) {
  support::UniqueFd memory = test::need(create_ring_memory());
  EXPECT_NE(::ftruncate(memory.get(), 4096), 0);
  EXPECT_NE(::ftruncate(memory.get(), 2 * default_ring_memory_bytes), 0);
  EXPECT_TRUE(map_ring_memory(memory.get()).ok());
}

TEST(RingMemory, HasToHaveAnAllowedSize) {
  for (std::size_t bytes : {std::size_t{0}, std::size_t{4096}, default_ring_memory_bytes + 1,
                            max_ring_memory_bytes + 4096}) {
    EXPECT_FALSE(create_ring_memory(bytes).ok());
    support::UniqueFd memory(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    ASSERT_EQ(::ftruncate(memory.get(), static_cast<off_t>(bytes)), 0);
    ASSERT_EQ(::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    EXPECT_FALSE(map_ring_memory(memory.get()).ok()) << bytes;
  }
}

TEST(RingMemory, HasToBeAMemfd) {
  EXPECT_FALSE(map_ring_memory(0).ok());
  test::Sockets sockets = test::unix_pair();
  EXPECT_FALSE(map_ring_memory(sockets.guest.get()).ok());
  EXPECT_FALSE(map_ring_memory(-1).ok());
}

TEST(MakeChannel, RefusesRingMemoryBesideTcp) {
  test::Sockets sockets = test::tcp_pair();
  EXPECT_FALSE(
      make_channel(std::move(sockets.guest), test::need(create_ring_memory()), Role::guest).ok());
}

}  // namespace
}  // namespace vgpu::transport
