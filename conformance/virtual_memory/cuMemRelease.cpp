#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemRelease {

CONFORMANCE_SUITE(cuMemRelease, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemRelease_fresh, Uninitialised);

std::size_t free_bytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  check(driver().cuMemGetInfo_v2(&free, &total), "cuMemGetInfo_v2");
  return free;
}

std::size_t large() {
  return (std::size_t{256} << 20) / granularity() * granularity();
}

TEST_F(cuMemRelease, GivesTheMemoryBack) {
  Physical physical(large());
  const std::size_t before = free_bytes();
  EXPECT_CUDA_OK(driver().cuMemRelease(physical.release()));
  EXPECT_GE(free_bytes(), before + large() / 2);
}

// "The generic memory handle can be freed when there are still outstanding mappings."
TEST_F(cuMemRelease, AMappingKeepsTheMemory) {
  Physical physical(large());
  const Reservation reservation(physical.bytes());
  Mapped mapped(reservation, physical);
  const auto written = write_random(mapped, mapped.bytes());
  const std::size_t before = free_bytes();
  EXPECT_CUDA_OK(driver().cuMemRelease(physical.release()));
  EXPECT_LT(free_bytes(), before + large() / 2);
  EXPECT_TRUE(read_words(mapped, mapped.bytes()) == written);
  mapped.unmap();
  EXPECT_GE(free_bytes(), before + large() / 2);
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
