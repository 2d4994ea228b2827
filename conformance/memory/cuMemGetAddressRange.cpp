#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemGetAddressRange {

CONFORMANCE_SUITE(cuMemGetAddressRange, Context);
CONFORMANCE_SUITE(cuMemGetAddressRange_fresh, Uninitialised);

void expect_range(CUdeviceptr address, CUdeviceptr base, std::size_t bytes) {
  const auto [first, second] = expect_writes<CUdeviceptr, std::size_t>(
      [&](CUdeviceptr* found_base, std::size_t* found_bytes) {
        return driver().cuMemGetAddressRange_v2(found_base, found_bytes, address);
      });
  EXPECT_EQ(first, second);
  EXPECT_EQ(std::get<0>(first), base);
  EXPECT_EQ(std::get<1>(first), bytes);
}

void expect_refused(CUresult error, CUdeviceptr address) {
  expect_leaves_or_clears<CUdeviceptr, std::size_t>(
      error, [&](CUdeviceptr* base, std::size_t* bytes) {
        return driver().cuMemGetAddressRange_v2(base, bytes, address);
      });
}

TEST_F(cuMemGetAddressRange, KnowsBaseAndSizeFromAnyAddressInside) {
  for (const std::size_t bytes : {1, 1000, 4096, 3000001}) {
    const DeviceMemory memory(bytes);
    expect_range(memory, memory, bytes);
    expect_range(memory + random_below(bytes), memory, bytes);
    expect_range(memory + bytes - 1, memory, bytes);
  }
}

TEST_F(cuMemGetAddressRange, KeepsNeighboursApart) {
  const DeviceMemory first(512);
  const DeviceMemory second(512);
  const DeviceMemory third(512);
  for (const auto* memory : {&first, &second, &third}) {
    expect_range(memory->address() + 511, *memory, 512);
  }
}

TEST_F(cuMemGetAddressRange, BothOutputsAreOptional) {
  const DeviceMemory memory(1000);
  CUdeviceptr base = 0;
  std::size_t bytes = 0;
  EXPECT_CUDA_OK(driver().cuMemGetAddressRange_v2(&base, nullptr, memory + 9));
  EXPECT_EQ(base, memory.address());
  EXPECT_CUDA_OK(driver().cuMemGetAddressRange_v2(nullptr, &bytes, memory + 9));
  EXPECT_EQ(bytes, 1000U);
  EXPECT_CUDA_OK(driver().cuMemGetAddressRange_v2(nullptr, nullptr, memory + 9));
}

// Undocumented.
TEST_F(cuMemGetAddressRange, KnowsPinnedMemory) {
  const PinnedMemory pinned(5000);
  expect_range(pinned.device() + 4999, pinned.device(), 5000);
}

TEST_F(cuMemGetAddressRange, KnowsManagedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(8192);
  expect_range(memory + 8191, memory, 8192);
}

TEST_F(cuMemGetAddressRange, KnowsAModulesVariable) {
  const Module module;
  CUdeviceptr variable = 0;
  std::size_t bytes = 0;
  ASSERT_CUDA_OK(driver().cuModuleGetGlobal_v2(&variable, &bytes, module, "global_array"));
  CUdeviceptr base = 0;
  std::size_t size = 0;
  EXPECT_CUDA_OK(driver().cuMemGetAddressRange_v2(&base, &size, variable));
  EXPECT_LE(base, variable);
  EXPECT_GE(base + size, variable + bytes);
}

TEST_F(cuMemGetAddressRange, DoesNotFindAddressesThatWereNeverAllocated) {
  expect_refused(CUDA_ERROR_NOT_FOUND, garbage_address);
  int on_the_stack = 0;
  expect_refused(CUDA_ERROR_NOT_FOUND, reinterpret_cast<CUdeviceptr>(&on_the_stack));
}

// Undocumented: no address is CUDA_ERROR_INVALID_VALUE or CUDA_ERROR_NOT_FOUND.
TEST_F(cuMemGetAddressRange, DoesNotFindNull) {
  expect_refused(CUDA_ERROR_NOT_FOUND, 0);
}

TEST_F(cuMemGetAddressRange, DoesNotFindFreedMemory) {
  expect_refused(CUDA_ERROR_NOT_FOUND, stale_address());
}

TEST_F(cuMemGetAddressRange, NeedsACurrentContext) {
  const DeviceMemory memory(16);
  const NoContext none;
  expect_refused(CUDA_ERROR_INVALID_CONTEXT, memory);
}

TEST_F(cuMemGetAddressRange, AnswersForMemoryOfAnotherContext) {
  const Foreign foreign;
  expect_range(foreign.memory() + 100, foreign.memory(), 256);
}

TEST_F(cuMemGetAddressRange, IsSafeDuringCapture) {
  const DeviceMemory memory(16);
  expect_safe_in_capture(
      [&] { return driver().cuMemGetAddressRange_v2(nullptr, nullptr, memory); });
}

// The form of CUDA 2 takes no context of a newer interface.
TEST_F(cuMemGetAddressRange, OldFormRefusesNewerContexts) {
  expect_leaves_or_clears<CUdeviceptr_v1, unsigned>(
      CUDA_ERROR_INVALID_CONTEXT, [](CUdeviceptr_v1* base, unsigned* bytes) {
        return driver().cuMemGetAddressRange(base, bytes, garbage_address);
      });
}

TEST_F(cuMemGetAddressRange_fresh, BeforeInit) {
  expect_refused(CUDA_ERROR_NOT_INITIALIZED, garbage_address);
  expect_leaves_or_clears<CUdeviceptr_v1, unsigned>(
      CUDA_ERROR_NOT_INITIALIZED, [](CUdeviceptr_v1* base, unsigned* bytes) {
        return driver().cuMemGetAddressRange(base, bytes, garbage_address);
      });
}

}  // namespace vgpu::conformance::test_cuMemGetAddressRange
