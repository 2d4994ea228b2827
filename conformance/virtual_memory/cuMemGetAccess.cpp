#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemGetAccess {

CONFORMANCE_SUITE(cuMemGetAccess, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemGetAccess_fresh, Uninitialised);

using Flags = unsigned long long;

constexpr CUmemLocation device_0{CU_MEM_LOCATION_TYPE_DEVICE, 0};

TEST_F(cuMemGetAccess, WritesAllBitsOfTheFlags) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical, false);
  for (const auto wanted : {CU_MEM_ACCESS_FLAGS_PROT_NONE, CU_MEM_ACCESS_FLAGS_PROT_READWRITE}) {
    check(set_access(mapped, mapped.bytes(), wanted), "cuMemSetAccess");
    const auto [first, second] = expect_writes<Flags>(
        [&](Flags* flags) { return driver().cuMemGetAccess(flags, &device_0, mapped); });
    EXPECT_EQ(first, Flags{wanted});
    EXPECT_EQ(second, Flags{wanted});
  }
}

TEST_F(cuMemGetAccess, KnowsEveryAddressOfAMapping) {
  const Physical physical(granularity() * 2);
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  for (const std::size_t offset : {std::size_t{1}, granularity(), physical.bytes() - 1}) {
    EXPECT_EQ(get_access(mapped + offset), Flags{CU_MEM_ACCESS_FLAGS_PROT_READWRITE}) << offset;
  }
}

TEST_F(cuMemGetAccess, RefusesWhatIsNotMapped) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes() * 2);
  const Mapped mapped(reservation, physical);
  for (const CUdeviceptr address : {CUdeviceptr{0}, reservation + physical.bytes()}) {
    Flags flags = 0;  // The driver writes it even then.
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemGetAccess(&flags, &device_0, address));
  }
}

TEST_F(cuMemGetAccess, RefusesWhatIsNotMappedAnyMore) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  Mapped mapped(reservation, physical);
  mapped.unmap();
  Flags flags = 0;  // The driver writes it even then.
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemGetAccess(&flags, &device_0, reservation));
}

TEST_F(cuMemGetAccess, RefusesDevicesThatDoNotExist) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  for (const int id : {device_count(), -1, 9999}) {
    const CUmemLocation missing{CU_MEM_LOCATION_TYPE_DEVICE, id};
    expect_leaves<Flags>(CUDA_ERROR_INVALID_DEVICE, [&](Flags* flags) {
      return driver().cuMemGetAccess(flags, &missing, mapped);
    });
  }
}

TEST_F(cuMemGetAccess, RefusesUnknownLocations) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  for (const int type : {0, 77}) {
    const CUmemLocation unknown{static_cast<CUmemLocationType>(type), 0};
    expect_leaves<Flags>(CUDA_ERROR_INVALID_DEVICE, [&](Flags* flags) {
      return driver().cuMemGetAccess(flags, &unknown, mapped);
    });
  }
}

TEST_F(cuMemGetAccess, RefusesNullArguments) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemGetAccess(nullptr, &device_0, mapped));
  expect_leaves<Flags>(CUDA_ERROR_INVALID_VALUE, [&](Flags* flags) {
    return driver().cuMemGetAccess(flags, nullptr, mapped);
  });
}

TEST_F(cuMemGetAccess, NeedsNoCurrentContext) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  const NoContext none;
  EXPECT_EQ(get_access(mapped), Flags{CU_MEM_ACCESS_FLAGS_PROT_READWRITE});
}

TEST_F(cuMemGetAccess, IsAllowedDuringCapture) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  expect_safe_in_capture([&] {
    Flags flags = 0;
    return driver().cuMemGetAccess(&flags, &device_0, mapped);
  });
}

TEST_F(cuMemGetAccess_fresh, BeforeInit) {
  expect_leaves<Flags>(CUDA_ERROR_NOT_INITIALIZED, [](Flags* flags) {
    return driver().cuMemGetAccess(flags, &device_0, garbage_address);
  });
}

}  // namespace vgpu::conformance::test_cuMemGetAccess
