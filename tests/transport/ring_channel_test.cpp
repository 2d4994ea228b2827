#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "channel_pairs.hpp"

/// What a peer can do to a channel through the memory that it shares.
namespace vgpu::transport {
namespace {

using namespace std::chrono_literals;
using test::Kind;

constexpr auto soon = 20s;

/// A shared-memory channel at the host's end, and the memory and socket of its peer.
struct Victim {
  explicit Victim(std::size_t ring_bytes = min_ring_memory_bytes) {
    test::Ends ends = test::make_ends(Kind::shm, ring_bytes);
    memory = test::need(map_ring_memory(ends.guest_memory.get()));
    RingMemoryLayout layout = test::need(RingMemoryLayout::of(memory.size()));
    requests = wire::RingView(memory.data(), layout.slots);
    replies = wire::RingView(memory.data() + layout.reply_offset, layout.slots);
    channel = ends.host();
    peer = std::move(ends.sockets.guest);
  }
  support::Mapping memory;
  wire::RingView requests;
  wire::RingView replies;
  support::UniqueFd peer;
  std::unique_ptr<Channel> channel;
};

void put(wire::RingView ring, std::size_t slot, FrameHeader header) {
  auto words = std::bit_cast<std::array<std::uint64_t, 3>>(header);
  for (std::size_t word : {1u, 2u, 0u}) ring.header_word(slot, word).store(words[word]);
}

TEST(RingChannel, AMalformedFrameFailsBothSides) {
  Victim victim;
  FrameHeader header;
  header.sequence = 1;
  header.length = 0x10000000;
  put(victim.requests, 0, header);
  ReceivedFrame frame;
  EXPECT_EQ(victim.channel->receive(frame, soon), ReceiveStatus::failed);
  EXPECT_NE(victim.channel->error().find("frame cap"), std::string_view::npos);
  EXPECT_EQ(victim.channel->reserve(8), nullptr);
  EXPECT_TRUE(victim.requests.fatal());
  EXPECT_TRUE(victim.replies.fatal());
}

TEST(RingChannel, AnAnnouncedDescriptorThatNeverCameFailsTheChannel) {
  Victim victim;
  FrameHeader header;
  header.sequence = 1;
  header.flags = wire::frame_flag::descriptor;
  put(victim.requests, 0, header);
  ReceivedFrame frame;
  EXPECT_EQ(victim.channel->receive(frame, soon), ReceiveStatus::failed);
  EXPECT_NE(victim.channel->error().find("descriptor"), std::string_view::npos);
}

TEST(RingChannel, AFatalFlagOfThePeerEndsAWaitingReceive) {
  Victim victim;
  victim.requests.set_fatal();
  ReceivedFrame frame;
  EXPECT_EQ(victim.channel->receive(frame, soon), ReceiveStatus::failed);
}

TEST(RingChannel, AnImpossibleHeadEndsAWaitingReserve) {
  Victim victim;
  victim.replies.control().head.store(std::uint64_t{1} << 40);
  std::uint64_t sent = 0;
  while (victim.channel->reserve(8) != nullptr && sent < 10'000) {
    FrameHeader header;
    header.length = 8;
    victim.channel->publish(header);
    ++sent;
  }
  EXPECT_LT(sent, victim.replies.slot_count());
  EXPECT_NE(victim.channel->error().find("impossible"), std::string_view::npos);
}

TEST(RingChannel, AScribblingPeerNeitherCrashesNorDelaysIt) {
  std::uint64_t frames = 0;
  std::uint64_t failures = 0;
  // Longer than a second only while a busy machine has not let both processes meet.
  auto begin = std::chrono::steady_clock::now();
  auto lasted = [&] { return std::chrono::steady_clock::now() - begin; };
  while (lasted() < (frames > 0 && failures > 0 ? 1s : 30s)) {
    Victim victim;
    pid_t parent = ::getpid();
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      std::minstd_rand random(static_cast<unsigned>(::getpid()));
      std::size_t words = victim.memory.size() / 8;
      while (::getppid() == parent) {
        for (std::uint32_t sequence = 1; sequence < 50; ++sequence) {
          FrameHeader header;
          header.sequence = sequence;
          header.length = static_cast<std::uint32_t>(random() % 64);
          put(victim.requests, (sequence - 1) % victim.requests.slot_count(), header);
        }
        for (unsigned i = random() % 64; i > 0; --i) {
          std::size_t at = random() % words;
          std::atomic_ref<std::uint64_t>(
              *reinterpret_cast<std::uint64_t*>(victim.memory.data() + at * 8))
              .store(random() % 3 == 0 ? random() : random() % 64, std::memory_order_relaxed);
        }
      }
      ::_exit(0);
    }
    for (int i = 0; i < 200; ++i) {
      ReceivedFrame frame;
      auto called = std::chrono::steady_clock::now();
      ReceiveStatus status = victim.channel->receive(frame, 1ms);
      EXPECT_LT(std::chrono::steady_clock::now() - called, 5s);
      if (status == ReceiveStatus::frame) {
        ++frames;
        EXPECT_LE(frame.body.size(), victim.channel->frame_cap());
      }
      if (status == ReceiveStatus::failed || status == ReceiveStatus::closed) {
        ++failures;
        break;
      }
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  EXPECT_GT(frames, 0u);
  EXPECT_GT(failures, 0u);
}

}  // namespace
}  // namespace vgpu::transport
