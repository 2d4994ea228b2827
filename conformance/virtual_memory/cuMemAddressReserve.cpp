#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemAddressReserve {

CONFORMANCE_SUITE(cuMemAddressReserve, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemAddressReserve_fresh, Uninitialised);

TEST_F(cuMemAddressReserve, WritesTheAddressAndNothingElse) {
  const std::size_t bytes = granularity();
  const auto [first, second] = expect_writes<CUdeviceptr>(
      [&](CUdeviceptr* address) { return driver().cuMemAddressReserve(address, bytes, 0, 0, 0); });
  EXPECT_NE(first, second);
  EXPECT_EQ(first % bytes, 0U);
  EXPECT_EQ(second % bytes, 0U);
  EXPECT_CUDA_OK(driver().cuMemAddressFree(first, bytes));
  EXPECT_CUDA_OK(driver().cuMemAddressFree(second, bytes));
}

TEST_F(cuMemAddressReserve, RangesDoNotOverlap) {
  const std::size_t unit = granularity();
  std::vector<std::pair<CUdeviceptr, std::size_t>> ranges;
  for (int i = 0; i < 20; ++i) {
    const std::size_t bytes = unit * (1 + random_below(16));
    CUdeviceptr address = 0;
    ASSERT_CUDA_OK(driver().cuMemAddressReserve(&address, bytes, 0, 0, 0));
    ranges.emplace_back(address, bytes);
  }
  const DeviceMemory memory(unit);
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto& [address, bytes] = ranges[i];
    if (i > 0) {
      EXPECT_LE(ranges[i - 1].first + ranges[i - 1].second, address);
    }
    EXPECT_FALSE(memory.address() < address + bytes && address < memory.address() + unit);
    EXPECT_CUDA_OK(driver().cuMemAddressFree(address, bytes));
  }
}

TEST_F(cuMemAddressReserve, KeepsTheAlignment) {
  const std::size_t unit = granularity();
  for (std::size_t alignment = unit; alignment <= std::size_t{4} << 30; alignment *= 8) {
    CUdeviceptr address = 0;
    ASSERT_CUDA_OK(driver().cuMemAddressReserve(&address, unit, alignment, 0, 0));
    EXPECT_EQ(address % alignment, 0U) << alignment;
    EXPECT_CUDA_OK(driver().cuMemAddressFree(address, unit));
  }
}

// Address space is no memory.
TEST_F(cuMemAddressReserve, TakesMoreThanTheDeviceHas) {
  const MemoryTurn turn;
  std::size_t total = 0;
  check(driver().cuDeviceTotalMem_v2(&total, 0), "cuDeviceTotalMem_v2");
  const std::size_t bytes = (total / granularity() + 1) * granularity() * 2;
  const std::size_t before = turn.free_bytes();
  const Reservation reservation(bytes);
  EXPECT_GT(turn.free_bytes() + turn.noticeable_bytes(), before);
}

TEST_F(cuMemAddressReserve, TakesAFreeAddressAsAHint) {
  const std::size_t bytes = granularity() * 4;
  CUdeviceptr wanted = 0;
  {
    Reservation reservation(bytes);
    wanted = reservation.release();
    check(driver().cuMemAddressFree(wanted, bytes), "cuMemAddressFree");
  }
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAddressReserve(&address, bytes, 0, wanted, 0));
  EXPECT_EQ(address, wanted);
  EXPECT_CUDA_OK(driver().cuMemAddressFree(address, bytes));
}

TEST_F(cuMemAddressReserve, AHintIsNoMoreThanThat) {
  const std::size_t bytes = granularity() * 4;
  const Reservation taken(bytes);
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAddressReserve(&address, bytes, 0, taken, 0));
  EXPECT_TRUE(address + bytes <= taken || taken + bytes <= address);
  EXPECT_CUDA_OK(driver().cuMemAddressFree(address, bytes));
}

TEST_F(cuMemAddressReserve, TheRangeHoldsNoMemory) {
  const Reservation reservation(granularity());
  unsigned value = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyDtoH_v2(&value, reservation, sizeof value));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyHtoD_v2(reservation, &value, sizeof value));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(reservation));
}

TEST_F(cuMemAddressReserve, NeedsNoCurrentContext) {
  const std::size_t bytes = granularity();
  const NoContext none;
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemAddressReserve(&address, bytes, 0, 0, 0));
  EXPECT_CUDA_OK(driver().cuMemAddressFree(address, bytes));
}

TEST_F(cuMemAddressReserve, RefusesBadArguments) {
  const std::size_t bytes = granularity();
  struct Case {
    std::size_t bytes, alignment;
    unsigned long long flags;
  };
  for (const Case& bad :
       {Case{0, 0, 0}, Case{bytes + 1, 0, 0}, Case{100, 0, 0}, Case{bytes, bytes + bytes / 2, 0},
        Case{bytes, 3, 0}, Case{bytes, 0, 1}}) {
    SCOPED_TRACE(std::to_string(bad.bytes) + " bytes, alignment " + std::to_string(bad.alignment) +
                 ", flags " + std::to_string(bad.flags));
    expect_leaves<CUdeviceptr>(CUDA_ERROR_INVALID_VALUE, [&](CUdeviceptr* address) {
      return driver().cuMemAddressReserve(address, bad.bytes, bad.alignment, 0, bad.flags);
    });
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAddressReserve(nullptr, bytes, 0, 0, 0));
}

TEST_F(cuMemAddressReserve, RefusesMoreThanThereAreAddresses) {
  expect_leaves<CUdeviceptr>(CUDA_ERROR_OUT_OF_MEMORY, [](CUdeviceptr* address) {
    return driver().cuMemAddressReserve(address, std::size_t{1} << 60, 0, 0, 0);
  });
}

TEST_F(cuMemAddressReserve, IsAllowedDuringCapture) {
  const std::size_t bytes = granularity();
  expect_safe_in_capture([&] {
    CUdeviceptr address = 0;
    const CUresult result = driver().cuMemAddressReserve(&address, bytes, 0, 0, 0);
    if (result == CUDA_SUCCESS) driver().cuMemAddressFree(address, bytes);
    return result;
  });
}

TEST_F(cuMemAddressReserve_fresh, BeforeInit) {
  expect_leaves<CUdeviceptr>(CUDA_ERROR_NOT_INITIALIZED, [](CUdeviceptr* address) {
    return driver().cuMemAddressReserve(address, std::size_t{2} << 20, 0, 0, 0);
  });
}

}  // namespace vgpu::conformance::test_cuMemAddressReserve
