#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemFreeHost {

CONFORMANCE_SUITE(cuMemFreeHost, Context);
CONFORMANCE_SUITE(cuMemFreeHost_fresh, Uninitialised);

void* allocate(std::size_t bytes = 4096) {
  void* memory = nullptr;
  check(driver().cuMemHostAlloc(&memory, bytes, 0), "cuMemHostAlloc");
  return memory;
}

bool known(const void* memory) {
  unsigned type = 0;
  return driver().cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                        reinterpret_cast<CUdeviceptr>(memory)) == CUDA_SUCCESS;
}

TEST_F(cuMemFreeHost, TheDriverForgetsTheMemory) {
  void* const memory = allocate();
  EXPECT_TRUE(known(memory));
  EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
  EXPECT_FALSE(known(memory));
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostGetDevicePointer_v2(&address, memory, 0));
}

TEST_F(cuMemFreeHost, FreesMemoryOfBothCallsAndAllFlags) {
  void* memory = nullptr;
  ASSERT_CUDA_OK(driver().cuMemAllocHost_v2(&memory, 100));
  EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
  for (const unsigned flags :
       {CU_MEMHOSTALLOC_PORTABLE, CU_MEMHOSTALLOC_DEVICEMAP, CU_MEMHOSTALLOC_WRITECOMBINED}) {
    ASSERT_CUDA_OK(driver().cuMemHostAlloc(&memory, 100, flags));
    EXPECT_CUDA_OK(driver().cuMemFreeHost(memory)) << "flags " << flags;
    EXPECT_FALSE(known(memory));
  }
}

TEST_F(cuMemFreeHost, LeavesOtherMemoryAlone) {
  void* const before = allocate();
  const PinnedMemory kept(4096);
  void* const after = allocate();
  const auto values = random_vector<unsigned char>(kept.bytes());
  std::memcpy(kept.host(), values.data(), values.size());
  EXPECT_CUDA_OK(driver().cuMemFreeHost(before));
  EXPECT_CUDA_OK(driver().cuMemFreeHost(after));
  EXPECT_EQ(std::memcmp(kept.host(), values.data(), values.size()), 0);
}

TEST_F(cuMemFreeHost, RefusesASecondFree) {
  void* const memory = allocate();
  EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeHost(memory));
}

// Undocumented.
TEST_F(cuMemFreeHost, IgnoresNull) {
  EXPECT_CUDA_OK(driver().cuMemFreeHost(nullptr));
}

TEST_F(cuMemFreeHost, RefusesAnAddressInsideAnAllocation) {
  const PinnedMemory pinned(8192);
  for (const std::size_t offset : {1, 256, 4096}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeHost(pinned.host() + offset));
  }
  EXPECT_TRUE(known(pinned.host()));
}

TEST_F(cuMemFreeHost, RefusesOrdinaryMemory) {
  std::vector<unsigned char> ordinary(4096);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeHost(ordinary.data()));
}

TEST_F(cuMemFreeHost, RefusesRegisteredMemory) {
  std::vector<unsigned char> ordinary(8192);
  ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(ordinary.data(), ordinary.size(), 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeHost(ordinary.data()));
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(ordinary.data()));
}

TEST_F(cuMemFreeHost, RefusesDeviceMemory) {
  const DeviceMemory memory(4096);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemFreeHost(reinterpret_cast<void*>(memory.address())));
}

TEST_F(cuMemFreeHost, RefusesManagedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(4096);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeHost(memory.host()));
  memory.host()[0] = 1;
}

// Copies and kernels that were queued before may still use the memory.
TEST_F(cuMemFreeHost, WaitsForTheWorkThatWasQueuedBefore) {
  void* const memory = allocate();
  expect_waits_for_other_streams([&] { return driver().cuMemFreeHost(memory); });
}

// Undocumented.
TEST_F(cuMemFreeHost, TakesMemoryOfAnotherContext) {
  const ExtraContext extra;
  void* memory = nullptr;
  {
    const Current current(extra);
    memory = allocate();
  }
  EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
  EXPECT_FALSE(known(memory));
}

// Undocumented: the address is enough.
TEST_F(cuMemFreeHost, NeedsNoCurrentContext) {
  void* const memory = allocate();
  {
    const NoContext none;
    EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
  }
  EXPECT_FALSE(known(memory));
}

TEST_F(cuMemFreeHost, IsUnsafeDuringCapture) {
  std::vector<void*> left;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuMemFreeHost(left.back());
        if (result == CUDA_SUCCESS) left.pop_back();
        return result;
      },
      [&] { left.push_back(allocate()); });
  EXPECT_EQ(left.size(), 3U) << "a refused call frees nothing";
  for (void* const memory : left) EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
}

TEST_F(cuMemFreeHost_fresh, BeforeInit) {
  int ordinary = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemFreeHost(&ordinary));
}

}  // namespace vgpu::conformance::test_cuMemFreeHost
