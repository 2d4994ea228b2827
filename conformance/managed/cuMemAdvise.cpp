#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemAdvise {

CONFORMANCE_SUITE(cuMemAdvise, Context);
CONFORMANCE_SUITE(cuMemAdvise_fresh, Uninitialised);

constexpr std::size_t page = std::size_t{64} << 10;
constexpr std::size_t bytes = 4 * page;
constexpr CUmemLocation on_device{CU_MEM_LOCATION_TYPE_DEVICE, Driver::device};
constexpr CUmemLocation on_host{CU_MEM_LOCATION_TYPE_HOST, 0};

constexpr std::array all_advice{
    CU_MEM_ADVISE_SET_READ_MOSTLY,        CU_MEM_ADVISE_UNSET_READ_MOSTLY,
    CU_MEM_ADVISE_SET_PREFERRED_LOCATION, CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION,
    CU_MEM_ADVISE_SET_ACCESSED_BY,        CU_MEM_ADVISE_UNSET_ACCESSED_BY};

int attribute(CUmem_range_attribute which, CUdeviceptr address, std::size_t length = bytes) {
  int value = 77;
  check(driver().cuMemRangeGetAttribute(&value, sizeof value, which, address, length),
        "cuMemRangeGetAttribute");
  return value;
}

TEST_F(cuMemAdvise, ReadMostlyIsSetAndUnset) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto read_mostly = [&] { return attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory); };
  EXPECT_EQ(read_mostly(), 0);
  EXPECT_CUDA_OK(driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_SET_READ_MOSTLY, on_device));
  EXPECT_EQ(read_mostly(), 1);
  EXPECT_CUDA_OK(
      driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_UNSET_READ_MOSTLY, on_device));
  EXPECT_EQ(read_mostly(), 0);
  EXPECT_CUDA_OK(driver().cuMemAdvise(memory, bytes, CU_MEM_ADVISE_SET_READ_MOSTLY, device));
  EXPECT_EQ(read_mostly(), 1);
  EXPECT_CUDA_OK(driver().cuMemAdvise(memory, bytes, CU_MEM_ADVISE_UNSET_READ_MOSTLY, device));
  EXPECT_EQ(read_mostly(), 0);
}

TEST_F(cuMemAdvise, ThePreferredLocationIsSetAndUnset) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto preferred = [&] {
    return attribute(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, memory);
  };
  EXPECT_EQ(preferred(), CU_DEVICE_INVALID);
  EXPECT_CUDA_OK(
      driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, on_device));
  EXPECT_EQ(preferred(), device);
  EXPECT_CUDA_OK(
      driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, on_host));
  EXPECT_EQ(preferred(), CU_DEVICE_CPU);
  EXPECT_CUDA_OK(driver().cuMemAdvise(memory, bytes, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, device));
  EXPECT_EQ(preferred(), device);
  EXPECT_CUDA_OK(
      driver().cuMemAdvise(memory, bytes, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, CU_DEVICE_CPU));
  EXPECT_EQ(preferred(), CU_DEVICE_CPU);
  EXPECT_CUDA_OK(
      driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION, on_device));
  EXPECT_EQ(preferred(), CU_DEVICE_INVALID);
}

TEST_F(cuMemAdvise, AccessIsSetAndUnset) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto accessed_by = [&] { return attribute(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, memory); };
  EXPECT_EQ(accessed_by(), CU_DEVICE_INVALID);
  EXPECT_CUDA_OK(driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_SET_ACCESSED_BY, on_device));
  EXPECT_EQ(accessed_by(), device);
  EXPECT_CUDA_OK(
      driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_UNSET_ACCESSED_BY, on_device));
  EXPECT_EQ(accessed_by(), CU_DEVICE_INVALID);
  EXPECT_CUDA_OK(driver().cuMemAdvise(memory, bytes, CU_MEM_ADVISE_SET_ACCESSED_BY, device));
  EXPECT_EQ(accessed_by(), device);
}

TEST_F(cuMemAdvise, HoldsForTheRangeOnly) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  EXPECT_CUDA_OK(
      driver().cuMemAdvise_v2(memory + page, page, CU_MEM_ADVISE_SET_READ_MOSTLY, on_device));
  EXPECT_EQ(attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory + page, page), 1);
  EXPECT_EQ(attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory, page), 0);
  EXPECT_EQ(attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory + 2 * page, page), 0);
  EXPECT_EQ(attribute(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory), 0);
}

TEST_F(cuMemAdvise, ChangesNothingThatTheMemoryHolds) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto values = random_vector<unsigned char>(bytes);
  std::memcpy(memory.host(), values.data(), bytes);
  for (const CUmem_advise advice : all_advice) {
    EXPECT_CUDA_OK(driver().cuMemAdvise_v2(memory, bytes, advice, on_device));
    EXPECT_EQ(std::memcmp(memory.host(), values.data(), bytes), 0) << "advice " << advice;
  }
}

TEST_F(cuMemAdvise, IgnoresTheLocationWhereItMeansNothing) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const CUmemLocation nowhere{CU_MEM_LOCATION_TYPE_DEVICE, 1000};
  for (const CUmem_advise advice : {CU_MEM_ADVISE_SET_READ_MOSTLY, CU_MEM_ADVISE_UNSET_READ_MOSTLY,
                                    CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION}) {
    EXPECT_CUDA_OK(driver().cuMemAdvise_v2(memory, bytes, advice, nowhere));
    EXPECT_CUDA_OK(driver().cuMemAdvise(memory, bytes, advice, 1000));
  }
}

// The two forms differ in their error.
TEST_F(cuMemAdvise, RefusesUnknownDevices) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const int unknown : {device_count(), 1000, -7}) {
    const CUmemLocation nowhere{CU_MEM_LOCATION_TYPE_DEVICE, unknown};
    for (const CUmem_advise advice :
         {CU_MEM_ADVISE_SET_PREFERRED_LOCATION, CU_MEM_ADVISE_SET_ACCESSED_BY,
          CU_MEM_ADVISE_UNSET_ACCESSED_BY}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                  driver().cuMemAdvise_v2(memory, bytes, advice, nowhere));
      EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuMemAdvise(memory, bytes, advice, unknown));
    }
  }
}

TEST_F(cuMemAdvise, RefusesUnknownAdvice) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const int unknown : {0, 7, 1000}) {
    const auto advice = static_cast<CUmem_advise>(unknown);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemAdvise_v2(memory, bytes, advice, on_device));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAdvise(memory, bytes, advice, device));
  }
}

TEST_F(cuMemAdvise, RefusesMemoryThatIsNotManaged) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const DeviceMemory memory(bytes);
  for (const CUdeviceptr address : {memory.address(), garbage_address, stale_address()}) {
    for (const CUmem_advise advice : all_advice) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                  driver().cuMemAdvise_v2(address, 4096, advice, on_device));
    }
  }
}

TEST_F(cuMemAdvise, RefusesRangesThatAreEmptyOrTooLong) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const std::size_t length : {std::size_t{0}, std::size_t{1} << 40, SIZE_MAX}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemAdvise_v2(memory, length, CU_MEM_ADVISE_SET_READ_MOSTLY, on_device));
  }
}

// Undocumented.
TEST_F(cuMemAdvise, NeedsACurrentContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_SET_READ_MOSTLY, on_device));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemAdvise(memory, bytes, CU_MEM_ADVISE_SET_READ_MOSTLY, device));
}

// Undocumented.
TEST_F(cuMemAdvise, IsSafeDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  expect_safe_in_capture([&] {
    return driver().cuMemAdvise_v2(memory, bytes, CU_MEM_ADVISE_SET_READ_MOSTLY, on_device);
  });
}

TEST_F(cuMemAdvise_fresh, BeforeInit) {
  EXPECT_CUDA(
      CUDA_ERROR_NOT_INITIALIZED,
      driver().cuMemAdvise_v2(garbage_address, bytes, CU_MEM_ADVISE_SET_READ_MOSTLY, on_device));
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuMemAdvise(garbage_address, bytes, CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
}

}  // namespace vgpu::conformance::test_cuMemAdvise
