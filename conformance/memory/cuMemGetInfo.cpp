#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemGetInfo {

CONFORMANCE_SUITE(cuMemGetInfo, Context);
CONFORMANCE_SUITE(cuMemGetInfo_fresh, Uninitialised);

constexpr std::size_t bytes = std::size_t{96} << 20;

/// Other processes use the device too and may disturb a comparison: one of many has to hold.
template <class Attempt>
bool one_attempt_shows(Attempt&& attempt) {
  for (int i = 0; i < 20; ++i) {
    if (attempt()) return true;
  }
  return false;
}

TEST_F(cuMemGetInfo, WritesBothNumbers) {
  const auto [first, second] = expect_writes<std::size_t, std::size_t>(
      [](std::size_t* free, std::size_t* total) { return driver().cuMemGetInfo_v2(free, total); });
  EXPECT_EQ(std::get<1>(first), std::get<1>(second));
}

TEST_F(cuMemGetInfo, FreeIsAPartOfTotal) {
  const MemoryInfo now = memory_info();
  EXPECT_GT(now.free, 0U);
  EXPECT_LE(now.free, now.total);
}

TEST_F(cuMemGetInfo, TotalIsWhatTheDeviceHas) {
  std::size_t all = 0;
  ASSERT_CUDA_OK(driver().cuDeviceTotalMem_v2(&all, device));
  EXPECT_EQ(memory_info().total, all);
}

TEST_F(cuMemGetInfo, AnAllocationTakesItsSizeAndGivesItBack) {
  EXPECT_TRUE(one_attempt_shows([] {
    const MemoryInfo before = memory_info();
    MemoryInfo during;
    {
      const DeviceMemory memory(bytes);
      during = memory_info();
    }
    return during.free + bytes <= before.free && memory_info().free >= during.free + bytes;
  }));
}

TEST_F(cuMemGetInfo, HostMemoryTakesNoneOfTheDevices) {
  EXPECT_TRUE(one_attempt_shows([] {
    const MemoryInfo before = memory_info();
    const PinnedMemory pinned(bytes);
    return memory_info().free + bytes / 2 > before.free;
  }));
}

TEST_F(cuMemGetInfo, AllContextsOfADeviceShareItsMemory) {
  const ExtraContext extra;
  EXPECT_TRUE(one_attempt_shows([&] {
    const MemoryInfo before = memory_info();
    const Current current(extra);
    const DeviceMemory memory(bytes);
    return on_other_thread(context, memory_info).free + bytes <= before.free;
  }));
}

// Undocumented.
TEST_F(cuMemGetInfo, BothOutputsAreOptional) {
  const MemoryInfo whole = memory_info();
  MemoryInfo now;
  EXPECT_CUDA_OK(driver().cuMemGetInfo_v2(nullptr, &now.total));
  EXPECT_EQ(now.total, whole.total);
  EXPECT_CUDA_OK(driver().cuMemGetInfo_v2(&now.free, nullptr));
  EXPECT_GT(now.free, 0U);
  EXPECT_CUDA_OK(driver().cuMemGetInfo_v2(nullptr, nullptr));
}

TEST_F(cuMemGetInfo, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves_or_clears<std::size_t, std::size_t>(
      CUDA_ERROR_INVALID_CONTEXT,
      [](std::size_t* free, std::size_t* total) { return driver().cuMemGetInfo_v2(free, total); });
}

TEST_F(cuMemGetInfo, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    MemoryInfo now;
    return driver().cuMemGetInfo_v2(&now.free, &now.total);
  });
}

// The form of CUDA 2 takes no context of a newer interface.
TEST_F(cuMemGetInfo, OldFormRefusesNewerContexts) {
  expect_leaves_or_clears<unsigned, unsigned>(
      CUDA_ERROR_INVALID_CONTEXT,
      [](unsigned* free, unsigned* total) { return driver().cuMemGetInfo(free, total); });
}

TEST_F(cuMemGetInfo_fresh, BeforeInit) {
  expect_leaves_or_clears<std::size_t, std::size_t>(
      CUDA_ERROR_NOT_INITIALIZED,
      [](std::size_t* free, std::size_t* total) { return driver().cuMemGetInfo_v2(free, total); });
  expect_leaves_or_clears<unsigned, unsigned>(
      CUDA_ERROR_NOT_INITIALIZED,
      [](unsigned* free, unsigned* total) { return driver().cuMemGetInfo(free, total); });
}

}  // namespace vgpu::conformance::test_cuMemGetInfo
