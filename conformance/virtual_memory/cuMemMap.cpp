#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemMap {

CONFORMANCE_SUITE(cuMemMap, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemMap_fresh, Uninitialised);

CUresult map(CUdeviceptr address, std::size_t bytes, CUmemGenericAllocationHandle handle,
             std::size_t offset = 0, unsigned long long flags = 0) {
  return driver().cuMemMap(address, bytes, offset, handle, flags);
}

TEST_F(cuMemMap, PutsMemoryAtTheAddress) {
  const std::size_t unit = granularity();
  const Reservation reservation(unit * 4);
  const Physical physical(unit * 2);
  EXPECT_CUDA_OK(map(reservation + unit, unit * 2, physical));
  EXPECT_CUDA_OK(set_access(reservation + unit, unit * 2));
  const auto written = write_random(reservation + unit, unit * 2);
  EXPECT_TRUE(read_words(reservation + unit, unit * 2) == written);
  EXPECT_CUDA_OK(driver().cuMemUnmap(reservation + unit, unit * 2));
}

// "Calling cuMemMap does not make the address accessible."
TEST_F(cuMemMap, GivesNoAccess) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical, false);
  EXPECT_EQ(get_access(mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_NONE});
  unsigned value = 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyHtoD_v2(mapped, &value, sizeof value));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoH_v2(&value, mapped, sizeof value));
}

TEST_F(cuMemMap, TwoMappingsOfOneAllocationAreTheSameMemory) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes() * 2);
  const Mapped first(reservation, physical);
  const Mapped second(reservation + physical.bytes(), physical);
  const auto written = write_random(first, physical.bytes());
  EXPECT_TRUE(read_words(second, physical.bytes()) == written);
  const auto again = write_random(second, physical.bytes());
  EXPECT_TRUE(read_words(first, physical.bytes()) == again);
}

TEST_F(cuMemMap, NeighboursMakeOneRange) {
  const std::size_t unit = granularity();
  const Reservation reservation(unit * 3);
  const Physical first(unit);
  const Physical second(unit * 2);
  const Mapped left(reservation, first);
  const Mapped right(reservation + unit, second);
  const auto written = random_vector<unsigned>(unit * 3 / sizeof(unsigned));
  EXPECT_CUDA_OK(driver().cuMemcpyHtoD_v2(reservation, written.data(), unit * 3));
  std::vector<unsigned> found(written.size());
  EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2(found.data(), reservation, unit * 3));
  EXPECT_TRUE(found == written);
}

TEST_F(cuMemMap, TheMemoryKeepsItsContentAtAnotherAddress) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes() * 2);
  std::vector<unsigned> written;
  {
    const Mapped mapped(reservation, physical);
    written = write_random(mapped, mapped.bytes());
  }
  const Mapped mapped(reservation + physical.bytes(), physical);
  EXPECT_TRUE(read_words(mapped, mapped.bytes()) == written);
}

TEST_F(cuMemMap, AnAddressShowsWhatIsMappedThereNow) {
  const Physical first(granularity());
  const Physical second(granularity());
  const Reservation reservation(first.bytes());
  std::vector<unsigned> in_first;
  std::vector<unsigned> in_second;
  {
    const Mapped mapped(reservation, first);
    in_first = write_random(mapped, mapped.bytes());
  }
  {
    const Mapped mapped(reservation, second);
    in_second = write_random(mapped, mapped.bytes());
  }
  const Mapped mapped(reservation, first);
  EXPECT_TRUE(read_words(mapped, mapped.bytes()) == in_first);
}

TEST_F(cuMemMap, RefusesPlacesThatAreTaken) {
  const std::size_t unit = granularity();
  const Reservation reservation(unit * 3);
  const Physical physical(unit);
  const Physical wide(unit * 2);
  const Mapped mapped(reservation + unit, physical);
  const auto written = write_random(mapped, unit);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(reservation + unit, unit, physical));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(reservation, unit * 2, wide));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(reservation + unit, unit * 2, wide));
  EXPECT_TRUE(read_words(mapped, unit) == written);
}

TEST_F(cuMemMap, RefusesPlacesThatAreNotReserved) {
  const std::size_t unit = granularity();
  const Physical physical(unit * 2);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(0, unit * 2, physical));
  const DeviceMemory memory(unit * 4);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map((memory + unit - 1) / unit * unit, unit * 2, physical));
}

TEST_F(cuMemMap, RefusesMoreThanTheAllocation) {
  const std::size_t unit = granularity();
  const Reservation reservation(unit * 4);
  const Physical physical(unit * 2);
  EXPECT_CUDA(CUDA_ERROR_NOT_SUPPORTED, map(reservation, unit * 3, physical));
}

TEST_F(cuMemMap, RefusesWhatIsNoMultipleOfTheGranularity) {
  const std::size_t unit = granularity();
  const Reservation reservation(unit * 4);
  const Physical physical(unit * 2);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(reservation + unit / 2, unit * 2, physical));
  // Not all of the allocation: that comes first.
  EXPECT_CUDA(CUDA_ERROR_NOT_SUPPORTED, map(reservation, unit + unit / 2, physical));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(reservation, 0, physical));
}

// "offset [...] currently must be zero."
TEST_F(cuMemMap, RefusesAnOffset) {
  const std::size_t unit = granularity();
  const Reservation reservation(unit * 2);
  const Physical physical(unit * 2);
  EXPECT_CUDA(CUDA_ERROR_NOT_SUPPORTED, map(reservation, unit, physical, unit));
}

TEST_F(cuMemMap, RefusesFlags) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(reservation, physical.bytes(), physical, 0, 1));
}

TEST_F(cuMemMap, RefusesZeroAsHandle) {
  const Reservation reservation(granularity());
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, map(reservation, reservation.bytes(), 0));
}

TEST_F(cuMemMap, NeedsNoCurrentContext) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const NoContext none;
  const Mapped mapped(reservation, physical);
  EXPECT_EQ(get_access(mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_READWRITE});
}

TEST_F(cuMemMap, IsAllowedDuringCapture) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes() * 3);
  CUdeviceptr address = reservation;
  expect_safe_in_capture([&] {
    const CUresult result = map(address, physical.bytes(), physical);
    address += physical.bytes();
    return result;
  });
  EXPECT_CUDA_OK(driver().cuMemUnmap(reservation, reservation.bytes()));
}

TEST_F(cuMemMap_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, map(garbage_address, std::size_t{2} << 20, 1));
}

}  // namespace vgpu::conformance::test_cuMemMap
