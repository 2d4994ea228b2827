#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetAddress {

CONFORMANCE_SUITE(cuTexRefSetAddress, Context);
CONFORMANCE_SUITE(cuTexRefSetAddress_fresh, Uninitialised);

TEST_F(cuTexRefSetAddress, KernelsOfTheModuleReadTheMemory) {
  const ReferenceModule module;
  std::vector<float> values(40);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(random_below(1000));
  }
  const DeviceMemory memory(values.size() * sizeof(float));
  write_device(memory, values.data(), memory.bytes());
  const CUtexref image = module.image();
  check(driver().cuTexRefSetFormat(image, CU_AD_FORMAT_FLOAT, 1), "cuTexRefSetFormat");
  const auto [first, second] = expect_writes<std::size_t>([&](std::size_t* offset) {
    return driver().cuTexRefSetAddress_v2(offset, image, memory, memory.bytes());
  });
  EXPECT_EQ(first, 0U);
  EXPECT_EQ(second, 0U);
  EXPECT_EQ(module.fetch_image(40), values);
}

TEST_F(cuTexRefSetAddress, SaysHowFarTheAddressIsFromAnAlignedOne) {
  const DeviceMemory memory(4096);
  const TextureReference reference;
  check(driver().cuTexRefSetFormat(reference, CU_AD_FORMAT_FLOAT, 1), "cuTexRefSetFormat");
  const auto alignment =
      static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT));
  std::size_t offset = 0;
  EXPECT_CUDA_OK(driver().cuTexRefSetAddress_v2(&offset, reference, memory + 16, 1024));
  EXPECT_EQ(offset, (memory + 16) % alignment);
}

TEST_F(cuTexRefSetAddress, NeedsNoOffsetForAnAddressOfAnAllocation) {
  const DeviceMemory memory(4096);
  const TextureReference reference;
  check(driver().cuTexRefSetFormat(reference, CU_AD_FORMAT_FLOAT, 1), "cuTexRefSetFormat");
  EXPECT_CUDA_OK(driver().cuTexRefSetAddress_v2(nullptr, reference, memory, 4096));
}

TEST_F(cuTexRefSetAddress, RefusesNoReference) {
  const DeviceMemory memory(4096);
  std::size_t offset = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuTexRefSetAddress_v2(&offset, nullptr, memory, 4096));
}

TEST_F(cuTexRefSetAddress, NeedsNoCurrentContext) {
  const DeviceMemory memory(4096);
  const TextureReference reference;
  const NoContext none;
  std::size_t offset = 0;
  EXPECT_CUDA_OK(driver().cuTexRefSetAddress_v2(&offset, reference, memory, 4096));
}

// Undocumented.
TEST_F(cuTexRefSetAddress, IsSafeDuringCapture) {
  const DeviceMemory memory(4096);
  const TextureReference reference;
  std::size_t offset = 0;
  expect_safe_in_capture(
      [&] { return driver().cuTexRefSetAddress_v2(&offset, reference, memory, 4096); });
}

TEST_F(cuTexRefSetAddress_fresh, BeforeInit) {
  std::size_t offset = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefSetAddress_v2(&offset, nullptr, garbage_address, 64));
}

}  // namespace vgpu::conformance::test_cuTexRefSetAddress
