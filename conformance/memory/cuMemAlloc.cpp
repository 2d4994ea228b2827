#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemAlloc {

CONFORMANCE_SUITE(cuMemAlloc, Context);
CONFORMANCE_SUITE(cuMemAlloc_fresh, Uninitialised);

/// More than any device has.
constexpr std::size_t one_pebibyte = std::size_t{1} << 50;

CUresult allocate_and_free(std::size_t bytes) {
  CUdeviceptr address = 0;
  const CUresult result = driver().cuMemAlloc_v2(&address, bytes);
  if (result == CUDA_SUCCESS) driver().cuMemFree_v2(address);
  return result;
}

TEST_F(cuMemAlloc, WritesTheAddressAndNothingElse) {
  const auto [first, second] = expect_writes<CUdeviceptr>(
      [](CUdeviceptr* address) { return driver().cuMemAlloc_v2(address, 1000); });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuMemFree_v2(first));
  EXPECT_CUDA_OK(driver().cuMemFree_v2(second));
}

// "The allocated memory is suitably aligned for any kind of variable": 256 on every device so far.
TEST_F(cuMemAlloc, AlignsTo256) {
  for (const std::size_t bytes : {1, 3, 255, 257, 70000}) {
    const DeviceMemory memory(bytes);
    EXPECT_EQ(memory.address() % 256, 0U) << bytes << " bytes";
  }
}

TEST_F(cuMemAlloc, GivesDistinctRanges) {
  const auto a = random_vector<unsigned>(1000);
  const auto b = random_vector<unsigned>(3000);
  const DeviceMemory first(a.size() * sizeof(unsigned));
  const DeviceMemory second(b.size() * sizeof(unsigned));
  write_device(first, a.data(), first.bytes());
  write_device(second, b.data(), second.bytes());
  std::vector<unsigned> found(a.size());
  read_device(found.data(), first, first.bytes());
  EXPECT_EQ(found, a);
  found.resize(b.size());
  read_device(found.data(), second, second.bytes());
  EXPECT_EQ(found, b);
}

TEST_F(cuMemAlloc, TheWholeRangeIsUsableByKernels) {
  const DeviceBuffer<unsigned> buffer(100'003);
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
}

TEST_F(cuMemAlloc, MakesFreeMemoryLess) {
  const MemoryTurn turn;
  const std::size_t bytes = turn.noticeable_bytes();
  const std::size_t before = turn.free_bytes();
  const DeviceMemory memory(bytes);
  EXPECT_LE(turn.free_bytes() + bytes / 2, before);
}

TEST_F(cuMemAlloc, RefusesZeroBytes) {
  expect_leaves_or_clears<CUdeviceptr>(CUDA_ERROR_INVALID_VALUE, [](CUdeviceptr* address) {
    return driver().cuMemAlloc_v2(address, 0);
  });
}

TEST_F(cuMemAlloc, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemAlloc_v2(nullptr, 16));
}

TEST_F(cuMemAlloc, RefusesMoreThanThereIs) {
  expect_leaves_or_clears<CUdeviceptr>(CUDA_ERROR_OUT_OF_MEMORY, [](CUdeviceptr* address) {
    return driver().cuMemAlloc_v2(address, one_pebibyte);
  });
}

TEST_F(cuMemAlloc, RefusesTheLargestSize) {
  EXPECT_CUDA(CUDA_ERROR_OUT_OF_MEMORY, allocate_and_free(SIZE_MAX));
}

TEST_F(cuMemAlloc, StillWorksAfterARefusal) {
  EXPECT_CUDA(CUDA_ERROR_OUT_OF_MEMORY, allocate_and_free(one_pebibyte));
  EXPECT_CUDA_OK(allocate_and_free(4096));
}

TEST_F(cuMemAlloc, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves_or_clears<CUdeviceptr>(CUDA_ERROR_INVALID_CONTEXT, [](CUdeviceptr* address) {
    return driver().cuMemAlloc_v2(address, 16);
  });
}

TEST_F(cuMemAlloc, NeedsACurrentContextOnEachThread) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, on_other_thread([] { return allocate_and_free(16); }));
  EXPECT_CUDA_OK(on_other_thread(context, [] { return allocate_and_free(16); }));
}

TEST_F(cuMemAlloc, BelongsToTheContextThatIsCurrent) {
  const Foreign foreign;
  CUcontext owner = nullptr;
  ASSERT_CUDA_OK(
      driver().cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, foreign.memory()));
  EXPECT_EQ(owner, foreign.context());
}

TEST_F(cuMemAlloc, IsFreedWithItsContext) {
  CUdeviceptr address = 0;
  {
    ExtraContext extra;
    const Current current(extra);
    ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&address, 4096));
  }
  unsigned char byte = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpyDtoH_v2(&byte, address, 1));
}

TEST_F(cuMemAlloc, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture([] { return allocate_and_free(16); });
}

// The form of CUDA 2: addresses and sizes of 32 bits.
TEST_F(cuMemAlloc, OldFormWrites32Bits) {
  struct {
    CUdeviceptr_v1 address;
    unsigned behind;
  } out{0, 0x12345678};
  const CUresult result = driver().cuMemAlloc(&out.address, 4096);
  EXPECT_EQ(out.behind, 0x12345678U);
  if (result == CUDA_SUCCESS) {
    EXPECT_NE(out.address, 0U);
    EXPECT_CUDA_OK(driver().cuMemFree(out.address));
  }
}

TEST_F(cuMemAlloc_fresh, BeforeInit) {
  expect_leaves_or_clears<CUdeviceptr>(CUDA_ERROR_NOT_INITIALIZED, [](CUdeviceptr* address) {
    return driver().cuMemAlloc_v2(address, 16);
  });
}

}  // namespace vgpu::conformance::test_cuMemAlloc
