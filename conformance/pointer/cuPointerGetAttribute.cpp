#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuPointerGetAttribute {

CONFORMANCE_SUITE(cuPointerGetAttribute, Context);
CONFORMANCE_SUITE(cuPointerGetAttribute_fresh, Uninitialised);

CUdeviceptr address_of(const void* memory) {
  return reinterpret_cast<CUdeviceptr>(memory);
}

/// The attribute, whose value has T's width.
template <class T>
T get(CUpointer_attribute attribute, CUdeviceptr address) {
  const auto [first, second] = expect_writes<T>(
      [&](T* value) { return driver().cuPointerGetAttribute(value, attribute, address); });
  EXPECT_EQ(first, second) << "attribute " << attribute;
  return first;
}

/// An attribute of one truth value; the documentation does not say how wide it is.
bool get_boolean(CUpointer_attribute attribute, CUdeviceptr address) {
  unsigned long long value = 0;
  EXPECT_CUDA_OK(driver().cuPointerGetAttribute(&value, attribute, address));
  unsigned long long inverse = 0xff;
  EXPECT_CUDA_OK(driver().cuPointerGetAttribute(&inverse, attribute, address));
  EXPECT_EQ(value, inverse) << "attribute " << attribute;
  EXPECT_LE(value, 1U) << "attribute " << attribute;
  return value != 0;
}

void expect_refused(CUresult error, CUpointer_attribute attribute, CUdeviceptr address) {
  SCOPED_TRACE("attribute " + std::to_string(attribute));
  expect_leaves<unsigned long long>(error, [&](unsigned long long* value) {
    return driver().cuPointerGetAttribute(value, attribute, address);
  });
}

TEST_F(cuPointerGetAttribute, DeviceMemory) {
  const DeviceMemory memory(5000);
  const CUdeviceptr inside = memory + 4999;
  EXPECT_EQ(get<CUcontext>(CU_POINTER_ATTRIBUTE_CONTEXT, inside), context);
  EXPECT_EQ(get<unsigned>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inside),
            static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(get<CUdeviceptr>(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, inside), inside);
  EXPECT_EQ(get<int>(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, inside), device);
  EXPECT_EQ(get<CUdeviceptr>(CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, inside), memory.address());
  EXPECT_EQ(get<std::size_t>(CU_POINTER_ATTRIBUTE_RANGE_SIZE, inside), 5000U);
  EXPECT_FALSE(get_boolean(CU_POINTER_ATTRIBUTE_IS_MANAGED, inside));
  EXPECT_TRUE(get_boolean(CU_POINTER_ATTRIBUTE_MAPPED, inside));
  EXPECT_FALSE(get_boolean(CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, inside));
}

TEST_F(cuPointerGetAttribute, DeviceMemoryHasNoHostPointer) {
  const DeviceMemory memory(16);
  expect_leaves_or_clears<void*>(CUDA_ERROR_INVALID_VALUE, [&](void** host) {
    return driver().cuPointerGetAttribute(host, CU_POINTER_ATTRIBUTE_HOST_POINTER, memory);
  });
}

TEST_F(cuPointerGetAttribute, PinnedMemory) {
  const PinnedMemory pinned(5000);
  const CUdeviceptr inside = address_of(pinned.host()) + 4999;
  EXPECT_EQ(get<CUcontext>(CU_POINTER_ATTRIBUTE_CONTEXT, inside), context);
  EXPECT_EQ(get<unsigned>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inside),
            static_cast<unsigned>(CU_MEMORYTYPE_HOST));
  EXPECT_EQ(get<CUdeviceptr>(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, inside), pinned.device() + 4999);
  EXPECT_EQ(get<void*>(CU_POINTER_ATTRIBUTE_HOST_POINTER, inside), pinned.host() + 4999);
  EXPECT_EQ(get<int>(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, inside), device);
  EXPECT_FALSE(get_boolean(CU_POINTER_ATTRIBUTE_IS_MANAGED, inside));
}

TEST_F(cuPointerGetAttribute, WriteCombinedMemoryAnswersFromBothOfItsAddresses) {
  const PinnedMemory pinned(1000, CU_MEMHOSTALLOC_WRITECOMBINED);
  for (const CUdeviceptr address : {address_of(pinned.host()), pinned.device()}) {
    EXPECT_EQ(get<void*>(CU_POINTER_ATTRIBUTE_HOST_POINTER, address + 7), pinned.host() + 7);
    EXPECT_EQ(get<CUdeviceptr>(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, address + 7),
              pinned.device() + 7);
  }
}

TEST_F(cuPointerGetAttribute, RegisteredMemory) {
  std::vector<unsigned char> memory(20'000);
  ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(memory.data(), memory.size(), 0));
  const CUdeviceptr inside = address_of(memory.data()) + 12'345;
  CUdeviceptr on_device = 0;
  EXPECT_CUDA_OK(driver().cuMemHostGetDevicePointer_v2(&on_device, &memory[12'345], 0));
  EXPECT_EQ(get<CUcontext>(CU_POINTER_ATTRIBUTE_CONTEXT, inside), context);
  EXPECT_EQ(get<unsigned>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inside),
            static_cast<unsigned>(CU_MEMORYTYPE_HOST));
  EXPECT_EQ(get<CUdeviceptr>(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, inside), on_device);
  EXPECT_EQ(get<void*>(CU_POINTER_ATTRIBUTE_HOST_POINTER, inside), &memory[12'345]);
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.data()));
  expect_refused(CUDA_ERROR_INVALID_VALUE, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inside);
}

TEST_F(cuPointerGetAttribute, ManagedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(5000);
  const CUdeviceptr inside = memory + 4999;
  EXPECT_TRUE(get_boolean(CU_POINTER_ATTRIBUTE_IS_MANAGED, inside));
  EXPECT_EQ(get<unsigned>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inside),
            static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(get<CUdeviceptr>(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, inside), inside);
  EXPECT_EQ(get<void*>(CU_POINTER_ATTRIBUTE_HOST_POINTER, inside), memory.host() + 4999);
}

TEST_F(cuPointerGetAttribute, AModulesVariable) {
  const Module module;
  const CUdeviceptr variable = module.variable("global_value");
  EXPECT_EQ(get<unsigned>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, variable),
            static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(get<CUcontext>(CU_POINTER_ATTRIBUTE_CONTEXT, variable), context);
  EXPECT_EQ(get<int>(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, variable), device);
}

TEST_F(cuPointerGetAttribute, MemoryOfAnotherContext) {
  const Foreign foreign;
  EXPECT_EQ(get<CUcontext>(CU_POINTER_ATTRIBUTE_CONTEXT, foreign.memory()), foreign.context());
  EXPECT_EQ(get<std::size_t>(CU_POINTER_ATTRIBUTE_RANGE_SIZE, foreign.memory()), 256U);
}

TEST_F(cuPointerGetAttribute, StreamOrderedMemoryNamesItsPool) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  CUmemoryPool pool = nullptr;
  ASSERT_CUDA_OK(driver().cuDeviceGetDefaultMemPool(&pool, device));
  const Stream stream;
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocFromPoolAsync(&address, 4096, pool, stream));
  EXPECT_EQ(get<CUmemoryPool>(CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, address), pool);
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  stream.synchronize();
}

// "Subsequent allocations do not reuse IDs from previous freed allocations."
TEST_F(cuPointerGetAttribute, BufferIdsAreNeverReused) {
  std::vector<unsigned long long> ids;
  for (int i = 0; i < 10; ++i) {
    const DeviceMemory memory(4096);
    const auto id = get<unsigned long long>(CU_POINTER_ATTRIBUTE_BUFFER_ID, memory);
    EXPECT_EQ(get<unsigned long long>(CU_POINTER_ATTRIBUTE_BUFFER_ID, memory + 4095), id);
    ids.push_back(id);
  }
  const PinnedMemory pinned(4096);
  ids.push_back(get<unsigned long long>(CU_POINTER_ATTRIBUTE_BUFFER_ID, pinned.device()));
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST_F(cuPointerGetAttribute, RefusesAddressesThatTheDriverDoesNotKnow) {
  const int ordinary = 0;
  const CUdeviceptr stale = stale_address();
  for (const CUdeviceptr address : {garbage_address, stale, address_of(&ordinary)}) {
    for (const auto attribute :
         {CU_POINTER_ATTRIBUTE_CONTEXT, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
          CU_POINTER_ATTRIBUTE_DEVICE_POINTER, CU_POINTER_ATTRIBUTE_HOST_POINTER,
          CU_POINTER_ATTRIBUTE_BUFFER_ID, CU_POINTER_ATTRIBUTE_IS_MANAGED,
          CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, CU_POINTER_ATTRIBUTE_RANGE_SIZE}) {
      expect_refused(CUDA_ERROR_INVALID_VALUE, attribute, address);
    }
  }
}

TEST_F(cuPointerGetAttribute, RefusesUnknownAttributes) {
  const DeviceMemory memory(16);
  for (const int attribute : {0, -1, 1000}) {
    expect_refused(CUDA_ERROR_INVALID_VALUE, static_cast<CUpointer_attribute>(attribute), memory);
  }
}

TEST_F(cuPointerGetAttribute, RefusesANullOutput) {
  const DeviceMemory memory(16);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuPointerGetAttribute(nullptr, CU_POINTER_ATTRIBUTE_CONTEXT, memory));
}

// Only the device pointer is one of the current context; the rest is known without. Undocumented.
TEST_F(cuPointerGetAttribute, NeedsNoCurrentContext) {
  const DeviceMemory memory(16);
  const NoContext none;
  EXPECT_EQ(get<CUcontext>(CU_POINTER_ATTRIBUTE_CONTEXT, memory), context);
  EXPECT_EQ(get<unsigned>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, memory),
            static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
}

TEST_F(cuPointerGetAttribute, TheDevicePointerNeedsACurrentContext) {
  const DeviceMemory memory(16);
  const NoContext none;
  expect_leaves_or_clears<CUdeviceptr>(CUDA_ERROR_INVALID_CONTEXT, [&](CUdeviceptr* address) {
    return driver().cuPointerGetAttribute(address, CU_POINTER_ATTRIBUTE_DEVICE_POINTER, memory);
  });
}

TEST_F(cuPointerGetAttribute, IsSafeDuringCapture) {
  const DeviceMemory memory(16);
  expect_safe_in_capture([&] {
    CUcontext owner = nullptr;
    return driver().cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, memory);
  });
}

TEST_F(cuPointerGetAttribute_fresh, BeforeInit) {
  expect_refused(CUDA_ERROR_NOT_INITIALIZED, CU_POINTER_ATTRIBUTE_CONTEXT, garbage_address);
}

}  // namespace vgpu::conformance::test_cuPointerGetAttribute
