#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemRangeGetAttribute {

CONFORMANCE_SUITE(cuMemRangeGetAttribute, Context);
CONFORMANCE_SUITE(cuMemRangeGetAttribute_fresh, Uninitialised);

constexpr std::size_t bytes = std::size_t{256} << 10;
constexpr CUmemLocation on_device{CU_MEM_LOCATION_TYPE_DEVICE, Driver::device};
constexpr CUmemLocation on_host{CU_MEM_LOCATION_TYPE_HOST, 0};

/// The attributes of one 32-bit number.
constexpr std::array numbers{CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                             CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION,
                             CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION,
                             CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE,
                             CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID,
                             CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE,
                             CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID};

int get(CUmem_range_attribute attribute, CUdeviceptr address, std::size_t length = bytes) {
  const auto [first, second] = expect_writes<int>([&](int* value) {
    return driver().cuMemRangeGetAttribute(value, sizeof *value, attribute, address, length);
  });
  EXPECT_EQ(first, second) << "attribute " << attribute;
  return first;
}

void expect_refused(CUresult error, std::size_t size, CUmem_range_attribute attribute,
                    CUdeviceptr address, std::size_t length = bytes) {
  SCOPED_TRACE("attribute " + std::to_string(attribute));
  expect_leaves<std::array<int, 4>>(error, [&](std::array<int, 4>* value) {
    return driver().cuMemRangeGetAttribute(value, size, attribute, address, length);
  });
}

void advise(CUdeviceptr address, std::size_t length, CUmem_advise advice,
            const CUmemLocation& location) {
  check(driver().cuMemAdvise_v2(address, length, advice, location), "cuMemAdvise_v2");
}

TEST_F(cuMemRangeGetAttribute, NothingIsSetOnNewMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory), 0);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, memory), CU_DEVICE_INVALID);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, memory), CU_DEVICE_INVALID);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, memory), CU_DEVICE_INVALID);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE, memory),
            CU_MEM_LOCATION_TYPE_INVALID);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE, memory),
            CU_MEM_LOCATION_TYPE_INVALID);
}

TEST_F(cuMemRangeGetAttribute, ThePreferredLocationInBothWaysToSayIt) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  advise(memory, bytes, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, on_device);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, memory), device);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE, memory),
            CU_MEM_LOCATION_TYPE_DEVICE);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID, memory), device);
  advise(memory, bytes, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, on_host);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, memory), CU_DEVICE_CPU);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE, memory), CU_MEM_LOCATION_TYPE_HOST);
}

TEST_F(cuMemRangeGetAttribute, TheLastPrefetchInBothWaysToSayIt) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const Stream stream;
  ASSERT_CUDA_OK(driver().cuMemPrefetchAsync_v2(memory, bytes, on_device, 0, stream));
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE, memory),
            CU_MEM_LOCATION_TYPE_DEVICE);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID, memory), device);
  ASSERT_CUDA_OK(driver().cuMemPrefetchAsync_v2(memory, bytes, on_host, 0, stream));
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE, memory),
            CU_MEM_LOCATION_TYPE_HOST);
  stream.synchronize();
}

TEST_F(cuMemRangeGetAttribute, AnswersForTheWholeRange) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  constexpr std::size_t half = bytes / 2;
  advise(memory, half, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, on_device);
  advise(memory, half, CU_MEM_ADVISE_SET_ACCESSED_BY, on_device);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, memory, half), device);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, memory, half), device);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, memory), CU_DEVICE_INVALID);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, memory), CU_DEVICE_INVALID);
  EXPECT_EQ(get(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, memory + half, half), CU_DEVICE_INVALID);
}

// "CU_DEVICE_INVALID will be returned in all the extra space provided."
TEST_F(cuMemRangeGetAttribute, FillsUpTheListOfDevices) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  advise(memory, bytes, CU_MEM_ADVISE_SET_ACCESSED_BY, on_device);
  std::array<int, 4> devices{77, 77, 77, 77};
  EXPECT_CUDA_OK(driver().cuMemRangeGetAttribute(
      devices.data(), 3 * sizeof(int), CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, memory, bytes));
  EXPECT_EQ(devices, (std::array{int{device}, int{CU_DEVICE_INVALID}, int{CU_DEVICE_INVALID}, 77}));
}

TEST_F(cuMemRangeGetAttribute, RefusesOtherSizes) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const CUmem_range_attribute attribute : numbers) {
    for (const std::size_t size : {0, 1, 3, 8}) {
      expect_refused(CUDA_ERROR_INVALID_VALUE, size, attribute, memory);
    }
  }
  for (const std::size_t size : {0, 2, 6}) {
    expect_refused(CUDA_ERROR_INVALID_VALUE, size, CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, memory);
  }
}

TEST_F(cuMemRangeGetAttribute, RefusesUnknownAttributes) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const int unknown : {0, 9, 1000}) {
    expect_refused(CUDA_ERROR_INVALID_VALUE, 4, static_cast<CUmem_range_attribute>(unknown),
                   memory);
  }
}

TEST_F(cuMemRangeGetAttribute, RefusesANullOutput) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemRangeGetAttribute(nullptr, 4, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                                              memory, bytes));
}

TEST_F(cuMemRangeGetAttribute, RefusesMemoryThatIsNotManaged) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const DeviceMemory memory(bytes);
  for (const CUdeviceptr address : {memory.address(), garbage_address, stale_address()}) {
    for (const CUmem_range_attribute attribute : numbers) {
      expect_refused(CUDA_ERROR_INVALID_VALUE, 4, attribute, address, 4096);
    }
  }
}

TEST_F(cuMemRangeGetAttribute, RefusesRangesThatAreTooLong) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  expect_refused(CUDA_ERROR_INVALID_VALUE, 4, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory,
                 std::size_t{1} << 40);
}

// Undocumented.
TEST_F(cuMemRangeGetAttribute, NeedsACurrentContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const NoContext none;
  expect_refused(CUDA_ERROR_INVALID_CONTEXT, 4, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, memory);
}

// Undocumented.
TEST_F(cuMemRangeGetAttribute, IsSafeDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  int value = 0;
  expect_safe_in_capture([&] {
    return driver().cuMemRangeGetAttribute(&value, sizeof value, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                                           memory, bytes);
  });
}

TEST_F(cuMemRangeGetAttribute_fresh, BeforeInit) {
  expect_refused(CUDA_ERROR_NOT_INITIALIZED, 4, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                 garbage_address);
}

}  // namespace vgpu::conformance::test_cuMemRangeGetAttribute
