#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemAllocPitch {

CONFORMANCE_SUITE(cuMemAllocPitch, Context);
CONFORMANCE_SUITE(cuMemAllocPitch_fresh, Uninitialised);

/// Memory of this shape until the end of the scope.
struct Pitched {
  Pitched(std::size_t width, std::size_t height, unsigned element = 4) {
    check(driver().cuMemAllocPitch_v2(&address, &pitch, width, height, element),
          "cuMemAllocPitch_v2");
  }
  ~Pitched() { driver().cuMemFree_v2(address); }
  Pitched(const Pitched&) = delete;
  Pitched& operator=(const Pitched&) = delete;

  CUdeviceptr address = 0;
  std::size_t pitch = 0;
};

void expect_refused(CUresult error, std::size_t width, std::size_t height, unsigned element) {
  SCOPED_TRACE(std::to_string(width) + " x " + std::to_string(height) + " of " +
               std::to_string(element));
  expect_leaves_or_clears<CUdeviceptr, std::size_t>(
      error, [&](CUdeviceptr* address, std::size_t* pitch) {
        return driver().cuMemAllocPitch_v2(address, pitch, width, height, element);
      });
}

CUresult allocate_and_free() {
  CUdeviceptr address = 0;
  std::size_t pitch = 0;
  const CUresult result = driver().cuMemAllocPitch_v2(&address, &pitch, 64, 4, 4);
  if (result == CUDA_SUCCESS) driver().cuMemFree_v2(address);
  return result;
}

TEST_F(cuMemAllocPitch, WritesAddressAndPitch) {
  const auto [first, second] =
      expect_writes<CUdeviceptr, std::size_t>([](CUdeviceptr* address, std::size_t* pitch) {
        return driver().cuMemAllocPitch_v2(address, pitch, 1000, 3, 4);
      });
  EXPECT_NE(std::get<0>(first), std::get<0>(second));
  EXPECT_EQ(std::get<1>(first), std::get<1>(second));
  EXPECT_CUDA_OK(driver().cuMemFree_v2(std::get<0>(first)));
  EXPECT_CUDA_OK(driver().cuMemFree_v2(std::get<0>(second)));
}

TEST_F(cuMemAllocPitch, ThePitchIsAsWideAsTheRowAndAligned) {
  const auto alignment =
      static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT));
  const auto most = static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_MAX_PITCH));
  for (const std::size_t width : {1, 31, 512, 513, 1000, 4096, 70001}) {
    for (const unsigned element : {4U, 8U, 16U}) {
      const Pitched memory(width, 5, element);
      EXPECT_GE(memory.pitch, width);
      EXPECT_LE(memory.pitch, most);
      EXPECT_LT(memory.pitch, width + 65536) << "width " << width;
      EXPECT_EQ(memory.pitch % alignment, 0U) << "width " << width;
      EXPECT_EQ(memory.pitch % element, 0U) << "width " << width;
      EXPECT_EQ(memory.address % 256, 0U);
    }
  }
}

TEST_F(cuMemAllocPitch, EveryRowIsThere) {
  constexpr std::size_t width = 1000;
  constexpr std::size_t height = 37;
  const Pitched memory(width, height);
  // The last row may end with its width.
  const std::size_t bytes = memory.pitch * (height - 1) + width;
  const auto values = random_vector<unsigned char>(bytes);
  write_device(memory.address, values.data(), bytes);
  std::vector<unsigned char> found(bytes);
  read_device(found.data(), memory.address, bytes);
  EXPECT_EQ(found, values);
}

TEST_F(cuMemAllocPitch, CopiesIn2DWorkWithItsPitch) {
  constexpr std::size_t width = 300;
  constexpr std::size_t height = 21;
  const Pitched memory(width, height);
  const auto values = random_vector<unsigned char>(width * height);
  std::vector<unsigned char> found(width * height);
  CUDA_MEMCPY2D copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = values.data();
  copy.srcPitch = width;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = memory.address;
  copy.dstPitch = memory.pitch;
  copy.WidthInBytes = width;
  copy.Height = height;
  EXPECT_CUDA_OK(driver().cuMemcpy2D_v2(&copy));
  // A copy of pageable memory may still be on its way when it returns.
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  for (std::size_t row = 0; row < height; ++row) {
    read_device(found.data() + row * width, memory.address + row * memory.pitch, width);
  }
  EXPECT_EQ(found, values);
}

TEST_F(cuMemAllocPitch, IsOneAllocationOfPitchTimesHeight) {
  const Pitched memory(1000, 9);
  CUdeviceptr base = 0;
  std::size_t bytes = 0;
  ASSERT_CUDA_OK(driver().cuMemGetAddressRange_v2(&base, &bytes, memory.address + 17));
  EXPECT_EQ(base, memory.address);
  EXPECT_EQ(bytes, memory.pitch * 9);
}

TEST_F(cuMemAllocPitch, RefusesOtherElementSizes) {
  for (const unsigned element : {0U, 1U, 2U, 3U, 5U, 12U, 17U, 32U}) {
    expect_refused(CUDA_ERROR_INVALID_VALUE, 64, 4, element);
  }
}

// Undocumented.
TEST_F(cuMemAllocPitch, RefusesEmptyRanges) {
  expect_refused(CUDA_ERROR_INVALID_VALUE, 0, 4, 4);
  expect_refused(CUDA_ERROR_INVALID_VALUE, 64, 0, 4);
}

TEST_F(cuMemAllocPitch, RefusesNullOutputs) {
  expect_leaves_or_clears<std::size_t>(CUDA_ERROR_INVALID_VALUE, [](std::size_t* pitch) {
    return driver().cuMemAllocPitch_v2(nullptr, pitch, 64, 4, 4);
  });
  expect_leaves_or_clears<CUdeviceptr>(CUDA_ERROR_INVALID_VALUE, [](CUdeviceptr* address) {
    return driver().cuMemAllocPitch_v2(address, nullptr, 64, 4, 4);
  });
}

TEST_F(cuMemAllocPitch, RefusesMoreThanThereIs) {
  // The driver has written the pitch by the time it finds that there is no memory.
  std::size_t pitch = 0;
  expect_leaves_or_clears<CUdeviceptr>(CUDA_ERROR_OUT_OF_MEMORY, [&](CUdeviceptr* address) {
    return driver().cuMemAllocPitch_v2(address, &pitch, 1 << 20, std::size_t{1} << 30, 4);
  });
}

// Undocumented: CU_DEVICE_ATTRIBUTE_MAX_PITCH is no limit.
TEST_F(cuMemAllocPitch, RefusesAPitchThatNoNumberHolds) {
  expect_refused(CUDA_ERROR_INVALID_VALUE, SIZE_MAX, 1, 4);
}

TEST_F(cuMemAllocPitch, NeedsACurrentContext) {
  const NoContext none;
  expect_refused(CUDA_ERROR_INVALID_CONTEXT, 64, 4, 4);
}

TEST_F(cuMemAllocPitch, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture(allocate_and_free);
}

// The form of CUDA 2: addresses and sizes of 32 bits.
TEST_F(cuMemAllocPitch, OldFormWrites32Bits) {
  struct {
    CUdeviceptr_v1 address;
    unsigned behind_address, pitch, behind_pitch;
  } out{0, 0x12345678, 0, 0x87654321};
  const CUresult result = driver().cuMemAllocPitch(&out.address, &out.pitch, 1000, 3, 4);
  EXPECT_EQ(out.behind_address, 0x12345678U);
  EXPECT_EQ(out.behind_pitch, 0x87654321U);
  if (result == CUDA_SUCCESS) {
    EXPECT_GE(out.pitch, 1000U);
    EXPECT_CUDA_OK(driver().cuMemFree(out.address));
  }
}

TEST_F(cuMemAllocPitch_fresh, BeforeInit) {
  expect_refused(CUDA_ERROR_NOT_INITIALIZED, 64, 4, 4);
  expect_leaves_or_clears<CUdeviceptr_v1, unsigned>(
      CUDA_ERROR_NOT_INITIALIZED, [](CUdeviceptr_v1* address, unsigned* pitch) {
        return driver().cuMemAllocPitch(address, pitch, 64, 4, 4);
      });
}

}  // namespace vgpu::conformance::test_cuMemAllocPitch
