#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemRelease {

CONFORMANCE_SUITE(cuMemRelease, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemRelease_fresh, Uninitialised);

TEST_F(cuMemRelease, GivesTheMemoryBack) {
  const MemoryTurn turn;
  const std::size_t bytes = noticeable_bytes(turn);
  Physical physical(bytes);
  const std::size_t before = turn.free_bytes();
  EXPECT_CUDA_OK(driver().cuMemRelease(physical.release()));
  EXPECT_GE(turn.free_bytes(), before + bytes / 2);
}

// "The generic memory handle can be freed when there are still outstanding mappings."
TEST_F(cuMemRelease, AMappingKeepsTheMemory) {
  const MemoryTurn turn;
  const std::size_t bytes = noticeable_bytes(turn);
  Physical physical(bytes);
  const Reservation reservation(physical.bytes());
  Mapped mapped(reservation, physical);
  const auto written = write_random(mapped, granularity());
  const std::size_t before = turn.free_bytes();
  EXPECT_CUDA_OK(driver().cuMemRelease(physical.release()));
  EXPECT_LT(turn.free_bytes(), before + bytes / 2);
  EXPECT_TRUE(read_words(mapped, granularity()) == written);
  mapped.unmap();
  EXPECT_GE(turn.free_bytes(), before + bytes / 2);
}

TEST_F(cuMemRelease, OtherAllocationsStay) {
  Physical first(granularity());
  const Physical second(granularity());
  EXPECT_CUDA_OK(driver().cuMemRelease(first.release()));
  const Reservation reservation(second.bytes());
  const Mapped mapped(reservation, second);
  const auto written = write_random(mapped, mapped.bytes());
  EXPECT_TRUE(read_words(mapped, mapped.bytes()) == written);
}

TEST_F(cuMemRelease, NeedsNoCurrentContext) {
  Physical physical(granularity());
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuMemRelease(physical.release()));
}

TEST_F(cuMemRelease, RefusesZero) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemRelease(0));
}

TEST_F(cuMemRelease, RefusesAReleasedHandle) {
  Physical physical(granularity());
  const CUmemGenericAllocationHandle handle = physical.release();
  EXPECT_CUDA_OK(driver().cuMemRelease(handle));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemRelease(handle));  // Undocumented.
}

TEST_F(cuMemRelease, IsAllowedDuringCapture) {
  const std::size_t bytes = granularity();
  CUmemGenericAllocationHandle handle = 0;
  expect_safe_in_capture([&] { return driver().cuMemRelease(handle); },
                         [&] { handle = Physical(bytes).release(); });
}

TEST_F(cuMemRelease_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemRelease(1));
}

}  // namespace vgpu::conformance::test_cuMemRelease
