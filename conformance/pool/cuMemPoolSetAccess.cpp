#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemPoolSetAccess {

CONFORMANCE_SUITE(cuMemPoolSetAccess, PoolContext);
CONFORMANCE_SUITE(cuMemPoolSetAccess_fresh, Uninitialised);

CUmemAccessDesc access(CUmemAccess_flags flags, int device = 0) {
  return {device_location(device), flags};
}

TEST_F(cuMemPoolSetAccess, TheOwnDeviceMayBeNamed) {
  const Pool pool;
  const CUmemAccessDesc own = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  EXPECT_CUDA_OK(driver().cuMemPoolSetAccess(pool, &own, 1));
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(5000, pool, stream);
  expect_usable(address, 5000, stream);
  free_ordered(address, stream);
}

TEST_F(cuMemPoolSetAccess, TakesSeveralDescriptions) {
  const Pool pool;
  const std::array twice{access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE),
                         access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE)};
  EXPECT_CUDA_OK(driver().cuMemPoolSetAccess(pool, twice.data(), twice.size()));
}

// The owner's access cannot be taken away.
TEST_F(cuMemPoolSetAccess, RefusesToTakeTheOwnersAccess) {
  const Pool pool;
  const CUmemAccessDesc none = access(CU_MEM_ACCESS_FLAGS_PROT_NONE);
  EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuMemPoolSetAccess(pool, &none, 1));
  CUmemLocation location = device_location();
  CUmemAccess_flags flags{};
  EXPECT_CUDA_OK(driver().cuMemPoolGetAccess(&flags, pool, &location));
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
}

TEST_F(cuMemPoolSetAccess, RefusesUnknownFlags) {
  const Pool pool;
  const CUmemAccessDesc unknown = access(static_cast<CUmemAccess_flags>(0x40));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolSetAccess(pool, &unknown, 1));
}

TEST_F(cuMemPoolSetAccess, RefusesDevicesThatDoNotExist) {
  const Pool pool;
  for (const int id : {device_count(), -1, 9999}) {
    const CUmemAccessDesc missing = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE, id);
    EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuMemPoolSetAccess(pool, &missing, 1));
  }
}

TEST_F(cuMemPoolSetAccess, LooksAtEveryDescription) {
  const Pool pool;
  const std::array mixed{access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE),
                         access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE, 9999)};
  EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE,
              driver().cuMemPoolSetAccess(pool, mixed.data(), mixed.size()));
}

TEST_F(cuMemPoolSetAccess, RefusesNullArguments) {
  const Pool pool;
  const CUmemAccessDesc own = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolSetAccess(nullptr, &own, 1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolSetAccess(pool, nullptr, 1));
}

TEST_F(cuMemPoolSetAccess, NeedsNoCurrentContext) {
  const Pool pool;
  const NoContext none;
  const CUmemAccessDesc own = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  EXPECT_CUDA_OK(driver().cuMemPoolSetAccess(pool, &own, 1));
}

TEST_F(cuMemPoolSetAccess, IsUnsafeDuringCapture) {
  const Pool pool;
  const CUmemAccessDesc own = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  expect_unsafe_in_capture([&] { return driver().cuMemPoolSetAccess(pool, &own, 1); });
}

TEST_F(cuMemPoolSetAccess_fresh, BeforeInit) {
  const CUmemAccessDesc own = access(CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemPoolSetAccess(garbage_handle<CUmemoryPool>(), &own, 1));
}

}  // namespace vgpu::conformance::test_cuMemPoolSetAccess
