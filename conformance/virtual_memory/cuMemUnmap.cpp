#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemUnmap {

CONFORMANCE_SUITE(cuMemUnmap, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemUnmap_fresh, Uninitialised);

TEST_F(cuMemUnmap, TakesTheMemoryAway) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  Mapped mapped(reservation, physical);
  const auto written = write_random(mapped, mapped.bytes());
  EXPECT_CUDA_OK(driver().cuMemUnmap(mapped.release(), mapped.bytes()));
  unsigned value = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyDtoH_v2(&value, reservation, sizeof value));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyHtoD_v2(reservation, &value, sizeof value));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemsetD8_v2(reservation, 0, 1));
  const Mapped again(reservation, physical);
  EXPECT_TRUE(read_words(again, again.bytes()) == written);
}

TEST_F(cuMemUnmap, ANewMappingHasNoAccess) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  {
    const Mapped mapped(reservation, physical);
    EXPECT_EQ(get_access(mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_READWRITE});
  }
  const Mapped mapped(reservation, physical, false);
  EXPECT_EQ(get_access(mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_NONE});
}

TEST_F(cuMemUnmap, TakesSeveralMappingsSideBySide) {
  const std::size_t unit = granularity();
  const Physical first(unit);
  const Physical second(unit * 2);
  const Reservation reservation(unit * 3);
  Mapped left(reservation, first);
  Mapped right(reservation + unit, second);
  EXPECT_CUDA_OK(driver().cuMemUnmap(reservation, unit * 3));
  (void)left.release();
  (void)right.release();
  const Physical whole(unit * 3);
  const Mapped mapped(reservation, whole);
}

TEST_F(cuMemUnmap, LeavesTheNeighbours) {
  const std::size_t unit = granularity();
  const Physical physical(unit);
  const Physical other(unit);
  const Reservation reservation(unit * 3);
  const Mapped left(reservation, physical);
  Mapped middle(reservation + unit, physical);
  const Mapped right(reservation + unit * 2, other);
  const auto in_left = write_random(left, unit);
  const auto in_right = write_random(right, unit);
  EXPECT_CUDA_OK(driver().cuMemUnmap(middle.release(), unit));
  EXPECT_TRUE(read_words(left, unit) == in_left);
  EXPECT_TRUE(read_words(right, unit) == in_right);
}

// "cuMemUnmap cannot unmap a sub-range."
TEST_F(cuMemUnmap, RefusesAPartOfAMapping) {
  const std::size_t unit = granularity();
  const Physical physical(unit * 3);
  const Reservation reservation(unit * 3);
  const Mapped mapped(reservation, physical);
  const auto written = write_random(mapped, unit * 3);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemUnmap(mapped, unit));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemUnmap(mapped + unit, unit * 2));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemUnmap(mapped + unit, unit));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemUnmap(mapped, 0));
  EXPECT_TRUE(read_words(mapped, unit * 3) == written);
}

// What is reserved and not mapped is nothing to unmap.
TEST_F(cuMemUnmap, TakesARangeThatIsPartlyMapped) {
  const std::size_t unit = granularity();
  const Physical physical(unit);
  const Reservation reservation(unit * 2);
  Mapped mapped(reservation, physical);
  EXPECT_CUDA_OK(driver().cuMemUnmap(mapped.release(), unit * 2));
  const Mapped again(reservation, physical);
}

TEST_F(cuMemUnmap, RefusesWhatIsNotReserved) {
  const DeviceMemory memory(granularity());
  for (const CUdeviceptr address : {CUdeviceptr{0}, memory.address()}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemUnmap(address, memory.bytes()));
  }
}

TEST_F(cuMemUnmap, ASecondTimeIsNothing) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  Mapped mapped(reservation, physical);
  mapped.unmap();
  EXPECT_CUDA_OK(driver().cuMemUnmap(reservation, physical.bytes()));
}

TEST_F(cuMemUnmap, NeedsNoCurrentContext) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  Mapped mapped(reservation, physical);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuMemUnmap(mapped.release(), physical.bytes()));
}

TEST_F(cuMemUnmap, IsAllowedDuringCapture) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  expect_safe_in_capture([&] { return driver().cuMemUnmap(reservation, physical.bytes()); },
                         [&] { (void)Mapped(reservation, physical).release(); });
}

TEST_F(cuMemUnmap_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemUnmap(garbage_address, std::size_t{2} << 20));
}

}  // namespace vgpu::conformance::test_cuMemUnmap
