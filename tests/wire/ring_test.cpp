#include "vgpu/wire/ring.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "ring_memory.hpp"

namespace vgpu::wire {
namespace {

using Poll = RingConsumer::Poll;
using test::RingMemory;

FrameHeader header_of(std::size_t length, std::uint64_t ticket = 0) {
  FrameHeader header;
  header.operation = 7;
  header.length = static_cast<std::uint32_t>(length);
  header.ticket = ticket;
  return header;
}

bool send(RingProducer& producer, std::size_t length, std::uint64_t ticket) {
  std::byte* body = producer.try_reserve(length);
  if (body == nullptr) return false;
  std::memset(body, static_cast<int>(ticket & 0xff), length);
  return producer.publish(header_of(length, ticket));
}

void expect_frame(RingConsumer& consumer, std::size_t length, std::uint64_t ticket) {
  ASSERT_EQ(consumer.poll(), Poll::frame);
  ASSERT_EQ(consumer.header().ticket, ticket);
  ASSERT_EQ(consumer.body().size(), length);
  for (std::byte byte : consumer.body()) ASSERT_EQ(byte, static_cast<std::byte>(ticket & 0xff));
}

TEST(Ring, IsEmptyAtFirst) {
  RingMemory memory(64);
  RingConsumer consumer(memory.view());
  EXPECT_EQ(consumer.poll(), Poll::empty);
  EXPECT_FALSE(consumer.ready());
}

TEST(Ring, KeepsEveryFieldOfAHeader) {
  RingMemory memory(64);
  RingProducer producer(memory.view());
  RingConsumer consumer(memory.view());
  FrameHeader sent{0, 0x1234, frame_flag::reply | frame_flag::more, 9, 8, -5, 0x123456789abcdef0};
  ASSERT_NE(producer.try_reserve(8), nullptr);
  ASSERT_TRUE(producer.publish(sent));
  ASSERT_EQ(consumer.poll(), Poll::frame);
  sent.sequence = 1;
  EXPECT_EQ(consumer.header(), sent);
}

TEST(Ring, RejectsWhatWasNotReserved) {
  RingMemory memory(64);
  RingProducer producer(memory.view());
  EXPECT_FALSE(producer.publish(header_of(0)));
  ASSERT_NE(producer.try_reserve(16), nullptr);
  EXPECT_FALSE(producer.publish(header_of(17)));
  EXPECT_EQ(producer.try_reserve(producer.frame_cap() + 1), nullptr);
  EXPECT_FALSE(producer.publish(header_of(0)));
  ASSERT_NE(producer.try_reserve(producer.frame_cap()), nullptr);
  EXPECT_TRUE(producer.publish(header_of(producer.frame_cap())));
}

TEST(Ring, AFrameShorterThanItsReservationTakesOnlyItsOwnSlots) {
  RingMemory memory(64);
  RingProducer producer(memory.view());
  RingConsumer consumer(memory.view());
  for (std::uint64_t i = 0; i < 1000; ++i) {
    std::byte* body = producer.try_reserve(producer.frame_cap());
    ASSERT_NE(body, nullptr);
    std::memset(body, static_cast<int>(i & 0xff), producer.frame_cap());
    ASSERT_TRUE(producer.publish(header_of(3, i)));
    expect_frame(consumer, 3, i);
  }
}

TEST(Ring, EverySizeCrossesEveryPlaceInTheRing) {
  for (std::size_t slots : {16u, 17u, 61u, 64u}) {
    RingMemory memory(slots);
    RingProducer producer(memory.view());
    RingConsumer consumer(memory.view());
    std::uint64_t ticket = 0;
    for (std::size_t round = 0; round < slots + 3; ++round) {
      for (std::size_t length = 0; length <= producer.frame_cap(); length += 1 + length / 9) {
        ASSERT_TRUE(send(producer, length, ticket)) << slots << " slots, length " << length;
        expect_frame(consumer, length, ticket);
        ++ticket;
      }
    }
  }
}

// Bodies full of words that are the headers of frames to come, also in reservations that are given
// up or published shorter.
TEST(Ring, BytesOfAnEarlierLapNeverLookLikeAFrame) {
  RingMemory memory(16);
  RingProducer producer(memory.view());
  RingConsumer consumer(memory.view());
  std::mt19937 random(1);
  std::uint32_t sequence = 0;
  for (std::uint64_t round = 0; round < 50'000; ++round) {
    std::size_t length = 0;
    for (std::size_t given_up = random() % 4 / 2; given_up != SIZE_MAX; --given_up) {
      const std::size_t reserved = random() % (producer.frame_cap() + 1);
      std::byte* body = producer.try_reserve(reserved);
      if (body == nullptr) {
        ASSERT_EQ(consumer.poll(), Poll::empty);  // skips the padding that is in the way
        body = producer.try_reserve(reserved);
      }
      ASSERT_NE(body, nullptr);
      for (std::size_t at = inline_body_bytes; at + 8 <= reserved; at += slot_bytes) {
        std::uint64_t fake = sequence + 1 + random() % 16;
        std::memcpy(body + at, &fake, sizeof(fake));
      }
      length = random() % 2 == 0 ? reserved : random() % (reserved + 1);
    }
    ASSERT_TRUE(producer.publish(header_of(length, round)));
    ASSERT_EQ(consumer.poll(), Poll::frame);
    ASSERT_EQ(consumer.header().ticket, round);
    ASSERT_EQ(consumer.header().length, length);
    sequence = consumer.header().sequence;
    ASSERT_EQ(consumer.poll(), Poll::empty) << "after " << sequence;
  }
}

TEST(Ring, AFullRingHasNoRoomUntilTheConsumerMovesOn) {
  RingMemory memory(16);
  RingProducer producer(memory.view());
  RingConsumer consumer(memory.view());
  std::uint64_t sent = 0;
  while (send(producer, 8, sent)) ++sent;
  EXPECT_EQ(sent, 15u);  // the slot after the last frame stays free
  EXPECT_FALSE(send(producer, 8, sent));
  expect_frame(consumer, 8, 0);
  EXPECT_TRUE(send(producer, 8, sent));
  EXPECT_FALSE(send(producer, 8, sent + 1));
  for (std::uint64_t i = 1; i <= sent; ++i) expect_frame(consumer, 8, i);
  EXPECT_EQ(consumer.poll(), Poll::empty);
}

TEST(Ring, RandomTrafficArrivesInOrder) {
  RingMemory memory(37);
  RingProducer producer(memory.view());
  RingConsumer consumer(memory.view());
  std::mt19937 random(1);
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  auto length_of = [&](std::uint64_t i) { return i * 2654435761u % (producer.frame_cap() + 1); };
  while (received < 50'000) {
    for (unsigned burst = random() % 6; burst > 0 && send(producer, length_of(sent), sent);
         --burst) {
      ++sent;
    }
    for (unsigned burst = random() % 6; burst > 0 && received < sent; --burst) {
      ASSERT_NO_FATAL_FAILURE(expect_frame(consumer, length_of(received), received));
      ++received;
    }
  }
}

TEST(Ring, AConsumerAsleepIsWoken) {
  RingMemory memory(16);
  std::uint64_t received = 0;
  std::thread reader([&] {
    RingConsumer consumer(memory.view());
    while (received < 2000) {
      if (consumer.poll() == Poll::frame) {
        ++received;
      } else {
        consumer.sleep(std::chrono::seconds(20));
      }
    }
  });
  RingProducer producer(memory.view());
  RingControl& control = memory.view().control();
  for (std::uint64_t i = 0; i < 2000; ++i) {
    // Every other frame finds the consumer asleep, or about to be.
    while (i % 2 == 0 && control.consumer_sleeping.load() == 0) std::this_thread::yield();
    while (!send(producer, 8, i)) producer.wait_for_room(8, std::chrono::seconds(20));
  }
  auto begin = std::chrono::steady_clock::now();
  reader.join();
  EXPECT_EQ(received, 2000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Ring, NoWakeUpIsLostBetweenProcesses) {
  RingMemory there(16);
  RingMemory back(16);
  constexpr std::uint64_t frames = 120'000;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    RingConsumer consumer(there.view());
    RingProducer producer(back.view());
    for (std::uint64_t i = 0; i < frames; ++i) {
      while (consumer.poll() != Poll::frame) consumer.sleep(std::chrono::seconds(5));
      if (!send(producer, 8, i)) ::_exit(1);
    }
    ::_exit(0);
  }
  using Clock = std::chrono::steady_clock;
  RingProducer producer(there.view());
  RingConsumer consumer(back.view());
  bool lost = false;
  for (std::uint64_t i = 0; i < frames && !lost; ++i) {
    // The answer is there before the child goes to sleep: publishes while it does.
    for (std::uint64_t wait = i % 97; wait > 0; --wait) asm volatile("");
    ASSERT_TRUE(send(producer, 8, i));
    const auto begin = Clock::now();
    while (!lost && consumer.poll() != Poll::frame) {
      lost = Clock::now() - begin > std::chrono::seconds(4);
    }
  }
  if (lost) ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(lost) << "a sleeper was not woken";
  EXPECT_EQ(status, 0);
}

TEST(Ring, AProducerWithoutRoomSleepsAndIsWoken) {
  RingMemory memory(16);
  constexpr std::uint64_t frames = 20'000;
  std::thread writer([&] {
    RingProducer producer(memory.view());
    for (std::uint64_t i = 0; i < frames; ++i) {
      while (!send(producer, 8, i)) producer.wait_for_room(8, std::chrono::milliseconds(100));
    }
  });
  RingConsumer consumer(memory.view());
  RingControl& control = memory.view().control();
  for (std::uint64_t i = 0; i < frames; ++i) {
    while (i % 1000 == 0 && i + 1000 < frames && control.producer_sleeping.load() == 0) {
      std::this_thread::yield();
    }
    for (;;) {
      Poll poll = consumer.poll();
      if (poll == Poll::frame) break;
      ASSERT_EQ(poll, Poll::empty);
      consumer.wake_producer_if_waiting();
    }
    ASSERT_EQ(consumer.header().ticket, i);
  }
  writer.join();
}

TEST(Ring, SleepingCostsNoTime) {
  RingMemory memory(16);
  RingConsumer consumer(memory.view());
  rusage before{};
  rusage after{};
  ASSERT_EQ(::getrusage(RUSAGE_THREAD, &before), 0);
  auto begin = std::chrono::steady_clock::now();
  consumer.sleep(std::chrono::milliseconds(50));
  ASSERT_EQ(::getrusage(RUSAGE_THREAD, &after), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(40));
  EXPECT_GT(after.ru_nvcsw, before.ru_nvcsw);
}

TEST(Ring, AClosedOrFatalRingDoesNotPutAnybodyToSleep) {
  RingMemory closed(16);
  closed.view().set_closed();
  RingMemory fatal(16);
  fatal.view().set_fatal();
  auto begin = std::chrono::steady_clock::now();
  for (RingView view : {closed.view(), fatal.view()}) {
    RingConsumer(view).sleep(std::chrono::seconds(60));
    RingProducer producer(view);
    while (send(producer, 8, 0)) {
    }
    producer.wait_for_room(8, std::chrono::seconds(60));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace vgpu::wire
