#include "vgpu/host/ticket_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

namespace {

using vgpu::host::TicketGate;
using namespace std::chrono_literals;

/// Grace times that no test reaches by being descheduled.
constexpr TicketGate::Options patient{.holder_grace = 60s, .missing_grace = 60s};

struct NoGate {
  TicketGate::Entry enter(std::uint64_t) { return TicketGate::Entry::in_turn; }
  void leave(std::uint64_t) {}
};

/// Threads take tickets and start calls through `gate`, and are often interrupted between the two.
/// Returns how many calls started after one with a larger ticket.
template <class Gate>
int count_swaps(Gate& gate) {
  constexpr int threads = 4;
  constexpr int calls_per_thread = 5000;
  std::atomic<std::uint64_t> tickets{0};
  std::atomic<std::size_t> position{0};
  std::vector<std::uint64_t> order(threads * calls_per_thread);
  std::latch begin(threads);
  auto guest_thread = [&](unsigned seed) {
    begin.arrive_and_wait();
    for (int call = 0; call < calls_per_thread; ++call) {
      const std::uint64_t ticket = tickets.fetch_add(1) + 1;
      seed = seed * 1664525 + 1013904223;
      if ((seed >> 24) % 8 == 0) std::this_thread::yield();
      ASSERT_EQ(gate.enter(ticket), TicketGate::Entry::in_turn);
      order[position.fetch_add(1, std::memory_order_relaxed)] = ticket;
      gate.leave(ticket);
    }
  };
  std::vector<std::jthread> running;
  for (unsigned i = 0; i < threads; ++i) running.emplace_back(guest_thread, i + 1);
  running.clear();
  int swaps = 0;
  for (std::size_t i = 1; i < order.size(); ++i) swaps += order[i] < order[i - 1];
  return swaps;
}

TEST(TicketGate, CallsOfManyThreadsStartInTicketOrder) {
  TicketGate gate(patient);
  EXPECT_EQ(count_swaps(gate), 0);
  EXPECT_EQ(gate.turn(), 20001U);
}

TEST(TicketGate, SleepingThreadsAreWokenInOrder) {
  TicketGate gate({.holder_grace = 60s, .missing_grace = 60s, .spins = 0});
  EXPECT_EQ(count_swaps(gate), 0);
}

TEST(TicketGate, WithoutTheGateTheSameCallsAreSwapped) {
  NoGate gate;
  EXPECT_GT(count_swaps(gate), 0);
}

TEST(TicketGate, NextCallWaitsUntilTheDriverCallReturned) {
  TicketGate gate(patient);
  ASSERT_EQ(gate.enter(1), TicketGate::Entry::in_turn);
  std::atomic<bool> returned{false};
  std::jthread second([&] {
    EXPECT_EQ(gate.enter(2), TicketGate::Entry::in_turn);
    EXPECT_TRUE(returned.load());
    gate.leave(2);
  });
  while (gate.sleepers() == 0) std::this_thread::yield();
  EXPECT_EQ(gate.turn(), 1U);
  returned = true;
  gate.leave(1);
}

TEST(TicketGate, BlockingCallHoldsUpNobody) {
  TicketGate gate(patient);
  ASSERT_EQ(gate.enter_and_leave(1), TicketGate::Entry::in_turn);
  EXPECT_EQ(gate.turn(), 2U);
  EXPECT_EQ(gate.enter(2), TicketGate::Entry::in_turn);
  gate.leave(2);
  EXPECT_EQ(gate.turn(), 3U);
}

TEST(TicketGate, BlockingCallKeepsItsPlace) {
  TicketGate gate(patient);
  ASSERT_EQ(gate.enter(1), TicketGate::Entry::in_turn);
  std::atomic<bool> blocking_started{false};
  std::jthread third([&] {
    EXPECT_EQ(gate.enter(3), TicketGate::Entry::in_turn);
    EXPECT_TRUE(blocking_started.load());
    gate.leave(3);
  });
  while (gate.sleepers() != 1) std::this_thread::yield();
  gate.leave(1);
  blocking_started = true;
  EXPECT_EQ(gate.enter_and_leave(2), TicketGate::Entry::in_turn);
}

TEST(TicketGate, HolderLosesItsTurnAfterTheGraceTime) {
  TicketGate gate({.holder_grace = 5ms, .missing_grace = 60s});
  ASSERT_EQ(gate.enter(1), TicketGate::Entry::in_turn);
  const auto begin = TicketGate::Clock::now();
  EXPECT_EQ(gate.enter(2), TicketGate::Entry::in_turn);
  EXPECT_GE(TicketGate::Clock::now() - begin, 5ms);
  gate.leave(1);
  EXPECT_EQ(gate.turn(), 2U) << "a call that lost its turn must not give on somebody else's";
  gate.leave(2);
  EXPECT_EQ(gate.turn(), 3U);
}

TEST(TicketGate, StuckHolderDoesNotLetOthersSwap) {
  TicketGate gate({.holder_grace = 200ms, .missing_grace = 60s, .spins = 0});
  ASSERT_EQ(gate.enter(1), TicketGate::Entry::in_turn);
  std::atomic<int> started{1};
  std::vector<std::jthread> others;
  for (int ticket = 6; ticket >= 2; --ticket) {
    others.emplace_back([&gate, &started, ticket] {
      EXPECT_EQ(gate.enter(static_cast<std::uint64_t>(ticket)), TicketGate::Entry::in_turn);
      EXPECT_EQ(started.fetch_add(1) + 1, ticket);
      gate.leave(static_cast<std::uint64_t>(ticket));
    });
  }
  others.clear();
  EXPECT_EQ(gate.turn(), 7U);
}

TEST(TicketGate, MissingTicketsArePassedOverAndMayComeLate) {
  TicketGate gate({.holder_grace = 60s, .missing_grace = 5ms});
  EXPECT_EQ(gate.enter(1000), TicketGate::Entry::in_turn);
  gate.leave(1000);
  EXPECT_EQ(gate.enter(999), TicketGate::Entry::late);
  gate.leave(999);
  EXPECT_EQ(gate.turn(), 1001U);
}

TEST(TicketGate, TicketZeroIsOutsideTheOrder) {
  TicketGate gate(patient);
  ASSERT_EQ(gate.enter(1), TicketGate::Entry::in_turn);
  EXPECT_EQ(gate.enter(0), TicketGate::Entry::late);
  gate.leave(0);
  EXPECT_EQ(gate.turn(), 1U);
}

TEST(TicketGate, AbsurdTicketsNeitherWaitNorMoveTheTurn) {
  TicketGate gate(patient);
  EXPECT_EQ(gate.enter(~std::uint64_t{0}), TicketGate::Entry::late);
  gate.leave(~std::uint64_t{0});
  EXPECT_EQ(gate.turn(), 1U);
}

TEST(TicketGate, AbortWakesEverybody) {
  TicketGate gate(patient);
  ASSERT_EQ(gate.enter(1), TicketGate::Entry::in_turn);
  std::vector<std::jthread> waiting;
  for (std::uint64_t ticket = 2; ticket < 6; ++ticket) {
    waiting.emplace_back(
        [&gate, ticket] { EXPECT_EQ(gate.enter(ticket), TicketGate::Entry::aborted); });
  }
  while (gate.sleepers() != 4) std::this_thread::yield();
  gate.abort();
  waiting.clear();
  EXPECT_EQ(gate.enter(1), TicketGate::Entry::aborted);
}

}  // namespace
