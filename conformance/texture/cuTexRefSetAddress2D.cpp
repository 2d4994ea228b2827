#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetAddress2D {

CONFORMANCE_SUITE(cuTexRefSetAddress2D, Context);
CONFORMANCE_SUITE(cuTexRefSetAddress2D_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuTexRefSetAddress2D_v2, driver().cuTexRefSetAddress2D_v3};
}

const CUDA_ARRAY_DESCRIPTOR descriptor{16, 4, CU_AD_FORMAT_FLOAT, 1};
constexpr std::size_t pitch = 512;

TEST_F(cuTexRefSetAddress2D, BindsTheMemory) {
  const DeviceMemory memory(pitch * 4);
  for (const auto form : forms()) {
    const TextureReference reference;
    EXPECT_CUDA_OK(form(reference, &descriptor, memory, pitch));
    CUdeviceptr address = 0;
    EXPECT_CUDA_OK(driver().cuTexRefGetAddress_v2(&address, reference));
    EXPECT_EQ(address, memory.address());
  }
}

TEST_F(cuTexRefSetAddress2D, RefusesNoReferenceAndNoDescriptor) {
  const DeviceMemory memory(pitch * 4);
  const TextureReference reference;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(nullptr, &descriptor, memory, pitch));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(reference, nullptr, memory, pitch));
  }
}

TEST_F(cuTexRefSetAddress2D, NeedsNoCurrentContext) {
  const DeviceMemory memory(pitch * 4);
  const TextureReference reference;
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(reference, &descriptor, memory, pitch));
  }
}

// Undocumented.
TEST_F(cuTexRefSetAddress2D, IsSafeDuringCapture) {
  const DeviceMemory memory(pitch * 4);
  const TextureReference reference;
  for (const auto form : forms()) {
    expect_safe_in_capture([&] { return form(reference, &descriptor, memory, pitch); });
  }
}

TEST_F(cuTexRefSetAddress2D_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, &descriptor, garbage_address, pitch));
  }
}

}  // namespace vgpu::conformance::test_cuTexRefSetAddress2D
