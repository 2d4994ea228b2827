#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemGetAllocationPropertiesFromHandle {

CONFORMANCE_SUITE(cuMemGetAllocationPropertiesFromHandle, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemGetAllocationPropertiesFromHandle_fresh, Uninitialised);

void expect_ours(const CUmemAllocationProp& properties) {
  EXPECT_EQ(properties.type, CU_MEM_ALLOCATION_TYPE_PINNED);
  EXPECT_EQ(properties.requestedHandleTypes, CU_MEM_HANDLE_TYPE_NONE);
  EXPECT_EQ(properties.location.type, CU_MEM_LOCATION_TYPE_DEVICE);
  EXPECT_EQ(properties.location.id, 0);
  EXPECT_EQ(properties.win32HandleMetaData, nullptr);
  EXPECT_EQ(properties.allocFlags.compressionType, 0);
  EXPECT_EQ(properties.allocFlags.usage, 0);
}

TEST_F(cuMemGetAllocationPropertiesFromHandle, SaysWhatWasAskedFor) {
  const Physical physical(granularity());
  const auto [first, second] =
      expect_writes<CUmemAllocationProp>([&](CUmemAllocationProp* properties) {
        return driver().cuMemGetAllocationPropertiesFromHandle(properties, physical);
      });
  expect_ours(first);
  expect_ours(second);
}

TEST_F(cuMemGetAllocationPropertiesFromHandle, StaysTheSameWhenMapped) {
  const Physical physical(granularity());
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  CUmemAllocationProp properties{};
  EXPECT_CUDA_OK(driver().cuMemGetAllocationPropertiesFromHandle(&properties, physical));
  expect_ours(properties);
}

TEST_F(cuMemGetAllocationPropertiesFromHandle, NeedsNoCurrentContext) {
  const Physical physical(granularity());
  const NoContext none;
  CUmemAllocationProp properties{};
  EXPECT_CUDA_OK(driver().cuMemGetAllocationPropertiesFromHandle(&properties, physical));
  expect_ours(properties);
}

TEST_F(cuMemGetAllocationPropertiesFromHandle, RefusesZero) {
  expect_leaves<CUmemAllocationProp>(CUDA_ERROR_INVALID_VALUE, [](CUmemAllocationProp* properties) {
    return driver().cuMemGetAllocationPropertiesFromHandle(properties, 0);
  });
}

TEST_F(cuMemGetAllocationPropertiesFromHandle, RefusesANullOutput) {
  const Physical physical(granularity());
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemGetAllocationPropertiesFromHandle(nullptr, physical));
}

TEST_F(cuMemGetAllocationPropertiesFromHandle, IsAllowedDuringCapture) {
  const Physical physical(granularity());
  expect_safe_in_capture([&] {
    CUmemAllocationProp properties{};
    return driver().cuMemGetAllocationPropertiesFromHandle(&properties, physical);
  });
}

TEST_F(cuMemGetAllocationPropertiesFromHandle_fresh, BeforeInit) {
  expect_leaves<CUmemAllocationProp>(
      CUDA_ERROR_NOT_INITIALIZED, [](CUmemAllocationProp* properties) {
        return driver().cuMemGetAllocationPropertiesFromHandle(properties, 1);
      });
}

}  // namespace vgpu::conformance::test_cuMemGetAllocationPropertiesFromHandle
