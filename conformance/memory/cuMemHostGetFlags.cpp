#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemHostGetFlags {

CONFORMANCE_SUITE(cuMemHostGetFlags, Context);
CONFORMANCE_SUITE(cuMemHostGetFlags_fresh, Uninitialised);

constexpr unsigned all_flags =
    CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;

unsigned flags_of(void* memory) {
  const auto [first, second] = expect_writes<unsigned>(
      [&](unsigned* flags) { return driver().cuMemHostGetFlags(flags, memory); });
  EXPECT_EQ(first, second);
  return first;
}

void expect_refused(CUresult error, void* memory) {
  expect_leaves<unsigned>(
      error, [&](unsigned* flags) { return driver().cuMemHostGetFlags(flags, memory); });
}

// Under unified addressing a driver may add PORTABLE and DEVICEMAP, which all such memory is.
TEST_F(cuMemHostGetFlags, SaysWhatTheMemoryWasAllocatedWith) {
  for (unsigned asked = 0; asked <= all_flags; ++asked) {
    const PinnedMemory pinned(1000, asked);
    const unsigned found = flags_of(pinned.host());
    EXPECT_EQ(found & asked, asked);
    EXPECT_EQ(found & ~all_flags, 0U);
    EXPECT_EQ(found & CU_MEMHOSTALLOC_WRITECOMBINED, asked & CU_MEMHOSTALLOC_WRITECOMBINED);
  }
}

// Undocumented.
TEST_F(cuMemHostGetFlags, SaysThatAllMemoryIsMapped) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING);
  const PinnedMemory pinned(1000, 0);
  EXPECT_NE(flags_of(pinned.host()) & CU_MEMHOSTALLOC_DEVICEMAP, 0U);
}

TEST_F(cuMemHostGetFlags, KnowsMemoryOfCuMemAllocHost) {
  void* memory = nullptr;
  ASSERT_CUDA_OK(driver().cuMemAllocHost_v2(&memory, 1000));
  EXPECT_EQ(flags_of(memory) & CU_MEMHOSTALLOC_WRITECOMBINED, 0U);
  EXPECT_CUDA_OK(driver().cuMemFreeHost(memory));
}

TEST_F(cuMemHostGetFlags, TakesAnyAddressInside) {
  const PinnedMemory pinned(10'000, CU_MEMHOSTALLOC_WRITECOMBINED);
  EXPECT_EQ(flags_of(pinned.host() + 9'999), flags_of(pinned.host()));
}

TEST_F(cuMemHostGetFlags, RefusesNulls) {
  const PinnedMemory pinned(1000);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostGetFlags(nullptr, pinned.host()));
  expect_refused(CUDA_ERROR_INVALID_VALUE, nullptr);
}

TEST_F(cuMemHostGetFlags, RefusesOrdinaryMemory) {
  std::vector<unsigned char> ordinary(4096);
  expect_refused(CUDA_ERROR_INVALID_VALUE, ordinary.data());
}

// "Will fail if the pointer does not reside in an allocation performed by" the two calls, but the
// driver answers for registered memory too.
TEST_F(cuMemHostGetFlags, KnowsRegisteredMemory) {
  std::vector<unsigned char> ordinary(8192);
  ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(ordinary.data(), ordinary.size(), 0));
  EXPECT_EQ(flags_of(ordinary.data()) & CU_MEMHOSTALLOC_WRITECOMBINED, 0U);
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(ordinary.data()));
  expect_refused(CUDA_ERROR_INVALID_VALUE, ordinary.data());
}

TEST_F(cuMemHostGetFlags, RefusesDeviceMemory) {
  const DeviceMemory memory(4096);
  expect_refused(CUDA_ERROR_INVALID_VALUE, reinterpret_cast<void*>(memory.address()));
}

TEST_F(cuMemHostGetFlags, RefusesFreedMemory) {
  void* memory = nullptr;
  ASSERT_CUDA_OK(driver().cuMemHostAlloc(&memory, 4096, 0));
  ASSERT_CUDA_OK(driver().cuMemFreeHost(memory));
  expect_refused(CUDA_ERROR_INVALID_VALUE, memory);
}

TEST_F(cuMemHostGetFlags, NeedsACurrentContext) {
  const PinnedMemory pinned(1000);
  const NoContext none;
  expect_refused(CUDA_ERROR_INVALID_CONTEXT, pinned.host());
}

TEST_F(cuMemHostGetFlags, AnswersInAnotherContext) {
  const PinnedMemory pinned(1000, CU_MEMHOSTALLOC_PORTABLE);
  const unsigned here = flags_of(pinned.host());
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(flags_of(pinned.host()), here);
}

TEST_F(cuMemHostGetFlags, IsSafeDuringCapture) {
  const PinnedMemory pinned(1000);
  expect_safe_in_capture([&] {
    unsigned flags = 0;
    return driver().cuMemHostGetFlags(&flags, pinned.host());
  });
}

TEST_F(cuMemHostGetFlags_fresh, BeforeInit) {
  int ordinary = 0;
  expect_refused(CUDA_ERROR_NOT_INITIALIZED, &ordinary);
}

}  // namespace vgpu::conformance::test_cuMemHostGetFlags
