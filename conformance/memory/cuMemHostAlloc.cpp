#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemHostAlloc {

CONFORMANCE_SUITE(cuMemHostAlloc, Context);
CONFORMANCE_SUITE(cuMemHostAlloc_fresh, Uninitialised);

constexpr unsigned all_flags =
    CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;

CUresult allocate_and_free(std::size_t bytes, unsigned flags = 0) {
  void* memory = nullptr;
  const CUresult result = driver().cuMemHostAlloc(&memory, bytes, flags);
  if (result == CUDA_SUCCESS) driver().cuMemFreeHost(memory);
  return result;
}

TEST_F(cuMemHostAlloc, GivesDistinctMemoryWithAnyFlags) {
  constexpr std::size_t bytes = 70'001;
  for (unsigned flags = 0; flags <= all_flags; ++flags) {
    const auto [first, second] = expect_writes<void*>(
        [&](void** memory) { return driver().cuMemHostAlloc(memory, bytes, flags); });
    ASSERT_NE(first, second) << "flags " << flags;
    std::memset(first, 0x11, bytes);
    std::memset(second, 0x22, bytes);
    EXPECT_EQ(static_cast<unsigned char*>(first)[bytes - 1], 0x11);
    EXPECT_EQ(static_cast<unsigned char*>(second)[0], 0x22);
    EXPECT_CUDA_OK(driver().cuMemFreeHost(first)) << "flags " << flags;
    EXPECT_CUDA_OK(driver().cuMemFreeHost(second)) << "flags " << flags;
  }
}

// "Automatically immediately accessible": no flag has to be given for it.
TEST_F(cuMemHostAlloc, KernelsReachItWithAnyFlags) {
  constexpr unsigned count = 1000;
  const Module module;
  const Kernel add = module.kernel("add");
  const Stream stream;
  for (unsigned flags = 0; flags <= all_flags; ++flags) {
    const PinnedMemory pinned(count * sizeof(unsigned), flags);
    const auto before = random_vector<unsigned>(count);
    std::memcpy(pinned.host(), before.data(), pinned.bytes());
    add.launch({(count + 127) / 128}, {128}, 0, stream, pinned.device(), count, 9U);
    stream.synchronize();
    const auto* const words = pinned.host<unsigned>();
    for (unsigned i = 0; i < count; ++i) ASSERT_EQ(words[i], before[i] + 9) << "flags " << flags;
  }
}

TEST_F(cuMemHostAlloc, HasOneAddressUnlessWriteCombined) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING);
  for (const unsigned flags : {0, CU_MEMHOSTALLOC_PORTABLE, CU_MEMHOSTALLOC_DEVICEMAP,
                               CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP}) {
    const PinnedMemory pinned(100, flags);
    EXPECT_EQ(pinned.device(), reinterpret_cast<CUdeviceptr>(pinned.host())) << "flags " << flags;
  }
}

TEST_F(cuMemHostAlloc, WorksInOtherContexts) {
  const PinnedMemory pinned(1000 * sizeof(unsigned));
  const auto value = random_value<unsigned>();
  const ExtraContext extra;
  const Current current(extra);
  const Module module;
  const Stream stream;
  module.kernel("fill").launch({8}, {128}, 0, stream, pinned.device(), 1000U, value);
  stream.synchronize();
  for (unsigned i = 0; i < 1000; ++i) ASSERT_EQ(pinned.host<unsigned>()[i], value) << i;
}

TEST_F(cuMemHostAlloc, HoldsManyMebibytes) {
  constexpr std::size_t bytes = std::size_t{32} << 20;
  const PinnedMemory pinned(bytes);
  const auto value = random_value<unsigned char>();
  ASSERT_CUDA_OK(driver().cuMemsetD8_v2(pinned.device(), value, bytes));
  EXPECT_EQ(std::count(pinned.host(), pinned.host() + bytes, value),
            static_cast<std::ptrdiff_t>(bytes));
}

TEST_F(cuMemHostAlloc, RefusesUnknownFlags) {
  for (const unsigned flags : {8U, 0x80000000U, all_flags | 0x10U}) {
    expect_leaves_or_clears<void*>(CUDA_ERROR_INVALID_VALUE, [&](void** memory) {
      return driver().cuMemHostAlloc(memory, 16, flags);
    });
  }
}

// Undocumented.
TEST_F(cuMemHostAlloc, TakesZeroBytes) {
  EXPECT_CUDA_OK(allocate_and_free(0));
}

TEST_F(cuMemHostAlloc, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostAlloc(nullptr, 16, 0));
}

TEST_F(cuMemHostAlloc, RefusesMoreThanThereIs) {
  for (const std::size_t bytes : {std::size_t{1} << 55, SIZE_MAX}) {
    expect_leaves_or_clears<void*>(CUDA_ERROR_OUT_OF_MEMORY, [&](void** memory) {
      return driver().cuMemHostAlloc(memory, bytes, 0);
    });
  }
  EXPECT_CUDA_OK(allocate_and_free(4096));
}

TEST_F(cuMemHostAlloc, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves_or_clears<void*>(CUDA_ERROR_INVALID_CONTEXT, [](void** memory) {
    return driver().cuMemHostAlloc(memory, 16, 0);
  });
}

TEST_F(cuMemHostAlloc, IsFreedWithItsContext) {
  void* memory = nullptr;
  {
    const ExtraContext extra;
    const Current current(extra);
    ASSERT_CUDA_OK(driver().cuMemHostAlloc(&memory, 4096, CU_MEMHOSTALLOC_PORTABLE));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFreeHost(memory));
}

TEST_F(cuMemHostAlloc, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture([] { return allocate_and_free(16); });
}

TEST_F(cuMemHostAlloc_fresh, BeforeInit) {
  expect_leaves_or_clears<void*>(CUDA_ERROR_NOT_INITIALIZED, [](void** memory) {
    return driver().cuMemHostAlloc(memory, 16, 0);
  });
}

}  // namespace vgpu::conformance::test_cuMemHostAlloc
