#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetAddress {

CONFORMANCE_SUITE(cuTexRefGetAddress, Context);
CONFORMANCE_SUITE(cuTexRefGetAddress_fresh, Uninitialised);

TEST_F(cuTexRefGetAddress, SaysWhatIsBound) {
  const DeviceMemory memory(4096);
  const TextureReference reference;
  check(driver().cuTexRefSetFormat(reference, CU_AD_FORMAT_FLOAT, 1), "cuTexRefSetFormat");
  check(driver().cuTexRefSetAddress_v2(nullptr, reference, memory, 4096), "cuTexRefSetAddress_v2");
  const auto [first, second] = expect_writes<CUdeviceptr>(
      [&](CUdeviceptr* out) { return driver().cuTexRefGetAddress_v2(out, reference); });
  EXPECT_EQ(first, memory.address());
  EXPECT_EQ(second, memory.address());
}

TEST_F(cuTexRefGetAddress, RefusesAReferenceThatIsBoundToNone) {
  const TextureReference reference;
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetAddress_v2(&address, reference));
}

TEST_F(cuTexRefGetAddress, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefGetAddress_v2(&address, reference));
}

// Undocumented.
TEST_F(cuTexRefGetAddress, IsSafeDuringCapture) {
  const DeviceMemory memory(4096);
  const TextureReference reference;
  ASSERT_CUDA_OK(driver().cuTexRefSetAddress_v2(nullptr, reference, memory, 4096));
  CUdeviceptr address = 0;
  expect_safe_in_capture([&] { return driver().cuTexRefGetAddress_v2(&address, reference); });
}

TEST_F(cuTexRefGetAddress_fresh, BeforeInit) {
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetAddress_v2(&address, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetAddress
