#include "vgpu/memory/interval_map.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace {

using vgpu::memory::IntervalMap;
using vgpu::memory::Range;
using vgpu::memory::RangeAttributes;
using vgpu::memory::RangeKind;

constexpr RangeAttributes device{.kind = RangeKind::device};
constexpr RangeAttributes mapped{.kind = RangeKind::mapped};
constexpr RangeAttributes reserved{.kind = RangeKind::reserved};

TEST(IntervalMap, OwnsExactlyWhatLiesInside) {
  IntervalMap map;
  ASSERT_TRUE(map.insert(0x1000, 0x100, device));
  EXPECT_TRUE(map.owns(0x1000, 0x100));
  EXPECT_TRUE(map.owns(0x1000, 0));
  EXPECT_TRUE(map.owns(0x10ff, 1));
  EXPECT_TRUE(map.owns(0x1040, 0xc0));
  EXPECT_FALSE(map.owns(0x1040, 0xc1));
  EXPECT_FALSE(map.owns(0xfff, 1));
  EXPECT_FALSE(map.owns(0xfff, 2));
  EXPECT_FALSE(map.owns(0x1100, 0)) << "one past the end";
  EXPECT_FALSE(map.owns(0x1040, UINT64_MAX)) << "length that wraps around";
  EXPECT_FALSE(map.owns(0, 0));
  EXPECT_FALSE(map.owns(UINT64_MAX, 1));
}

TEST(IntervalMap, RefusesOverlapAndWrapAround) {
  IntervalMap map;
  ASSERT_TRUE(map.insert(0x1000, 0x100, device));
  EXPECT_FALSE(map.insert(0x1000, 0x100, device));
  EXPECT_FALSE(map.insert(0x10ff, 1, device));
  EXPECT_FALSE(map.insert(0xf00, 0x101, device));
  EXPECT_FALSE(map.insert(0xf00, 0x1000, device));
  EXPECT_FALSE(map.insert(0x2000, 0, device));
  EXPECT_FALSE(map.insert(UINT64_MAX, 2, device));
  EXPECT_TRUE(map.insert(0xf00, 0x100, device));
  EXPECT_TRUE(map.insert(0x1100, 0x100, device));
  EXPECT_TRUE(map.insert(UINT64_MAX - 15, 16, device)) << "up to the very end";
  EXPECT_TRUE(map.owns(UINT64_MAX, 1));
  EXPECT_FALSE(map.owns(UINT64_MAX, 2));
}

TEST(IntervalMap, NeighbouringAllocationsAreNotOne) {
  IntervalMap map;
  ASSERT_TRUE(map.insert(0x1000, 0x100, device));
  ASSERT_TRUE(map.insert(0x1100, 0x100, device));
  EXPECT_FALSE(map.owns(0x1080, 0x100));
}

TEST(IntervalMap, NeighbouringMappingsAreOne) {
  IntervalMap map;
  ASSERT_TRUE(map.insert(0x10000, 0x10000, reserved));
  EXPECT_FALSE(map.owns(0x10000, 1)) << "a reservation has no memory";
  ASSERT_TRUE(map.insert(0x10000, 0x1000, mapped));
  ASSERT_TRUE(map.insert(0x11000, 0x1000, mapped));
  ASSERT_TRUE(map.insert(0x13000, 0x1000, mapped));
  EXPECT_TRUE(map.owns(0x10800, 0x1800));
  EXPECT_FALSE(map.owns(0x10800, 0x1801));
  EXPECT_EQ(map.find_reservation(0x12345).begin, 0x10000U);
  EXPECT_FALSE(map.find(0x12345));
}

TEST(IntervalMap, EraseTakesTheBeginOnly) {
  IntervalMap map;
  ASSERT_TRUE(map.insert(
      0x1000, 0x100,
      {.kind = RangeKind::pinned, .flags = 7, .device = 2, .context = 11, .owner = 12, .tag = 13}));
  EXPECT_EQ(map.bytes(RangeKind::pinned), 0x100U);
  EXPECT_FALSE(map.erase(0x1001));
  const Range range = map.erase(0x1000);
  ASSERT_TRUE(range);
  EXPECT_EQ(range.size, 0x100U);
  EXPECT_EQ(range.attributes.kind, RangeKind::pinned);
  EXPECT_EQ(range.attributes.flags, 7U);
  EXPECT_EQ(range.attributes.device, 2);
  EXPECT_EQ(range.attributes.context, 11U);
  EXPECT_EQ(range.attributes.owner, 12U);
  EXPECT_EQ(range.attributes.tag, 13U);
  EXPECT_FALSE(map.erase(0x1000));
  EXPECT_FALSE(map.owns(0x1000, 1));
  EXPECT_EQ(map.count(), 0U);
  EXPECT_EQ(map.bytes(RangeKind::pinned), 0U);
}

TEST(IntervalMap, EraseIfRemovesAModulesVariables) {
  IntervalMap map;
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        map.insert(0x1000 * (i + 1), 0x10, {.kind = RangeKind::module_variable, .owner = i % 2}));
  }
  const auto removed = map.erase_if([](const Range& range) { return range.attributes.owner == 1; });
  EXPECT_EQ(removed.size(), 50U);
  EXPECT_EQ(map.count(), 50U);
  EXPECT_TRUE(map.owns(0x1000, 1));
  EXPECT_FALSE(map.owns(0x2000, 1));
}

TEST(IntervalMap, AgreesWithAPlainMapOnRandomOperations) {
  IntervalMap map;
  std::map<std::uint64_t, std::uint64_t> model;
  std::mt19937_64 random(42);
  auto model_overlaps = [&](std::uint64_t begin, std::uint64_t size) {
    auto next = model.lower_bound(begin);
    if (next != model.end() && next->first < begin + size) return true;
    if (next == model.begin()) return false;
    --next;
    return next->first + next->second > begin;
  };
  for (int step = 0; step < 20000; ++step) {
    const std::uint64_t begin = random() % 5000;
    const std::uint64_t size = random() % 20 + 1;
    if (random() % 3 != 0) {
      const bool expected = !model_overlaps(begin, size);
      ASSERT_EQ(map.insert(begin, size, device), expected);
      if (expected) model[begin] = size;
    } else {
      ASSERT_EQ(static_cast<bool>(map.erase(begin)), model.erase(begin) == 1);
    }
    const std::uint64_t address = random() % 5000;
    const std::uint64_t length = random() % 20;
    auto at = model.upper_bound(address);
    bool owned = false;
    if (at != model.begin()) {
      --at;
      owned = address < at->first + at->second && address + length <= at->first + at->second;
    }
    ASSERT_EQ(map.owns(address, length), owned) << step;
  }
  std::uint64_t previous = 0;
  std::size_t seen = 0;
  map.for_each([&](const Range& range) {
    EXPECT_GE(range.begin, previous);
    previous = range.begin;
    ++seen;
  });
  EXPECT_EQ(seen, model.size());
}

TEST(IntervalMap, ReadersSeeWholeRangesWhileWritersWork) {
  IntervalMap map;
  constexpr std::uint64_t stride = 0x1000;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> torn{0};
  std::atomic<std::uint64_t> lost{0};
  ASSERT_TRUE(map.insert(500 * stride, 0x77, {.kind = RangeKind::pinned, .owner = 1}));
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      std::uint64_t index = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        index = (index + 7) % 1000;
        const Range range = map.find(index * stride);
        if (range && index != 500 &&
            (range.begin != index * stride || range.size != range.attributes.owner + 1 ||
             range.attributes.tag != range.attributes.owner)) {
          torn.fetch_add(1);
        }
        if (!map.owns(500 * stride + 0x70, 7)) lost.fetch_add(1);
      }
    });
  }
  std::mt19937_64 random(7);
  for (int step = 0; step < 30000; ++step) {
    const std::uint64_t index = random() % 1000;
    if (index == 500) continue;
    const std::uint64_t size = random() % 0x800 + 1;
    if (!map.insert(index * stride, size,
                    {.kind = RangeKind::device, .owner = size - 1, .tag = size - 1})) {
      ASSERT_TRUE(map.erase(index * stride));
    }
  }
  stop = true;
  readers.clear();
  EXPECT_EQ(torn.load(), 0U);
  EXPECT_EQ(lost.load(), 0U);
}

}  // namespace
