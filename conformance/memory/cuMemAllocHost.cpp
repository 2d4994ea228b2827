#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemAllocHost {

CONFORMANCE_SUITE(cuMemAllocHost, Context);
CONFORMANCE_SUITE(cuMemAllocHost_fresh, Uninitialised);

CUresult allocate_and_free(std::size_t bytes) {
  void* address = nullptr;
  const CUresult result = driver().cuMemAllocHost_v2(&address, bytes);
  if (result == CUDA_SUCCESS) driver().cuMemFreeHost(address);
  return result;
}

TEST_F(cuMemAllocHost, GivesDistinctWritableMemory) {
  constexpr std::size_t bytes = 100'001;
  const auto [first, second] = expect_writes<void*>(
      [](void** address) { return driver().cuMemAllocHost_v2(address, bytes); });
  ASSERT_NE(first, second);
  const auto a = random_vector<unsigned char>(bytes);
  const auto b = random_vector<unsigned char>(bytes);
  std::memcpy(first, a.data(), bytes);
  std::memcpy(second, b.data(), bytes);
  EXPECT_EQ(std::memcmp(first, a.data(), bytes), 0);
  EXPECT_EQ(std::memcmp(second, b.data(), bytes), 0);
  EXPECT_CUDA_OK(driver().cuMemFreeHost(first));
  EXPECT_CUDA_OK(driver().cuMemFreeHost(second));
}

// "The device pointer ... is always equal to the returned host pointer."
TEST_F(cuMemAllocHost, KernelsReachItAtTheSameAddress) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING);
  constexpr unsigned count = 1000;
  void* memory = nullptr;
  ASSERT_CUDA_OK(driver().cuMemAllocHost_v2(&memory, count * sizeof(unsigned)));
  CUdeviceptr address = 0;
  EXPECT_CUDA_OK(driver().cuMemHostGetDevicePointer_v2(&address, memory, 0));
  EXPECT_EQ(address, reinterpret_cast<CUdeviceptr>(memory));
  auto* const words = static_cast<unsigned*>(memory);
  const auto before = random_vector<unsigned>(count);
  std::copy(before.begin(), before.end(), words);
  const Module module;
  const Stream stream;
  module.kernel("add").launch({(count + 127) / 128}, {128}, 0, stream, address, count, 5U);
  stream.synchronize();
  for (unsigned i = 0; i < count; ++i) ASSERT_EQ(words[i], before[i] + 5) << i;
  EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
}

TEST_F(cuMemAllocHost, IsKnownAsHostMemoryOfTheCurrentContext) {
  void* memory = nullptr;
  ASSERT_CUDA_OK(driver().cuMemAllocHost_v2(&memory, 100));
  const auto address = reinterpret_cast<CUdeviceptr>(memory);
  unsigned type = 0;
  EXPECT_CUDA_OK(
      driver().cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address + 99));
  EXPECT_EQ(type, static_cast<unsigned>(CU_MEMORYTYPE_HOST));
  CUcontext owner = nullptr;
  EXPECT_CUDA_OK(driver().cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, address));
  EXPECT_EQ(owner, context);
  EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
}

TEST_F(cuMemAllocHost, IsAlignedForPages) {
  for (const std::size_t bytes : {1, 100, 5000}) {
    void* memory = nullptr;
    ASSERT_CUDA_OK(driver().cuMemAllocHost_v2(&memory, bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 256, 0U);
    EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
  }
}

// Undocumented.
TEST_F(cuMemAllocHost, TakesZeroBytes) {
  EXPECT_CUDA_OK(allocate_and_free(0));
}

TEST_F(cuMemAllocHost, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAllocHost_v2(nullptr, 16));
}

// The form of CUDA 2 takes no context of a newer interface.
TEST_F(cuMemAllocHost, OldFormRefusesNewerContexts) {
  expect_leaves_or_clears<void*>(CUDA_ERROR_INVALID_CONTEXT, [](void** address) {
    return driver().cuMemAllocHost(address, 16);
  });
}

TEST_F(cuMemAllocHost, RefusesMoreThanThereIs) {
  for (const std::size_t bytes : {std::size_t{1} << 55, SIZE_MAX}) {
    expect_leaves_or_clears<void*>(CUDA_ERROR_OUT_OF_MEMORY, [&](void** address) {
      return driver().cuMemAllocHost_v2(address, bytes);
    });
  }
  EXPECT_CUDA_OK(allocate_and_free(4096));
}

TEST_F(cuMemAllocHost, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves_or_clears<void*>(CUDA_ERROR_INVALID_CONTEXT, [](void** address) {
    return driver().cuMemAllocHost_v2(address, 16);
  });
}

TEST_F(cuMemAllocHost, IsFreedWithItsContext) {
  void* memory = nullptr;
  {
    const ExtraContext extra;
    const Current current(extra);
    ASSERT_CUDA_OK(driver().cuMemAllocHost_v2(&memory, 4096));
  }
  unsigned flags = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostGetFlags(&flags, memory));
}

TEST_F(cuMemAllocHost, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture([] { return allocate_and_free(16); });
}

TEST_F(cuMemAllocHost_fresh, BeforeInit) {
  expect_leaves_or_clears<void*>(CUDA_ERROR_NOT_INITIALIZED, [](void** address) {
    return driver().cuMemAllocHost_v2(address, 16);
  });
  expect_leaves_or_clears<void*>(CUDA_ERROR_NOT_INITIALIZED, [](void** address) {
    return driver().cuMemAllocHost(address, 16);
  });
}

}  // namespace vgpu::conformance::test_cuMemAllocHost
