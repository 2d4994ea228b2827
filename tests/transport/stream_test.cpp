#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "channel_pairs.hpp"

/// What a peer can do to the reader of a byte stream.
namespace vgpu::transport {
namespace {

using namespace std::chrono_literals;
using test::Kind;

constexpr auto soon = 20s;

std::vector<std::byte> frame_bytes(FrameHeader header) {
  std::vector<std::byte> bytes(sizeof(header) + wire::round_up(header.length, 8), std::byte{9});
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

FrameHeader header_of(std::uint32_t sequence, std::uint32_t length, std::uint8_t flags = 0) {
  FrameHeader header;
  header.sequence = sequence;
  header.length = length;
  header.flags = flags;
  return header;
}

class Streams : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { fresh(); }
  /// A new connection: the channel under test, and the bare socket of its peer.
  void fresh() {
    test::Ends ends = test::make_ends(GetParam());
    ChannelOptions options;
    options.frame_cap = 128 << 10;
    host_ = ends.host(options);
    peer_ = std::move(ends.sockets.guest);
  }
  void write(std::span<const std::byte> bytes) {
    ASSERT_EQ(::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  ReceiveStatus receive(std::chrono::nanoseconds timeout = soon) {
    return host_->receive(frame_, timeout);
  }

  std::unique_ptr<Channel> host_;
  support::UniqueFd peer_;
  ReceivedFrame frame_;
};
INSTANTIATE_TEST_SUITE_P(All, Streams, testing::Values(Kind::unix_socket, Kind::tcp),
                         [](const auto& info) { return test::name_of(info.param); });

TEST_P(Streams, ReadFramesHoweverTheyAreCut) {
  std::vector<std::byte> bytes;
  const std::array<std::uint32_t, 8> lengths{0, 5, 40, 9000, 17'000, 0, 70'000, 1};
  for (std::uint32_t i = 0; i < lengths.size(); ++i) {
    std::vector<std::byte> frame = frame_bytes(header_of(i + 1, lengths[i]));
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  for (std::size_t cut : {std::size_t{7}, std::size_t{1000}, std::size_t{20'000}}) {
    fresh();
    std::vector<std::uint32_t> received;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      write(std::span(bytes).subspan(at, std::min(cut, bytes.size() - at)));
      while (receive(0ns) == ReceiveStatus::frame) received.push_back(frame_.header.length);
    }
    while (received.size() < lengths.size() && receive() == ReceiveStatus::frame) {
      received.push_back(frame_.header.length);
    }
    EXPECT_TRUE(std::equal(received.begin(), received.end(), lengths.begin(), lengths.end()));
  }
}

TEST_P(Streams, EveryTruncationIsToldFromAnEnd) {
  std::vector<std::byte> bytes = frame_bytes(header_of(1, 20));
  std::vector<std::byte> second = frame_bytes(header_of(2, 40));
  std::size_t boundary = bytes.size();
  bytes.insert(bytes.end(), second.begin(), second.end());
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    fresh();
    if (length != 0) write(std::span(bytes).first(length));
    peer_.reset();
    if (length >= boundary) {
      ASSERT_EQ(receive(), ReceiveStatus::frame);
    }
    if (length == bytes.size()) {
      ASSERT_EQ(receive(), ReceiveStatus::frame);
    }
    bool whole = length == 0 || length == boundary || length == bytes.size();
    EXPECT_EQ(receive(), whole ? ReceiveStatus::closed : ReceiveStatus::failed) << length;
    EXPECT_FALSE(host_->error().empty());
  }
}

TEST_P(Streams, AHeaderThatBreaksTheProtocolFailsTheChannel) {
  const std::array<FrameHeader, 7> headers{header_of(0, 0),
                                           header_of(2, 0),
                                           header_of(0xffffffff, 0),
                                           header_of(1, (128 << 10) + 1),
                                           header_of(1, 0xffffffff),
                                           header_of(1, 0, wire::frame_flag::padding),
                                           header_of(1, 0, wire::frame_flag::descriptor)};
  for (FrameHeader header : headers) {
    fresh();
    write(std::as_bytes(std::span(&header, 1)));
    EXPECT_EQ(receive(), ReceiveStatus::failed);
    EXPECT_FALSE(host_->error().empty());
    EXPECT_EQ(host_->reserve(1), nullptr);
    EXPECT_EQ(receive(), ReceiveStatus::failed) << "it stays so";
  }
}

TEST_P(Streams, SurviveGarbage) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    fresh();
    std::vector<std::byte> bytes = frame_bytes(header_of(1, random() % 200));
    std::vector<std::byte> next = frame_bytes(header_of(2, random() % 200));
    bytes.insert(bytes.end(), next.begin(), next.end());
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    write(bytes);
    peer_.reset();
    int frames = 0;
    ReceiveStatus status = receive();
    for (; status == ReceiveStatus::frame; status = receive()) ++frames;
    EXPECT_LE(frames, 10);
    EXPECT_NE(status, ReceiveStatus::timeout);
  }
}

TEST_P(Streams, ATimeoutInTheMiddleOfAFrameLosesNothing) {
  std::vector<std::byte> bytes = frame_bytes(header_of(1, 100'000));
  for (std::size_t first : {std::size_t{10}, std::size_t{24}, std::size_t{30'000}}) {
    fresh();
    write(std::span(bytes).first(first));
    EXPECT_EQ(receive(20ms), ReceiveStatus::timeout);
    write(std::span(bytes).subspan(first));
    ASSERT_EQ(receive(), ReceiveStatus::frame) << host_->error();
    EXPECT_EQ(frame_.body.size(), 100'000u);
    EXPECT_EQ(frame_.body[99'999], std::byte{9});
  }
}

TEST(UnixStream, DescriptorsThatNoFrameAnnouncesFailTheChannel) {
  test::Ends ends = test::make_ends(Kind::unix_socket);
  std::unique_ptr<Channel> host = ends.host();
  ReceivedFrame frame;
  ReceiveStatus status = ReceiveStatus::frame;
  for (std::uint32_t i = 1; i < 100 && status == ReceiveStatus::frame; ++i) {
    std::vector<std::byte> bytes = frame_bytes(header_of(i, 0));
    iovec part{bytes.data(), bytes.size()};
    ASSERT_GT(socket_io::send_some(ends.sockets.guest.get(), {&part, 1}, 0), 0);
    status = host->receive(frame, soon);
  }
  EXPECT_EQ(status, ReceiveStatus::failed);
  EXPECT_NE(host->error().find("no frame announces"), std::string_view::npos);
}

TEST(StreamChannel, RefusesAnUnreasonableFrameCap) {
  for (std::size_t cap : {std::size_t{0}, std::size_t{1} << 30}) {
    ChannelOptions options;
    options.frame_cap = cap;
    EXPECT_FALSE(make_unix_channel(std::move(test::unix_pair().guest), options).ok());
  }
}

}  // namespace
}  // namespace vgpu::transport
