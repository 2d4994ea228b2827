#include "vgpu/memory/address_window.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include "vgpu/support/unique_fd.hpp"

namespace {

using vgpu::memory::AddressWindow;
using vgpu::memory::window_granularity;
using vgpu::memory::WindowAllocator;
using vgpu::support::UniqueFd;

constexpr std::uint64_t mebibyte = 1 << 20;

UniqueFd memfd(std::uint64_t bytes) {
  UniqueFd fd(::memfd_create("address_window_test", MFD_CLOEXEC));
  EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
  return fd;
}

TEST(AddressWindow, ReservesAddressesWithoutMemory) {
  auto window = AddressWindow::reserve(std::uint64_t{1} << 36);
  ASSERT_TRUE(window) << window.message();
  EXPECT_EQ(window->size(), std::uint64_t{1} << 36);
  EXPECT_EQ(window->begin() % window_granularity, 0U);
}

TEST(AddressWindow, TakesTheNextCandidateWhenOneIsTaken) {
  auto first = AddressWindow::reserve(16 * mebibyte);
  ASSERT_TRUE(first) << first.message();
  auto again = AddressWindow::reserve_at(first->begin(), 16 * mebibyte);
  EXPECT_FALSE(again);
  auto second = AddressWindow::reserve(16 * mebibyte);
  ASSERT_TRUE(second) << second.message();
  EXPECT_NE(first->begin(), second->begin());
}

TEST(AddressWindow, RefusesWhatNoWindowCanBe) {
  EXPECT_FALSE(AddressWindow::reserve_at(0, mebibyte));
  const std::uint64_t good = vgpu::memory::window_candidates.front();
  EXPECT_FALSE(AddressWindow::reserve_at(good + 0x1000, mebibyte));
  EXPECT_FALSE(AddressWindow::reserve_at(good, 0));
  EXPECT_FALSE(AddressWindow::reserve_at(good, 1000));
  EXPECT_FALSE(AddressWindow::reserve_at(std::uint64_t{1} << 47, mebibyte));
  EXPECT_FALSE(AddressWindow::reserve_at(good, UINT64_MAX - window_granularity + 1));
}

TEST(AddressWindow, TwoProcessesSeeTheSameBytesAtTheSameAddress) {
  auto window = AddressWindow::reserve(16 * mebibyte);
  ASSERT_TRUE(window) << window.message();
  const UniqueFd fd = memfd(mebibyte);
  const std::uint64_t address = window->begin() + mebibyte;
  ASSERT_TRUE(window->map(fd.get(), 0, address, mebibyte));
  std::strcpy(reinterpret_cast<char*>(address), "from the guest");
  const pid_t child = ::fork();
  if (child == 0) {
    // Shared mappings survive fork, so the child reads and answers through the same pages.
    char* text = reinterpret_cast<char*>(address);
    const bool good = std::strcmp(text, "from the guest") == 0;
    std::strcpy(text, "from the worker");
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_STREQ(reinterpret_cast<char*>(address), "from the worker");
}

TEST(AddressWindow, UnmapLeavesTheAddressesReserved) {
  auto window = AddressWindow::reserve(16 * mebibyte);
  ASSERT_TRUE(window) << window.message();
  const UniqueFd fd = memfd(mebibyte);
  ASSERT_TRUE(window->map(fd.get(), 0, window->begin(), mebibyte));
  ASSERT_TRUE(window->unmap(window->begin(), mebibyte));
  EXPECT_FALSE(AddressWindow::reserve_at(window->begin(), mebibyte)) << "still taken";
  ASSERT_TRUE(window->map_private(window->begin(), mebibyte));
  EXPECT_EQ(*reinterpret_cast<char*>(window->begin()), 0);
}

TEST(AddressWindow, MapsOnlyInsideItself) {
  auto window = AddressWindow::reserve(16 * mebibyte);
  ASSERT_TRUE(window) << window.message();
  const UniqueFd fd = memfd(mebibyte);
  const std::uint64_t end = window->begin() + window->size();
  EXPECT_FALSE(window->map(fd.get(), 0, end, mebibyte));
  EXPECT_FALSE(window->map(fd.get(), 0, end - 4096, 8192));
  EXPECT_FALSE(window->map(fd.get(), 0, window->begin() - 4096, 4096));
  EXPECT_FALSE(window->map(fd.get(), 0, window->begin() + 1, 4096));
  EXPECT_FALSE(window->map(fd.get(), 0, window->begin(), 0));
  EXPECT_FALSE(window->unmap(end - 4096, 8192));
  EXPECT_FALSE(window->contains(end, 1));
  EXPECT_FALSE(window->contains(window->begin(), window->size() + 1));
  EXPECT_FALSE(window->contains(window->begin() + 1, UINT64_MAX));
  EXPECT_TRUE(window->contains(window->begin(), window->size()));
}

TEST(WindowAllocator, FirstFitLowestFirst) {
  WindowAllocator places(0x10000000, 16 * mebibyte);
  const std::uint64_t first = places.allocate(1);
  const std::uint64_t second = places.allocate(mebibyte);
  EXPECT_EQ(first, 0x10000000U);
  EXPECT_EQ(second, first + window_granularity);
  EXPECT_EQ(places.release(first), window_granularity);
  EXPECT_EQ(places.allocate(window_granularity), first);
  EXPECT_EQ(places.release(first + 1), 0U);
  EXPECT_EQ(places.allocate(0), 0U);
  EXPECT_EQ(places.allocate(UINT64_MAX), 0U);
  EXPECT_EQ(places.allocate(16 * mebibyte), 0U);
}

TEST(WindowAllocator, HonoursAlignment) {
  WindowAllocator places(0x10010000, 16 * mebibyte);
  const std::uint64_t address = places.allocate(mebibyte, 2 * mebibyte);
  EXPECT_EQ(address % (2 * mebibyte), 0U);
  EXPECT_EQ(places.allocate(1), 0x10010000U) << "the gap before it is still free";
  EXPECT_EQ(places.allocate(1, 3), 0U) << "no power of two";
}

TEST(WindowAllocator, EverythingComesBackAsOneGap) {
  constexpr std::uint64_t size = 64 * mebibyte;
  WindowAllocator places(0x10000000, size);
  std::vector<std::uint64_t> taken;
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) {
    if (taken.empty() || random() % 2 == 0) {
      const std::uint64_t address = places.allocate(random() % mebibyte + 1);
      if (address == 0) continue;
      ASSERT_EQ(std::set<std::uint64_t>(taken.begin(), taken.end()).count(address), 0U);
      taken.push_back(address);
    } else {
      const std::size_t victim = random() % taken.size();
      ASSERT_NE(places.release(taken[victim]), 0U);
      taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(victim));
    }
  }
  for (const std::uint64_t address : taken) places.release(address);
  EXPECT_EQ(places.allocate(size), 0x10000000U);
}

}  // namespace
