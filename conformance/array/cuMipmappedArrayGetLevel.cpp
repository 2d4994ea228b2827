#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMipmappedArrayGetLevel {

CONFORMANCE_SUITE(cuMipmappedArrayGetLevel, Context);
CONFORMANCE_SUITE(cuMipmappedArrayGetLevel_fresh, Uninitialised);

TEST_F(cuMipmappedArrayGetLevel, EveryLevelIsAnArrayOfHalfTheExtents) {
  const MipmappedArray array(describe(20, 6, 0, CU_AD_FORMAT_HALF, 2), 5);
  const std::size_t widths[] = {20, 10, 5, 2, 1};
  const std::size_t heights[] = {6, 3, 1, 1, 1};
  for (unsigned number = 0; number < 5; ++number) {
    CUDA_ARRAY3D_DESCRIPTOR descriptor{};
    EXPECT_CUDA_OK(driver().cuArray3DGetDescriptor_v2(&descriptor, array.level(number)));
    EXPECT_EQ(descriptor.Width, widths[number]);
    EXPECT_EQ(descriptor.Height, heights[number]);
    EXPECT_EQ(descriptor.Depth, 0U);
    EXPECT_EQ(descriptor.Format, CU_AD_FORMAT_HALF);
    EXPECT_EQ(descriptor.NumChannels, 2U);
  }
}

TEST_F(cuMipmappedArrayGetLevel, LayersStayAsManyAsTheyAre) {
  const MipmappedArray array(describe(16, 16, 5, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_LAYERED), 3);
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  EXPECT_CUDA_OK(driver().cuArray3DGetDescriptor_v2(&descriptor, array.level(2)));
  EXPECT_EQ(descriptor.Width, 4U);
  EXPECT_EQ(descriptor.Depth, 5U);
}

TEST_F(cuMipmappedArrayGetLevel, LevelsHoldTheirOwnTexels) {
  const MipmappedArray array(describe(16, 16), 3);
  std::vector<std::vector<unsigned>> written;
  for (unsigned number = 0; number < 3; ++number) {
    const std::size_t side = std::size_t{16} >> number;
    written.push_back(random_vector<unsigned>(side * side));
    write_array(array.level(number), describe(side, side), written.back().data());
  }
  for (unsigned number = 0; number < 3; ++number) {
    const std::size_t side = std::size_t{16} >> number;
    std::vector<unsigned> read(side * side);
    read_array(array.level(number), describe(side, side), read.data());
    EXPECT_EQ(read, written[number]);
  }
}

TEST_F(cuMipmappedArrayGetLevel, RefusesALevelThatIsNot) {
  const MipmappedArray array(describe(16, 16), 3);
  CUarray level = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMipmappedArrayGetLevel(&level, array, 3));
}

TEST_F(cuMipmappedArrayGetLevel, RefusesNoOutputAndNoArray) {
  const MipmappedArray array(describe(16, 16), 3);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMipmappedArrayGetLevel(nullptr, array, 0));
  CUarray level = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuMipmappedArrayGetLevel(&level, nullptr, 0));
}

TEST_F(cuMipmappedArrayGetLevel, NeedsNoCurrentContext) {
  const MipmappedArray array(describe(16, 16), 3);
  const NoContext none;
  CUarray level = nullptr;
  EXPECT_CUDA_OK(driver().cuMipmappedArrayGetLevel(&level, array, 0));
}

// Undocumented.
TEST_F(cuMipmappedArrayGetLevel, IsSafeDuringCapture) {
  const MipmappedArray array(describe(16, 16), 3);
  CUarray level = nullptr;
  expect_safe_in_capture([&] { return driver().cuMipmappedArrayGetLevel(&level, array, 0); });
}

TEST_F(cuMipmappedArrayGetLevel_fresh, BeforeInit) {
  CUarray level = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuMipmappedArrayGetLevel(&level, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuMipmappedArrayGetLevel
