#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemAllocManaged {

CONFORMANCE_SUITE(cuMemAllocManaged, Context);
CONFORMANCE_SUITE(cuMemAllocManaged_fresh, Uninitialised);

CUresult allocate_and_free(std::size_t bytes, unsigned flags = CU_MEM_ATTACH_GLOBAL) {
  CUdeviceptr address = 0;
  const CUresult result = driver().cuMemAllocManaged(&address, bytes, flags);
  if (result == CUDA_SUCCESS) driver().cuMemFree_v2(address);
  return result;
}

void expect_refused(CUresult error, std::size_t bytes, unsigned flags = CU_MEM_ATTACH_GLOBAL) {
  expect_leaves_or_clears<CUdeviceptr>(error, [&](CUdeviceptr* address) {
    return driver().cuMemAllocManaged(address, bytes, flags);
  });
}

TEST_F(cuMemAllocManaged, GivesDistinctMemoryThatTheHostCanUse) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  constexpr std::size_t bytes = 100'001;
  for (const unsigned flags : {CU_MEM_ATTACH_GLOBAL, CU_MEM_ATTACH_HOST}) {
    const auto [first, second] = expect_writes<CUdeviceptr>(
        [&](CUdeviceptr* address) { return driver().cuMemAllocManaged(address, bytes, flags); });
    ASSERT_NE(first, second);
    auto* const a = reinterpret_cast<unsigned char*>(first);
    auto* const b = reinterpret_cast<unsigned char*>(second);
    std::memset(a, 0x11, bytes);
    std::memset(b, 0x22, bytes);
    EXPECT_EQ(std::count(a, a + bytes, 0x11), static_cast<std::ptrdiff_t>(bytes));
    EXPECT_CUDA_OK(driver().cuMemFree_v2(first));
    EXPECT_EQ(std::count(b, b + bytes, 0x22), static_cast<std::ptrdiff_t>(bytes));
    EXPECT_CUDA_OK(driver().cuMemFree_v2(second));
  }
}

TEST_F(cuMemAllocManaged, HostAndKernelsSeeOneMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  constexpr unsigned count = 30'000;
  const ManagedMemory memory(count * sizeof(unsigned));
  auto* const words = memory.host<unsigned>();
  const auto before = random_vector<unsigned>(count);
  std::copy(before.begin(), before.end(), words);
  const Module module;
  const Stream stream;
  module.kernel("scale_add")
      .launch({(count + 127) / 128}, {128}, 0, stream, memory.address(), count, 3U, 7U);
  stream.synchronize();
  for (unsigned i = 0; i < count; ++i) ASSERT_EQ(words[i], before[i] * 3 + 7) << i;
}

TEST_F(cuMemAllocManaged, CopiesAndMemsetsWorkOnIt) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const auto values = random_vector<unsigned char>(10'000);
  const ManagedMemory memory(values.size());
  ASSERT_CUDA_OK(driver().cuMemcpyHtoD_v2(memory, values.data(), values.size()));
  EXPECT_EQ(std::memcmp(memory.host(), values.data(), values.size()), 0);
  // Fully synchronous, because the target is managed.
  ASSERT_CUDA_OK(driver().cuMemsetD8_v2(memory + 100, 0x77, 5000));
  EXPECT_EQ(std::count(memory.host() + 100, memory.host() + 5100, 0x77), 5000);
  EXPECT_EQ(std::memcmp(memory.host() + 5100, values.data() + 5100, 4900), 0);
}

TEST_F(cuMemAllocManaged, AlignsForAnyKindOfVariable) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  for (const std::size_t bytes : {1, 3, 257, 70000}) {
    const ManagedMemory memory(bytes);
    EXPECT_EQ(memory.address() % 256, 0U) << bytes << " bytes";
  }
}

TEST_F(cuMemAllocManaged, WorksInOtherContexts) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(1000 * sizeof(unsigned));
  const auto value = random_value<unsigned>();
  const ExtraContext extra;
  const Current current(extra);
  const Module module;
  const Stream stream;
  module.kernel("fill").launch({8}, {128}, 0, stream, memory.address(), 1000U, value);
  stream.synchronize();
  EXPECT_EQ(std::count(memory.host<unsigned>(), memory.host<unsigned>() + 1000, value), 1000);
}

TEST_F(cuMemAllocManaged, IsNotSupportedWithoutTheAttribute) {
  if (device_attribute(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY) == 0) {
    expect_refused(CUDA_ERROR_NOT_SUPPORTED, 16);
  } else {
    EXPECT_CUDA_OK(allocate_and_free(16));
  }
}

TEST_F(cuMemAllocManaged, RefusesOtherFlags) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  for (const unsigned flags :
       {0U, unsigned{CU_MEM_ATTACH_SINGLE}, unsigned{CU_MEM_ATTACH_GLOBAL | CU_MEM_ATTACH_HOST}, 8U,
        0x80000000U}) {
    SCOPED_TRACE("flags " + std::to_string(flags));
    expect_refused(CUDA_ERROR_INVALID_VALUE, 16, flags);
  }
}

TEST_F(cuMemAllocManaged, RefusesZeroBytes) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  expect_refused(CUDA_ERROR_INVALID_VALUE, 0);
}

TEST_F(cuMemAllocManaged, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemAllocManaged(nullptr, 16, CU_MEM_ATTACH_GLOBAL));
}

TEST_F(cuMemAllocManaged, IsFreedWithItsContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  CUdeviceptr address = 0;
  {
    const ExtraContext extra;
    const Current current(extra);
    ASSERT_CUDA_OK(driver().cuMemAllocManaged(&address, 4096, CU_MEM_ATTACH_GLOBAL));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(address));
}

TEST_F(cuMemAllocManaged, NeedsACurrentContext) {
  const NoContext none;
  expect_refused(CUDA_ERROR_INVALID_CONTEXT, 16);
}

TEST_F(cuMemAllocManaged, IsUnsafeDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  expect_unsafe_in_capture([] { return allocate_and_free(16); });
}

TEST_F(cuMemAllocManaged_fresh, BeforeInit) {
  expect_refused(CUDA_ERROR_NOT_INITIALIZED, 16);
}

}  // namespace vgpu::conformance::test_cuMemAllocManaged
