#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemAddressFree {

CONFORMANCE_SUITE(cuMemAddressFree, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemAddressFree_fresh, Uninitialised);

TEST_F(cuMemAddressFree, MakesTheRangeUnmappable) {
  const Physical physical(granularity());
  Reservation reservation(physical.bytes());
  const CUdeviceptr address = reservation.release();
  EXPECT_CUDA_OK(driver().cuMemAddressFree(address, physical.bytes()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemMap(address, physical.bytes(), 0, physical, 0));
}

TEST_F(cuMemAddressFree, TheSameRangeCanBeReservedAgain) {
  const std::size_t bytes = granularity() * 4;
  for (int round = 0; round < 50; ++round) {
    CUdeviceptr address = 0;
    ASSERT_CUDA_OK(driver().cuMemAddressReserve(&address, bytes, 0, 0, 0));
    ASSERT_CUDA_OK(driver().cuMemAddressFree(address, bytes));
  }
}

TEST_F(cuMemAddressFree, RefusesAnythingButTheWholeReservation) {
  const std::size_t unit = granularity();
  const Reservation reservation(unit * 4);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(reservation, unit));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(reservation, unit * 5));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(reservation, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(reservation + unit, unit * 3));
  const Physical physical(unit);
  const Mapped still_there(reservation + unit * 3, physical);
}

TEST_F(cuMemAddressFree, RefusesAFreedReservation) {
  Reservation reservation(granularity());
  const CUdeviceptr address = reservation.release();
  EXPECT_CUDA_OK(driver().cuMemAddressFree(address, reservation.bytes()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(address, reservation.bytes()));
}

TEST_F(cuMemAddressFree, RefusesAddressesThatWereNeverReserved) {
  const std::size_t unit = granularity();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(0, unit));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(unit, unit));
  const DeviceMemory memory(unit);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressFree(memory, unit));
}

TEST_F(cuMemAddressFree, RefusesARangeWithAMapping) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  const auto written = write_random(mapped, mapped.bytes());
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemAddressFree(reservation, reservation.bytes()));
  EXPECT_TRUE(read_words(mapped, mapped.bytes()) == written);
}

TEST_F(cuMemAddressFree, NeedsNoCurrentContext) {
  Reservation reservation(granularity());
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuMemAddressFree(reservation.release(), reservation.bytes()));
}

TEST_F(cuMemAddressFree, IsAllowedDuringCapture) {
  const std::size_t bytes = granularity();
  CUdeviceptr address = 0;
  expect_safe_in_capture([&] { return driver().cuMemAddressFree(address, bytes); },
                         [&] { address = Reservation(bytes).release(); });
}

TEST_F(cuMemAddressFree_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemAddressFree(garbage_address, std::size_t{2} << 20));
}

}  // namespace vgpu::conformance::test_cuMemAddressFree
