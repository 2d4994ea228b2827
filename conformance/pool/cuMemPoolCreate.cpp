#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuMemPoolCreate {

CONFORMANCE_SUITE(cuMemPoolCreate, PoolContext);
CONFORMANCE_SUITE(cuMemPoolCreate_fresh, Uninitialised);

void expect_refusal(CUresult expected, const CUmemPoolProps& properties) {
  expect_leaves<CUmemoryPool>(
      expected, [&](CUmemoryPool* pool) { return driver().cuMemPoolCreate(pool, &properties); });
}

TEST_F(cuMemPoolCreate, WritesTheHandleAndNothingElse) {
  const CUmemPoolProps properties = pool_properties();
  const auto [first, second] = expect_writes<CUmemoryPool>(
      [&](CUmemoryPool* pool) { return driver().cuMemPoolCreate(pool, &properties); });
  EXPECT_NE(first, second);
  EXPECT_NE(first, default_pool());
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(first));
  EXPECT_CUDA_OK(driver().cuMemPoolDestroy(second));
}

TEST_F(cuMemPoolCreate, MakesAnEmptyPoolThatIsNotTheCurrentOne) {
  const CUmemoryPool before = current_pool();
  const Pool pool;
  EXPECT_EQ(current_pool(), before);
  for (const auto attribute :
       {CU_MEMPOOL_ATTR_USED_MEM_CURRENT, CU_MEMPOOL_ATTR_USED_MEM_HIGH,
        CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD}) {
    EXPECT_EQ(pool_attribute(pool, attribute), 0U) << attribute;
  }
}

// "By default, the pool's memory will be accessible from the device it is allocated on."
TEST_F(cuMemPoolCreate, TheDeviceHasAccess) {
  const Pool pool;
  CUmemLocation location = device_location();
  CUmemAccess_flags flags{};
  EXPECT_CUDA_OK(driver().cuMemPoolGetAccess(&flags, pool, &location));
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
}

TEST_F(cuMemPoolCreate, NeedsNoCurrentContext) {
  const NoContext none;
  const Pool pool;
  EXPECT_NE(pool.get(), nullptr);
}

TEST_F(cuMemPoolCreate, DoesNotKeepTheProperties) {
  CUmemPoolProps properties = pool_properties();
  const Pool pool(properties);
  std::memset(static_cast<void*>(&properties), 0xff, sizeof properties);
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(100, pool, stream);
  expect_usable(address, 100, stream);
  free_ordered(address, stream);
}

TEST_F(cuMemPoolCreate, RefusesNullArguments) {
  const CUmemPoolProps properties = pool_properties();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemPoolCreate(nullptr, &properties));
  expect_leaves<CUmemoryPool>(CUDA_ERROR_INVALID_VALUE, [](CUmemoryPool* pool) {
    return driver().cuMemPoolCreate(pool, nullptr);
  });
}

TEST_F(cuMemPoolCreate, RefusesUnknownAllocationTypes) {
  CUmemPoolProps properties = pool_properties();
  for (const int type : {0, 77}) {
    properties.allocType = static_cast<CUmemAllocationType>(type);
    expect_refusal(CUDA_ERROR_INVALID_VALUE, properties);
  }
}

TEST_F(cuMemPoolCreate, RefusesUnknownLocations) {
  CUmemPoolProps properties = pool_properties();
  for (const int type : {int{CU_MEM_LOCATION_TYPE_INVALID}, 77}) {
    properties.location.type = static_cast<CUmemLocationType>(type);
    expect_refusal(CUDA_ERROR_INVALID_VALUE, properties);
  }
}

// "Specifying CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT [...] will result in
// CUDA_ERROR_INVALID_VALUE."
TEST_F(cuMemPoolCreate, RefusesTheCurrentNumaNode) {
  CUmemPoolProps properties = pool_properties();
  properties.location.type = CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT;
  expect_refusal(CUDA_ERROR_INVALID_VALUE, properties);
}

// A missing device is a wrong value like any other here.
TEST_F(cuMemPoolCreate, RefusesDevicesThatDoNotExist) {
  CUmemPoolProps properties = pool_properties();
  for (const int id : {device_count(), -1, 9999}) {
    properties.location.id = id;
    expect_refusal(CUDA_ERROR_INVALID_VALUE, properties);
  }
}

TEST_F(cuMemPoolCreate, RefusesHandleTypesThatTheDeviceDoesNotClaim) {
  const int claimed = device_attribute(CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES);
  for (const auto type : {CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, CU_MEM_HANDLE_TYPE_WIN32,
                          CU_MEM_HANDLE_TYPE_WIN32_KMT}) {
    if ((claimed & type) != 0) continue;
    CUmemPoolProps properties = pool_properties();
    properties.handleTypes = type;
    CUmemoryPool pool = nullptr;
    const CUresult result = driver().cuMemPoolCreate(&pool, &properties);
    EXPECT_TRUE(result == CUDA_ERROR_NOT_SUPPORTED || result == CUDA_ERROR_INVALID_VALUE)
        << "handle type " << type << ": " << result_text(result);
    if (result == CUDA_SUCCESS) driver().cuMemPoolDestroy(pool);
  }
}

TEST_F(cuMemPoolCreate, IsUnsafeDuringCapture) {
  std::vector<CUmemoryPool> made;
  expect_unsafe_in_capture([&] {
    const CUmemPoolProps properties = pool_properties();
    CUmemoryPool pool = nullptr;
    const CUresult result = driver().cuMemPoolCreate(&pool, &properties);
    if (result == CUDA_SUCCESS) made.push_back(pool);
    return result;
  });
  for (const CUmemoryPool pool : made) EXPECT_CUDA_OK(driver().cuMemPoolDestroy(pool));
}

TEST_F(cuMemPoolCreate_fresh, BeforeInit) {
  expect_refusal(CUDA_ERROR_NOT_INITIALIZED, pool_properties());
}

}  // namespace vgpu::conformance::test_cuMemPoolCreate
