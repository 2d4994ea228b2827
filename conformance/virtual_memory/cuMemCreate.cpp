#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemCreate {

CONFORMANCE_SUITE(cuMemCreate, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemCreate_fresh, Uninitialised);

using Handle = CUmemGenericAllocationHandle;

void expect_refusal(CUresult expected, std::size_t bytes, const CUmemAllocationProp& properties,
                    unsigned long long flags = 0) {
  expect_leaves<Handle>(expected, [&](Handle* handle) {
    return driver().cuMemCreate(handle, bytes, &properties, flags);
  });
}

TEST_F(cuMemCreate, WritesTheHandleAndNothingElse) {
  const CUmemAllocationProp properties = allocation_properties();
  const std::size_t bytes = granularity();
  const auto [first, second] = expect_writes<Handle>(
      [&](Handle* handle) { return driver().cuMemCreate(handle, bytes, &properties, 0); });
  EXPECT_NE(first, second);
  EXPECT_NE(first, 0U);
  EXPECT_CUDA_OK(driver().cuMemRelease(first));
  EXPECT_CUDA_OK(driver().cuMemRelease(second));
}

TEST_F(cuMemCreate, TakesMemoryOfTheDevice) {
  const MemoryTurn turn;
  const std::size_t bytes = noticeable_bytes(turn);
  const std::size_t before = turn.free_bytes();
  {
    const Physical physical(bytes);
    EXPECT_LT(turn.free_bytes() + bytes / 2, before);
  }
  EXPECT_GE(turn.free_bytes() + bytes / 2, before);
}

TEST_F(cuMemCreate, AllOfItCanBeUsed) {
  const Physical physical(granularity() * 5);
  const Reservation reservation(physical.bytes());
  const Mapped mapped(reservation, physical);
  const auto written = write_random(mapped, mapped.bytes());
  EXPECT_TRUE(read_words(mapped, mapped.bytes()) == written);
  const Module module;
  const Stream stream;
  const auto count = static_cast<unsigned>(mapped.bytes() / sizeof(unsigned));
  module.kernel("fill").launch({(count + 127) / 128}, {128}, 0, stream,
                               static_cast<CUdeviceptr>(mapped), count, 7U);
  stream.synchronize();
  EXPECT_TRUE(read_words(mapped, mapped.bytes()) == std::vector<unsigned>(count, 7));
}

TEST_F(cuMemCreate, NeedsNoCurrentContext) {
  const NoContext none;
  const Physical physical(granularity());
}

TEST_F(cuMemCreate, RefusesSizesThatAreNoMultipleOfTheGranularity) {
  const std::size_t unit = granularity();
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, unit / 2, unit + 1, unit - 1}) {
    SCOPED_TRACE(bytes);
    expect_refusal(CUDA_ERROR_INVALID_VALUE, bytes, allocation_properties());
  }
}

TEST_F(cuMemCreate, RefusesMoreThanThereIs) {
  expect_refusal(CUDA_ERROR_OUT_OF_MEMORY, std::size_t{1} << 50, allocation_properties());
}

TEST_F(cuMemCreate, RefusesFlags) {
  expect_refusal(CUDA_ERROR_INVALID_VALUE, granularity(), allocation_properties(), 1);
}

TEST_F(cuMemCreate, RefusesUnknownAllocationTypes) {
  CUmemAllocationProp properties = allocation_properties();
  for (const int type : {0, 77}) {
    properties.type = static_cast<CUmemAllocationType>(type);
    expect_refusal(CUDA_ERROR_INVALID_VALUE, granularity(), properties);
  }
}

// "Specifying CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT [...] will result in
// CUDA_ERROR_INVALID_VALUE."
TEST_F(cuMemCreate, RefusesUnknownLocations) {
  CUmemAllocationProp properties = allocation_properties();
  for (const int type :
       {int{CU_MEM_LOCATION_TYPE_INVALID}, int{CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT}, 77}) {
    properties.location.type = static_cast<CUmemLocationType>(type);
    expect_refusal(CUDA_ERROR_INVALID_VALUE, granularity(), properties);
  }
}

TEST_F(cuMemCreate, RefusesDevicesThatDoNotExist) {
  CUmemAllocationProp properties = allocation_properties();
  for (const int id : {device_count(), -1, 9999}) {
    properties.location.id = id;
    expect_refusal(CUDA_ERROR_INVALID_DEVICE, granularity(), properties);
  }
}

TEST_F(cuMemCreate, RefusesHandleTypesThatTheDeviceDoesNotClaim) {
  const struct {
    CUmemAllocationHandleType type;
    CUdevice_attribute claimed;
  } types[] = {
      {CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
       CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED},
      {CU_MEM_HANDLE_TYPE_WIN32, CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_WIN32_HANDLE_SUPPORTED},
      {CU_MEM_HANDLE_TYPE_WIN32_KMT, CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_WIN32_KMT_HANDLE_SUPPORTED}};
  for (const auto& [type, claimed] : types) {
    if (device_attribute(claimed) != 0) continue;
    CUmemAllocationProp properties = allocation_properties();
    properties.requestedHandleTypes = type;
    Handle handle = 0;
    const CUresult result = driver().cuMemCreate(&handle, granularity(), &properties, 0);
    EXPECT_TRUE(result == CUDA_ERROR_NOT_SUPPORTED || result == CUDA_ERROR_INVALID_VALUE)
        << "handle type " << type << ": " << result_text(result);
    if (result == CUDA_SUCCESS) driver().cuMemRelease(handle);
  }
}

TEST_F(cuMemCreate, RefusesNullArguments) {
  const CUmemAllocationProp properties = allocation_properties();
  const std::size_t bytes = granularity();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemCreate(nullptr, bytes, &properties, 0));
  expect_leaves<Handle>(CUDA_ERROR_INVALID_VALUE, [&](Handle* handle) {
    return driver().cuMemCreate(handle, bytes, nullptr, 0);
  });
}

TEST_F(cuMemCreate, IsAllowedDuringCapture) {
  const CUmemAllocationProp properties = allocation_properties();
  const std::size_t bytes = granularity();
  expect_safe_in_capture([&] {
    Handle handle = 0;
    const CUresult result = driver().cuMemCreate(&handle, bytes, &properties, 0);
    if (result == CUDA_SUCCESS) driver().cuMemRelease(handle);
    return result;
  });
}

TEST_F(cuMemCreate_fresh, BeforeInit) {
  expect_refusal(CUDA_ERROR_NOT_INITIALIZED, std::size_t{2} << 20, allocation_properties());
}

}  // namespace vgpu::conformance::test_cuMemCreate
