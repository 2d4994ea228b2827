#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemFree {

CONFORMANCE_SUITE(cuMemFree, Context);
CONFORMANCE_SUITE(cuMemFree_fresh, Uninitialised);

CUdeviceptr allocate(std::size_t bytes = 4096) {
  CUdeviceptr address = 0;
  check(driver().cuMemAlloc_v2(&address, bytes), "cuMemAlloc_v2");
  return address;
}

TEST_F(cuMemFree, GivesTheMemoryBack) {
  const MemoryTurn turn;
  const std::size_t bytes = turn.noticeable_bytes();
  const CUdeviceptr address = allocate(bytes);
  const std::size_t during = turn.free_bytes();
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_GE(turn.free_bytes(), during + bytes / 2);
}

TEST_F(cuMemFree, TheAddressMeansNothingAfterwards) {
  const CUdeviceptr address = allocate();
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  unsigned char byte = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoH_v2(&byte, address, 1));
  CUcontext owner = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, address));
}

TEST_F(cuMemFree, LeavesOtherMemoryAlone) {
  const auto values = random_vector<unsigned>(1000);
  const CUdeviceptr before = allocate();
  const DeviceBuffer<unsigned> kept(values);
  const CUdeviceptr after = allocate();
  EXPECT_CUDA_OK(driver().cuMemFree_v2(before));
  EXPECT_CUDA_OK(driver().cuMemFree_v2(after));
  EXPECT_EQ(kept.read(), values);
}

TEST_F(cuMemFree, IgnoresNull) {
  EXPECT_CUDA_OK(driver().cuMemFree_v2(0));
}

TEST_F(cuMemFree, RefusesASecondFree) {
  const CUdeviceptr address = allocate();
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

TEST_F(cuMemFree, RefusesAnAddressInsideAnAllocation) {
  const auto values = random_vector<unsigned>(1000);
  const DeviceBuffer<unsigned> buffer(values);
  const DeviceMemory memory(4096);
  for (const CUdeviceptr inside : {memory + 1, memory + 256, buffer.address()}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(inside));
  }
  EXPECT_EQ(buffer.read(), values);
}

TEST_F(cuMemFree, RefusesAddressesThatWereNeverAllocated) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(garbage_address));
}

// The form of CUDA 2 takes no context of a newer interface.
TEST_F(cuMemFree, OldFormRefusesNewerContexts) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemFree(0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemFree(garbage_address));
}

TEST_F(cuMemFree, RefusesPinnedMemory) {
  const PinnedMemory pinned(4096);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(pinned.device()));
  std::fill_n(pinned.host(), pinned.bytes(), static_cast<unsigned char>(7));
}

TEST_F(cuMemFree, RefusesAModulesVariable) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(module.variable("global_array")));
}

TEST_F(cuMemFree, FreesPitchedMemory) {
  CUdeviceptr address = 0;
  std::size_t pitch = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocPitch_v2(&address, &pitch, 100, 10, 4));
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

TEST_F(cuMemFree, FreesManagedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocManaged(&address, 4096, CU_MEM_ATTACH_GLOBAL));
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

TEST_F(cuMemFree, FreesStreamOrderedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const Stream stream;
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 4096, stream));
  stream.synchronize();
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

// Freed memory may be given to somebody else at once, so work that was queued before has to be
// over.
TEST_F(cuMemFree, WaitsForTheWorkThatWasQueuedBefore) {
  const CUdeviceptr address = allocate();
  expect_waits_for_other_streams([&] { return driver().cuMemFree_v2(address); });
}

TEST_F(cuMemFree, QueuedWorkStillFindsItsMemory) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  for (int i = 0; i < 20; ++i) {
    constexpr unsigned count = 100'000;
    const CUdeviceptr address = allocate(count * sizeof(unsigned));
    fill.launch({(count + 127) / 128}, {128}, 0, stream, address, count, 1U);
    EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  }
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
}

// Addresses are unique in a process; which of its contexts is current does not matter.
// Undocumented.
TEST_F(cuMemFree, TakesMemoryOfAnotherContext) {
  const ExtraContext extra;
  CUdeviceptr address = 0;
  {
    const Current current(extra);
    address = allocate();
  }
  EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

TEST_F(cuMemFree, RefusesMemoryOfADestroyedContext) {
  CUdeviceptr address = 0;
  {
    const ExtraContext extra;
    const Current current(extra);
    address = allocate();
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

// Undocumented: the address is enough.
TEST_F(cuMemFree, NeedsNoCurrentContext) {
  const CUdeviceptr address = allocate();
  {
    const NoContext none;
    EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

TEST_F(cuMemFree, IsUnsafeDuringCapture) {
  std::vector<CUdeviceptr> left;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuMemFree_v2(left.back());
        if (result == CUDA_SUCCESS) left.pop_back();
        return result;
      },
      [&] { left.push_back(allocate()); });
  EXPECT_EQ(left.size(), 3U) << "a refused call frees nothing";
  for (const CUdeviceptr address : left) EXPECT_CUDA_OK(driver().cuMemFree_v2(address));
}

TEST_F(cuMemFree_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemFree_v2(garbage_address));
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemFree(garbage_address));
}

}  // namespace vgpu::conformance::test_cuMemFree
