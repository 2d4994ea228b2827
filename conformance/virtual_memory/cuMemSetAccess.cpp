#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemSetAccess {

CONFORMANCE_SUITE(cuMemSetAccess, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemSetAccess_fresh, Uninitialised);

/// One mapping without access.
struct Fresh {
  Physical physical{granularity()};
  Reservation reservation{physical.bytes() * 2};
  Mapped mapped{reservation, physical, false};
};

CUmemAccessDesc access(CUmemAccess_flags flags, int device = 0) {
  return {{CU_MEM_LOCATION_TYPE_DEVICE, device}, flags};
}

TEST_F(cuMemSetAccess, LetsTheDeviceReadAndWrite) {
  const Fresh fresh;
  EXPECT_CUDA_OK(set_access(fresh.mapped, fresh.mapped.bytes()));
  EXPECT_EQ(get_access(fresh.mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_READWRITE});
  const auto written = write_random(fresh.mapped, fresh.mapped.bytes());
  EXPECT_TRUE(read_words(fresh.mapped, fresh.mapped.bytes()) == written);
}

TEST_F(cuMemSetAccess, CanBeTakenBackAndGivenAgain) {
  const Fresh fresh;
  const std::size_t bytes = fresh.mapped.bytes();
  check(set_access(fresh.mapped, bytes), "cuMemSetAccess");
  const auto written = write_random(fresh.mapped, bytes);
  EXPECT_CUDA_OK(set_access(fresh.mapped, bytes, CU_MEM_ACCESS_FLAGS_PROT_NONE));
  EXPECT_EQ(get_access(fresh.mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_NONE});
  unsigned value = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemcpyDtoH_v2(&value, fresh.mapped, sizeof value));
  EXPECT_CUDA_OK(set_access(fresh.mapped, bytes));
  EXPECT_TRUE(read_words(fresh.mapped, bytes) == written);
}

TEST_F(cuMemSetAccess, TakesSeveralMappingsSideBySide) {
  const Fresh fresh;
  const Physical other(fresh.physical.bytes());
  const Mapped neighbour(fresh.reservation + fresh.mapped.bytes(), other, false);
  EXPECT_CUDA_OK(set_access(fresh.reservation, fresh.reservation.bytes()));
  EXPECT_EQ(get_access(fresh.mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_READWRITE});
  EXPECT_EQ(get_access(neighbour), unsigned{CU_MEM_ACCESS_FLAGS_PROT_READWRITE});
}

TEST_F(cuMemSetAccess, LeavesTheNeighbours) {
  const Fresh fresh;
  const Physical other(fresh.physical.bytes());
  const Mapped neighbour(fresh.reservation + fresh.mapped.bytes(), other, false);
  EXPECT_CUDA_OK(set_access(fresh.mapped, fresh.mapped.bytes()));
  EXPECT_EQ(get_access(neighbour), unsigned{CU_MEM_ACCESS_FLAGS_PROT_NONE});
}

TEST_F(cuMemSetAccess, RefusesARangeThatIsNotWhollyMapped) {
  const Fresh fresh;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set_access(fresh.mapped, fresh.reservation.bytes()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              set_access(fresh.reservation + fresh.mapped.bytes(), fresh.mapped.bytes()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set_access(fresh.mapped, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set_access(0, fresh.mapped.bytes()));
  EXPECT_EQ(get_access(fresh.mapped), unsigned{CU_MEM_ACCESS_FLAGS_PROT_NONE});
}

TEST_F(cuMemSetAccess, RefusesMemoryOfCuMemAlloc) {
  const DeviceMemory memory(granularity() * 2);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set_access(memory, granularity()));
}

TEST_F(cuMemSetAccess, RefusesUnknownFlags) {
  const Fresh fresh;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              set_access(fresh.mapped, fresh.mapped.bytes(), static_cast<CUmemAccess_flags>(0x40)));
}

TEST_F(cuMemSetAccess, RefusesDevicesThatDoNotExist) {
  const Fresh fresh;
  for (const int id : {device_count(), -1, 9999}) {
    const CUmemAccessDesc missing = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE, id);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemSetAccess(fresh.mapped, fresh.mapped.bytes(), &missing, 1));
  }
}

TEST_F(cuMemSetAccess, RefusesUnknownLocations) {
  const Fresh fresh;
  CUmemAccessDesc unknown = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  for (const int type : {0, 77}) {
    unknown.location.type = static_cast<CUmemLocationType>(type);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemSetAccess(fresh.mapped, fresh.mapped.bytes(), &unknown, 1));
  }
}

TEST_F(cuMemSetAccess, RefusesNoDescriptions) {
  const Fresh fresh;
  const CUmemAccessDesc own = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemSetAccess(fresh.mapped, fresh.mapped.bytes(), &own, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemSetAccess(fresh.mapped, fresh.mapped.bytes(), nullptr, 1));
}

TEST_F(cuMemSetAccess, NeedsNoCurrentContext) {
  const Fresh fresh;
  const NoContext none;
  EXPECT_CUDA_OK(set_access(fresh.mapped, fresh.mapped.bytes()));
}

TEST_F(cuMemSetAccess, IsAllowedDuringCapture) {
  const Fresh fresh;
  expect_safe_in_capture([&] { return set_access(fresh.mapped, fresh.mapped.bytes()); });
}

TEST_F(cuMemSetAccess_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, set_access(garbage_address, std::size_t{2} << 20));
}

}  // namespace vgpu::conformance::test_cuMemSetAccess
