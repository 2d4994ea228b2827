#include "driver_library.hpp"

using namespace vgpu::softdevice_test;

class Memory : public WithContext {};

TEST_F(Memory, OnePhysicalPieceMappedTwiceIsOneMemory) {
  CUmemAllocationProp pr{};
  pr.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  pr.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  size_t g = 0;
  ASSERT_EQ(call("cuMemGetAllocationGranularity", &g, static_cast<const CUmemAllocationProp*>(&pr),
                 CU_MEM_ALLOC_GRANULARITY_MINIMUM),
            CUDA_SUCCESS);
  CUdeviceptr a = 0;
  CUmemGenericAllocationHandle h = 0;
  ASSERT_EQ(call("cuMemAddressReserve", &a, 2 * g, size_t{0}, CUdeviceptr{0}, 0ULL), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemCreate", &h, g, static_cast<const CUmemAllocationProp*>(&pr), 0ULL),
            CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemMap", a, g, size_t{0}, h, 0ULL), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemMap", a + g, g, size_t{0}, h, 0ULL), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemsetD8_v2", a, static_cast<unsigned char>(1), size_t{4}),
            CUDA_ERROR_INVALID_VALUE);
  CUmemAccessDesc d{{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
  ASSERT_EQ(call("cuMemSetAccess", a, 2 * g, static_cast<const CUmemAccessDesc*>(&d), size_t{1}),
            CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemsetD32_v2", a, 7u, size_t{1}), CUDA_SUCCESS);
  unsigned w = 0;
  ASSERT_EQ(call("cuMemcpyDtoH_v2", static_cast<void*>(&w), a + g, size_t{4}), CUDA_SUCCESS);
  EXPECT_EQ(w, 7u);
  ASSERT_EQ(call("cuMemsetD8_v2", a, static_cast<unsigned char>(1), 2 * g), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemUnmap", a, 2 * g), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemRelease", h), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemAddressFree", a, 2 * g), CUDA_SUCCESS);
}

TEST_F(Memory, FreedTwiceIsRefused) {
  CUdeviceptr p = 0;
  ASSERT_EQ(call("cuMemAllocAsync", &p, size_t{100}, CUstream{nullptr}), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemFreeAsync", p, CUstream{nullptr}), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemFreeAsync", p, CUstream{nullptr}), CUDA_ERROR_INVALID_VALUE);
}
