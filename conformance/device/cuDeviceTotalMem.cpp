#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceTotalMem {

CONFORMANCE_SUITE(cuDeviceTotalMem, Driver);
CONFORMANCE_SUITE(cuDeviceTotalMem_fresh, Uninitialised);

std::size_t total() {
  std::size_t bytes = 0;
  check(driver().cuDeviceTotalMem_v2(&bytes, Driver::device), "cuDeviceTotalMem_v2");
  return bytes;
}

TEST_F(cuDeviceTotalMem, WritesTheSameEachTime) {
  const auto [first, second] = expect_writes<std::size_t>(
      [](std::size_t* bytes) { return driver().cuDeviceTotalMem_v2(bytes, device); });
  EXPECT_EQ(first, second);
  EXPECT_GE(first, std::size_t{16} << 20);
}

TEST_F(cuDeviceTotalMem, IsWhatTheMemoryQuerySays) {
  const ExtraContext extra;
  const Current current(extra);
  std::size_t free_bytes = 0;
  std::size_t all = 0;
  ASSERT_CUDA_OK(driver().cuMemGetInfo_v2(&free_bytes, &all));
  EXPECT_EQ(total(), all);
  EXPECT_LE(free_bytes, total());
}

TEST_F(cuDeviceTotalMem, DoesNotChangeWithAllocations) {
  const std::size_t before = total();
  const ExtraContext extra;
  const Current current(extra);
  const DeviceMemory memory(std::size_t{8} << 20);
  EXPECT_EQ(total(), before);
}

// The form of CUDA 2 has 32 bits; what does not fit is cut to the largest number.
TEST_F(cuDeviceTotalMem, OldFormWrites32Bits) {
  const auto [first, second] = expect_writes<unsigned>(
      [](unsigned* bytes) { return driver().cuDeviceTotalMem(bytes, device); });
  EXPECT_EQ(first, second);
  unsigned two[2] = {0, 0x12345678};
  ASSERT_CUDA_OK(driver().cuDeviceTotalMem(two, device));
  EXPECT_EQ(two[1], 0x12345678U);
  // Undocumented.
  EXPECT_EQ(two[0], std::min<std::size_t>(total(), UINT32_MAX));
}

TEST_F(cuDeviceTotalMem, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceTotalMem_v2(nullptr, device));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceTotalMem(nullptr, device));
}

// A call that fails may write its output.
TEST_F(cuDeviceTotalMem, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    std::size_t bytes = 0;
    EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuDeviceTotalMem_v2(&bytes, unknown));
    std::array<unsigned, 2> old_bytes{0, 0x5a5a5a5a};
    EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuDeviceTotalMem(old_bytes.data(), unknown));
    EXPECT_EQ(old_bytes[1], 0x5a5a5a5aU) << "the output of this form has 32 bits";
  }
}

TEST_F(cuDeviceTotalMem, MakesNoContext) {
  total();
  EXPECT_EQ(current_context(), nullptr);
  unsigned flags = 0;
  int active = 1;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &flags, &active));
  EXPECT_EQ(active, 0);
}

TEST_F(cuDeviceTotalMem, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    std::size_t bytes = 0;
    return driver().cuDeviceTotalMem_v2(&bytes, device);
  });
}

// A call that fails may write its output.
TEST_F(cuDeviceTotalMem_fresh, BeforeInit) {
  std::size_t bytes = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuDeviceTotalMem_v2(&bytes, 0));
  unsigned old_bytes = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuDeviceTotalMem(&old_bytes, 0));
}

}  // namespace vgpu::conformance::test_cuDeviceTotalMem
