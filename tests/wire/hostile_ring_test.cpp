#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <random>
#include <thread>

#include "ring_memory.hpp"
#include "vgpu/wire/ring.hpp"

namespace vgpu::wire {
namespace {

using Poll = RingConsumer::Poll;
using test::RingMemory;

void put(RingView ring, std::size_t slot, FrameHeader header) {
  auto words = std::bit_cast<std::array<std::uint64_t, 3>>(header);
  for (std::size_t word : {1u, 2u, 0u}) ring.header_word(slot, word).store(words[word]);
}

FrameHeader frame(std::uint32_t sequence, std::uint32_t length, std::uint8_t flags = 0) {
  FrameHeader header;
  header.sequence = sequence;
  header.length = length;
  header.flags = flags;
  return header;
}

TEST(HostileRing, ALengthAboveTheCapIsMalformed) {
  for (std::uint32_t excess : {1u, 64u, 0x7fffffffu, 0xfffff000u}) {
    RingMemory memory(64);
    RingConsumer consumer(memory.view());
    auto cap = static_cast<std::uint32_t>(memory.view().frame_cap());
    put(memory.view(), 0, frame(1, cap + excess));
    EXPECT_EQ(consumer.poll(), Poll::malformed);
    EXPECT_STRNE(consumer.problem(), nullptr);
    EXPECT_TRUE(memory.view().fatal());
    put(memory.view(), 0, frame(1, 8));
    EXPECT_EQ(consumer.poll(), Poll::malformed) << "it stays so";
  }
}

TEST(HostileRing, AFrameOverTheEndIsMalformed) {
  RingMemory memory(64);
  RingConsumer consumer(memory.view());
  for (std::uint32_t i = 0; i < 63; ++i) {
    put(memory.view(), i, frame(i + 1, 8));
    ASSERT_EQ(consumer.poll(), Poll::frame);
  }
  put(memory.view(), 63, frame(64, inline_body_bytes + 1));
  EXPECT_EQ(consumer.poll(), Poll::malformed);
}

TEST(HostileRing, PaddingThatDoesNotEndWithTheRingIsMalformed) {
  for (std::uint32_t length : {0u, 8u, 62u * 64 - 24, 64u * 64, 0xffffffffu}) {
    RingMemory memory(64);
    RingConsumer consumer(memory.view());
    put(memory.view(), 0, frame(1, 8));
    ASSERT_EQ(consumer.poll(), Poll::frame);
    put(memory.view(), 1, frame(2, length, frame_flag::padding));
    EXPECT_EQ(consumer.poll(), Poll::malformed) << length;
  }
}

TEST(HostileRing, PaddingOfTheWholeRingIsMalformed) {
  RingMemory memory(64);
  RingConsumer consumer(memory.view());
  put(memory.view(), 0, frame(1, 64 * 64 - 24, frame_flag::padding));
  EXPECT_EQ(consumer.poll(), Poll::malformed);
}

TEST(HostileRing, AForeignSequenceIsNoFrame) {
  RingMemory memory(64);
  RingConsumer consumer(memory.view());
  for (std::uint32_t sequence : {0u, 2u, 0x80000001u, 0xffffffffu}) {
    put(memory.view(), 0, frame(sequence, 8));
    EXPECT_EQ(consumer.poll(), Poll::empty);
  }
}

TEST(HostileRing, AnImpossibleHeadBreaksTheProducerAndGivesNoRoom) {
  for (std::uint64_t lie : {std::uint64_t{64}, std::uint64_t{1} << 63, UINT64_MAX}) {
    RingMemory memory(16);
    RingProducer producer(memory.view());
    for (int i = 0; i < 15; ++i) {
      ASSERT_NE(producer.try_reserve(8), nullptr);
      ASSERT_TRUE(producer.publish(frame(0, 8)));
    }
    memory.view().control().head.store(lie);
    EXPECT_EQ(producer.try_reserve(8), nullptr);
    EXPECT_TRUE(producer.broken());
  }
}

/// A process that writes to the ring at random until the test ends.
class Scribbler {
 public:
  template <class Write>
  explicit Scribbler(Write write) {
    parent_ = ::getpid();
    child_ = ::fork();
    if (child_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::minstd_rand random(static_cast<unsigned>(::getpid()));
    while (::getppid() == parent_) {
      for (int i = 0; i < 10'000; ++i) write(random);
    }
    ::_exit(0);
  }
  ~Scribbler() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  bool started() const { return child_ > 0; }

 private:
  pid_t parent_ = 0;
  pid_t child_ = -1;
};

/// Lasts a second, and longer while a busy machine has not let both processes meet.
class Race {
 public:
  bool goes_on(bool met) {
    auto lasted = std::chrono::steady_clock::now() - begin_;
    if (++rounds_ % 64 == 0) std::this_thread::yield();
    return lasted < (met ? std::chrono::seconds(1) : std::chrono::seconds(30));
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  unsigned rounds_ = 0;
};

// The body's copy is sized by the cap and the ring ends at a guard page: an access out of bounds
// ends the test, with or without a sanitizer.
TEST(HostileRing, ARacingWriterNeverCausesAnAccessOutOfBounds) {
  RingMemory memory(32);
  RingView ring = memory.view();
  const std::array<std::uint32_t, 8> lengths{0,
                                             inline_body_bytes,
                                             inline_body_bytes + 1,
                                             static_cast<std::uint32_t>(ring.frame_cap()),
                                             static_cast<std::uint32_t>(ring.frame_cap()) + 1,
                                             1024,
                                             0x7fffffff,
                                             0xffffffff};
  Scribbler scribbler([&](std::minstd_rand& random) {
    std::size_t slot = random() % 2 == 0 ? 0 : random() % ring.slot_count();
    std::uint32_t sequence =
        static_cast<std::uint32_t>(random() % 4 == 0 ? random() % 40 : slot + 1);
    std::uint8_t flags = random() % 4 == 0 ? frame_flag::padding : 0;
    std::uint32_t length = lengths[random() % lengths.size()];
    if (random() % 4 == 0) length = static_cast<std::uint32_t>(random() % 2048);
    if (flags != 0) length = static_cast<std::uint32_t>((ring.slot_count() - slot) * 64 - 24);
    // Half of them whole frames, half single flipped words.
    if (random() % 2 == 0) {
      put(ring, slot, frame(sequence, length, flags));
    } else {
      ring.header_word(slot, 1).store(length, std::memory_order_relaxed);
    }
  });
  ASSERT_TRUE(scribbler.started());
  std::uint64_t frames = 0;
  std::uint64_t malformed = 0;
  Race race;
  while (race.goes_on(frames > 100 && malformed > 100)) {
    RingConsumer consumer(ring);
    for (int polls = 0; polls < 2000; ++polls) {
      Poll poll = consumer.poll();
      if (poll == Poll::frame) {
        ++frames;
        ASSERT_LE(consumer.body().size(), ring.frame_cap());
        ASSERT_EQ(consumer.body().size(), consumer.header().length);
      } else if (poll == Poll::malformed) {
        ++malformed;
        break;
      }
    }
  }
  EXPECT_GT(frames, 100u);
  EXPECT_GT(malformed, 100u);
}

TEST(HostileRing, AWriterOfTheControlWordsDelaysNobodyPastTheTimeout) {
  RingMemory memory(32);
  RingView ring = memory.view();
  Scribbler scribbler([&](std::minstd_rand& random) {
    RingControl& control = ring.control();
    switch (random() % 4) {
      case 0:
        control.consumer_sleeping.store(static_cast<std::uint32_t>(random()));
        break;
      case 1:
        control.producer_sleeping.store(static_cast<std::uint32_t>(random() % 2));
        break;
      case 2:
        control.wanted_head.store(random() * random());
        break;
      default:
        control.head.store(random() % 2 == 0 ? random() % 64 : random() * random());
        break;
    }
  });
  ASSERT_TRUE(scribbler.started());
  auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 100; ++round) {
    RingProducer producer(ring);
    RingConsumer consumer(ring);
    for (int i = 0; i < 100 && !producer.broken(); ++i) {
      if (producer.try_reserve(8) != nullptr) {
        ASSERT_TRUE(producer.publish(frame(0, 8)));
      } else {
        producer.wait_for_room(8, std::chrono::microseconds(50));
      }
      if (consumer.poll() == Poll::empty) consumer.sleep(std::chrono::microseconds(50));
    }
  }
  // 20 000 sleeps of 50 us at most; a lost one would last until the test is killed.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

}  // namespace
}  // namespace vgpu::wire
