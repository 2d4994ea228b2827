#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArrayCreate {

CONFORMANCE_SUITE(cuArrayCreate, Context);
CONFORMANCE_SUITE(cuArrayCreate_fresh, Uninitialised);

CUDA_ARRAY_DESCRIPTOR plane(std::size_t width, std::size_t height,
                            CUarray_format format = CU_AD_FORMAT_FLOAT, unsigned channels = 1) {
  return {width, height, format, channels};
}

CUresult create_and_destroy(const CUDA_ARRAY_DESCRIPTOR& descriptor) {
  CUarray array = nullptr;
  const CUresult result = driver().cuArrayCreate_v2(&array, &descriptor);
  if (result == CUDA_SUCCESS) check(driver().cuArrayDestroy(array), "cuArrayDestroy");
  return result;
}

TEST_F(cuArrayCreate, WritesTheHandle) {
  const CUDA_ARRAY_DESCRIPTOR descriptor = plane(64, 64);
  const auto [first, second] = expect_writes<CUarray>(
      [&](CUarray* out) { return driver().cuArrayCreate_v2(out, &descriptor); });
  EXPECT_NE(first, nullptr);
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuArrayDestroy(first));
  EXPECT_CUDA_OK(driver().cuArrayDestroy(second));
}

TEST_F(cuArrayCreate, MakesEveryFormatInOneAndTwoDimensions) {
  for (const CUarray_format format : plain_formats) {
    for (const unsigned channels : {1U, 2U, 4U}) {
      for (const std::size_t height : {std::size_t{0}, std::size_t{7}}) {
        EXPECT_CUDA_OK(create_and_destroy(plane(33, height, format, channels)))
            << "format " << format << ", " << channels << " channels";
      }
    }
  }
}

TEST_F(cuArrayCreate, TakesItsMemoryFromTheDevice) {
  const MemoryTurn turn;
  constexpr std::size_t bytes = std::size_t{8192} * 8192 * 4 * sizeof(float);
  const CUDA_ARRAY_DESCRIPTOR descriptor = {8192, 8192, CU_AD_FORMAT_FLOAT, 4};
  const std::size_t before = turn.free_bytes();
  CUarray array = nullptr;
  ASSERT_CUDA_OK(driver().cuArrayCreate_v2(&array, &descriptor));
  // Half of it, for drivers that have some in store.
  EXPECT_LE(turn.free_bytes() + bytes / 2, before);
  EXPECT_CUDA_OK(driver().cuArrayDestroy(array));
}

TEST_F(cuArrayCreate, RefusesNoOutputAndNoDescriptor) {
  const CUDA_ARRAY_DESCRIPTOR descriptor = plane(16, 16);
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayCreate_v2(nullptr, &descriptor));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayCreate_v2(&array, nullptr));
}

TEST_F(cuArrayCreate, RefusesWhatTheDescriptionForbids) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(plane(0, 16)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(plane(16, 16, CU_AD_FORMAT_FLOAT, 0)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(plane(16, 16, CU_AD_FORMAT_FLOAT, 3)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(plane(16, 16, CU_AD_FORMAT_FLOAT, 5)));
}

TEST_F(cuArrayCreate, RefusesMoreThanTheDeviceClaims) {
  const auto width =
      static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_WIDTH));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(plane(width + 1, 0)));
  const auto height =
      static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_HEIGHT));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(plane(1, height + 1)));
}

TEST_F(cuArrayCreate, NeedsACurrentContext) {
  const CUDA_ARRAY_DESCRIPTOR descriptor = plane(16, 16);
  const NoContext none;
  expect_leaves<CUarray>(CUDA_ERROR_INVALID_CONTEXT,
                         [&](CUarray* out) { return driver().cuArrayCreate_v2(out, &descriptor); });
}

// Undocumented.
TEST_F(cuArrayCreate, TheFirstFormTakesNoContextOfToday) {
  const CUDA_ARRAY_DESCRIPTOR_v1 descriptor{16, 16, CU_AD_FORMAT_FLOAT, 1};
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuArrayCreate(&array, &descriptor));
}

// Undocumented.
TEST_F(cuArrayCreate, IsUnsafeDuringCapture) {
  const CUDA_ARRAY_DESCRIPTOR descriptor = plane(16, 16);
  expect_unsafe_in_capture([&] {
    CUarray array = nullptr;
    const CUresult result = driver().cuArrayCreate_v2(&array, &descriptor);
    if (result == CUDA_SUCCESS) {
      EXPECT_CUDA_OK(driver().cuArrayDestroy(array));
    }
    return result;
  });
}

TEST_F(cuArrayCreate_fresh, BeforeInit) {
  const CUDA_ARRAY_DESCRIPTOR descriptor{16, 16, CU_AD_FORMAT_FLOAT, 1};
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuArrayCreate_v2(&array, &descriptor));
}

}  // namespace vgpu::conformance::test_cuArrayCreate
