#include "vgpu/transport/channel.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "channel_pairs.hpp"

namespace vgpu::transport {
namespace {

using test::Kind;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto soon = 20s;

FrameHeader header_of(std::size_t length, std::uint64_t ticket) {
  FrameHeader header;
  header.operation = 40;
  header.length = static_cast<std::uint32_t>(length);
  header.ticket = ticket;
  return header;
}

std::byte pattern(std::uint64_t ticket, std::size_t at) {
  return static_cast<std::byte>((ticket * 131 + at * 7) & 0xff);
}

bool send(Channel& channel, std::size_t length, std::uint64_t ticket) {
  std::byte* body = channel.reserve(length);
  if (body == nullptr) return false;
  for (std::size_t i = 0; i < length; ++i) body[i] = pattern(ticket, i);
  return channel.publish(header_of(length, ticket));
}

void expect_frame(Channel& channel, std::size_t length, std::uint64_t ticket) {
  ReceivedFrame frame;
  ASSERT_EQ(channel.receive(frame, soon), ReceiveStatus::frame) << channel.error();
  ASSERT_EQ(frame.header.ticket, ticket);
  ASSERT_EQ(frame.header.operation, 40);
  ASSERT_EQ(frame.body.size(), length);
  ASSERT_EQ(reinterpret_cast<std::uintptr_t>(frame.body.data()) % 8, 0u);
  for (std::size_t i = 0; i < length; ++i) ASSERT_EQ(frame.body[i], pattern(ticket, i));
}

class Channels : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(All, Channels, testing::ValuesIn(test::all_kinds),
                         [](const auto& info) { return test::name_of(info.param); });

TEST_P(Channels, CarryFramesOfEverySizeBothWays) {
  auto [guest, host] = test::make_pair(GetParam());
  std::uint64_t ticket = 0;
  std::vector<std::size_t> lengths;
  for (std::size_t length = 0; length < 200; ++length) lengths.push_back(length);
  for (std::size_t length = 200; length < guest->frame_cap(); length += length / 3 + 1) {
    lengths.push_back(length);
  }
  lengths.push_back(guest->frame_cap());
  // A socket does not hold a large frame that nobody reads.
  std::thread echo([&channel = *host] {
    ReceivedFrame frame;
    while (channel.receive(frame, soon) == ReceiveStatus::frame) {
      std::byte* body = channel.reserve(frame.body.size());
      if (body == nullptr) return;
      if (!frame.body.empty()) std::memcpy(body, frame.body.data(), frame.body.size());
      channel.publish(frame.header);
    }
  });
  for (std::size_t length : lengths) {
    EXPECT_TRUE(send(*guest, length, ++ticket));
    ASSERT_NO_FATAL_FAILURE(expect_frame(*guest, length, ticket)) << length;
  }
  guest->close();
  echo.join();
}

TEST_P(Channels, KeepOrderWhenTheSenderRunsAhead) {
  auto [guest, host] = test::make_pair(GetParam());
  constexpr std::uint64_t frames = 30'000;
  std::thread sender([&channel = *guest] {
    for (std::uint64_t i = 0; i < frames; ++i) {
      if (!send(channel, i % 300, i)) return;
    }
  });
  for (std::uint64_t i = 0; i < frames; ++i) {
    ASSERT_NO_FATAL_FAILURE(expect_frame(*host, i % 300, i));
  }
  sender.join();
}

TEST_P(Channels, GatherPartsIntoOneFrame) {
  auto [guest, host] = test::make_pair(GetParam());
  std::vector<std::byte> large(5000, std::byte{3});
  std::array<std::byte, 3> small{std::byte{1}, std::byte{1}, std::byte{2}};
  std::array<std::span<const std::byte>, 4> parts{small, {}, large, small};
  ASSERT_TRUE(guest->send(header_of(0, 9), parts));
  ReceivedFrame frame;
  ASSERT_EQ(host->receive(frame, soon), ReceiveStatus::frame);
  ASSERT_EQ(frame.body.size(), 5006u);
  EXPECT_EQ(frame.body[2], std::byte{2});
  EXPECT_EQ(frame.body[3], std::byte{3});
  EXPECT_EQ(frame.body[5003], std::byte{1});
}

TEST_P(Channels, RefuseWhatExceedsTheCapAndGoOn) {
  auto [guest, host] = test::make_pair(GetParam());
  EXPECT_EQ(guest->reserve(guest->frame_cap() + 1), nullptr);
  EXPECT_FALSE(guest->publish(header_of(0, 1)));
  std::vector<std::byte> large(guest->frame_cap() + 1);
  std::array<std::span<const std::byte>, 1> parts{large};
  EXPECT_FALSE(guest->send(header_of(0, 1), parts));
  EXPECT_TRUE(send(*guest, 10, 2));
  expect_frame(*host, 10, 2);
}

TEST_P(Channels, TimeOutWhenNothingArrives) {
  auto [guest, host] = test::make_pair(GetParam());
  ReceivedFrame frame;
  auto begin = Clock::now();
  EXPECT_EQ(host->receive(frame, 0ns), ReceiveStatus::timeout);
  EXPECT_EQ(host->receive(frame, 30ms), ReceiveStatus::timeout);
  EXPECT_EQ(host->receive(frame, 150ms), ReceiveStatus::timeout);
  EXPECT_GE(Clock::now() - begin, 180ms);
  EXPECT_TRUE(host->error().empty());
  EXPECT_TRUE(send(*guest, 1, 1));
  expect_frame(*host, 1, 1);
}

TEST_P(Channels, WakeASleepingReceiver) {
  ChannelOptions options;
  options.spin = 0ns;
  auto [guest, host] = test::make_pair(GetParam(), options);
  std::thread echo([&channel = *host] {
    ReceivedFrame frame;
    while (channel.receive(frame, forever) == ReceiveStatus::frame)
      send(channel, 5, frame.header.ticket);
  });
  auto begin = Clock::now();
  for (std::uint64_t i = 0; i < 300; ++i) {
    EXPECT_TRUE(send(*guest, 5, i));
    ASSERT_NO_FATAL_FAILURE(expect_frame(*guest, 5, i));
  }
  // Without wake-ups each frame would cost a liveness interval.
  EXPECT_LT(Clock::now() - begin, 300 * liveness_interval / 4);
  guest->close();
  echo.join();
}

TEST_P(Channels, DeliverWhatWasSentBeforeTheClose) {
  auto [guest, host] = test::make_pair(GetParam());
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(send(*guest, 50, i));
  guest->close();
  EXPECT_FALSE(send(*guest, 1, 1));
  ReceivedFrame frame;
  EXPECT_EQ(guest->receive(frame, soon), ReceiveStatus::closed);
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_NO_FATAL_FAILURE(expect_frame(*host, 50, i));
  EXPECT_EQ(host->receive(frame, soon), ReceiveStatus::closed);
  EXPECT_EQ(host->receive(frame, soon), ReceiveStatus::closed);
  EXPECT_FALSE(host->error().empty());
}

TEST_P(Channels, CloseWakesTheReceiversOfBothSides) {
  auto [guest, host] = test::make_pair(GetParam());
  std::array<ReceiveStatus, 2> statuses{};
  std::array<Channel*, 2> channels{guest.get(), host.get()};
  std::vector<std::thread> receivers;
  for (std::size_t i = 0; i < 2; ++i) {
    receivers.emplace_back([&, i] {
      ReceivedFrame frame;
      statuses[i] = channels[i]->receive(frame, forever);
    });
  }
  guest->close();
  for (std::thread& receiver : receivers) receiver.join();
  EXPECT_EQ(statuses[0], ReceiveStatus::closed);
  EXPECT_EQ(statuses[1], ReceiveStatus::closed);
}

TEST_P(Channels, CloseWakesASenderThatWaitsForRoom) {
  auto [guest, host] = test::make_pair(GetParam());
  std::thread closer;
  std::uint64_t sent = 0;
  auto begin = Clock::now();
  while (send(*guest, 10'000, sent)) {
    // Long before this the ring or the socket's buffers are full, and the sender waits.
    if (++sent == 4) closer = std::thread([&channel = *host] { channel.close(); });
  }
  closer.join();
  EXPECT_GE(sent, 4u);
  EXPECT_LT(Clock::now() - begin, 10s);
}

TEST_P(Channels, AnAbandonedCopyLeavesTheConnectionToTheParent) {
  if (GetParam() == Kind::in_process) GTEST_SKIP() << "has no second process";
  auto [guest, host] = test::make_pair(GetParam());
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    guest->abandon();
    host->abandon();
    ReceivedFrame frame;
    bool closed = guest->receive(frame, 1s) == ReceiveStatus::closed && !send(*guest, 1, 1);
    guest.reset();
    host.reset();
    ::_exit(closed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ASSERT_TRUE(send(*guest, 1, 1));
  expect_frame(*host, 1, 1);
}

class CarryingDescriptors : public Channels {};
INSTANTIATE_TEST_SUITE_P(All, CarryingDescriptors,
                         testing::Values(Kind::in_process, Kind::shm, Kind::unix_socket),
                         [](const auto& info) { return test::name_of(info.param); });

support::UniqueFd pipe_end(support::UniqueFd& other) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  other.reset(ends[1]);
  return support::UniqueFd(ends[0]);
}

TEST_P(CarryingDescriptors, TheyArriveWithTheirFrame) {
  auto [guest, host] = test::make_pair(GetParam());
  for (std::uint64_t i = 0; i < 40; ++i) {
    support::UniqueFd writer;
    support::UniqueFd reader = pipe_end(writer);
    ASSERT_TRUE(send(*guest, 20, 3 * i));
    ASSERT_TRUE(guest->attach_descriptor(writer.get()));
    EXPECT_FALSE(guest->attach_descriptor(writer.get())) << "one per frame";
    writer.reset();
    ASSERT_TRUE(send(*guest, i % 2 == 0 ? 20 : 50'000, 3 * i + 1));
    ASSERT_TRUE(send(*guest, 20, 3 * i + 2));

    ASSERT_NO_FATAL_FAILURE(expect_frame(*host, 20, 3 * i));
    EXPECT_FALSE(host->take_descriptor());
    ASSERT_NO_FATAL_FAILURE(expect_frame(*host, i % 2 == 0 ? 20 : 50'000, 3 * i + 1));
    support::UniqueFd received = host->take_descriptor();
    ASSERT_TRUE(received);
    EXPECT_EQ(::fcntl(received.get(), F_GETFD), FD_CLOEXEC);
    ASSERT_EQ(::write(received.get(), &i, sizeof(i)), static_cast<ssize_t>(sizeof(i)));
    std::uint64_t through = ~i;
    ASSERT_EQ(::read(reader.get(), &through, sizeof(through)), static_cast<ssize_t>(sizeof(i)));
    EXPECT_EQ(through, i);
    EXPECT_FALSE(host->take_descriptor());
    ASSERT_NO_FATAL_FAILURE(expect_frame(*host, 20, 3 * i + 2));
    EXPECT_FALSE(host->take_descriptor());
  }
}

TEST_P(CarryingDescriptors, OneThatIsNotTakenIsClosed) {
  auto [guest, host] = test::make_pair(GetParam());
  support::UniqueFd writer;
  support::UniqueFd reader = pipe_end(writer);
  ASSERT_TRUE(guest->attach_descriptor(writer.get()));
  writer.reset();
  ASSERT_TRUE(send(*guest, 1, 1));
  ASSERT_TRUE(send(*guest, 1, 2));
  expect_frame(*host, 1, 1);
  expect_frame(*host, 1, 2);
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0) << "every writing end is closed";
}

TEST(TcpChannel, RefusesDescriptorsAndGoesOn) {
  auto [guest, host] = test::make_pair(Kind::tcp);
  EXPECT_FALSE(guest->attach_descriptor(0));
  ASSERT_TRUE(send(*guest, 1, 1));
  expect_frame(*host, 1, 1);
}

class PeerDeath : public testing::TestWithParam<Kind> {
 protected:
  /// Forks a peer at the host's end that runs `life(channel)` and then waits to be killed.
  template <class Life>
  void start(Life life) {
    test::Ends ends = test::make_ends(GetParam());
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      ends.sockets.guest.reset();
      std::unique_ptr<Channel> channel = ends.host();
      life(*channel);
      char byte = 1;
      ssize_t told = ::write(ready[1], &byte, 1);
      for (;;) ::pause();
      ::_exit(told == 1 ? 0 : 1);
    }
    ends.sockets.host.reset();
    channel_ = ends.guest();
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  void kill_peer() {
    ::kill(child_, SIGKILL);
    ::waitpid(std::exchange(child_, -1), nullptr, 0);
  }
  void TearDown() override {
    if (child_ > 0) kill_peer();
  }

  pid_t child_ = -1;
  std::unique_ptr<Channel> channel_;
};
INSTANTIATE_TEST_SUITE_P(All, PeerDeath, testing::Values(Kind::shm, Kind::unix_socket, Kind::tcp),
                         [](const auto& info) { return test::name_of(info.param); });

TEST_P(PeerDeath, IsNoticedByASleepingReceiverWithinASecond) {
  ASSERT_NO_FATAL_FAILURE(start([](Channel&) {}));
  ReceiveStatus status = ReceiveStatus::timeout;
  Clock::time_point noticed;
  std::thread receiver([&] {
    ReceivedFrame frame;
    status = channel_->receive(frame, forever);
    noticed = Clock::now();
  });
  Clock::time_point killed = Clock::now();
  kill_peer();
  receiver.join();
  EXPECT_EQ(status, ReceiveStatus::closed);
  EXPECT_LT(noticed - killed, 1s);
  EXPECT_FALSE(channel_->error().empty());
}

TEST_P(PeerDeath, IsNoticedByASenderWithoutRoomWithinASecond) {
  ASSERT_NO_FATAL_FAILURE(start([](Channel&) {}));
  Clock::time_point finished;
  std::thread sender([&] {
    while (send(*channel_, 10'000, 0)) {
    }
    finished = Clock::now();
  });
  Clock::time_point killed = Clock::now();
  kill_peer();
  sender.join();
  EXPECT_LT(finished - killed, 1s);
}

TEST_P(PeerDeath, ComesAfterTheFramesThatItSent) {
  ASSERT_NO_FATAL_FAILURE(start([](Channel& channel) {
    for (std::uint64_t i = 0; i < 50; ++i) send(channel, 100, i);
  }));
  kill_peer();
  for (std::uint64_t i = 0; i < 50; ++i) ASSERT_NO_FATAL_FAILURE(expect_frame(*channel_, 100, i));
  ReceivedFrame frame;
  EXPECT_EQ(channel_->receive(frame, soon), ReceiveStatus::closed);
}

}  // namespace
}  // namespace vgpu::transport
