#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMipmappedArrayCreate {

CONFORMANCE_SUITE(cuMipmappedArrayCreate, Context);
CONFORMANCE_SUITE(cuMipmappedArrayCreate_fresh, Uninitialised);

CUresult create_and_destroy(const CUDA_ARRAY3D_DESCRIPTOR& descriptor, unsigned levels) {
  CUmipmappedArray array = nullptr;
  const CUresult result = driver().cuMipmappedArrayCreate(&array, &descriptor, levels);
  if (result == CUDA_SUCCESS) check(driver().cuMipmappedArrayDestroy(array), "destroying");
  return result;
}

TEST_F(cuMipmappedArrayCreate, WritesTheHandle) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(16, 16);
  const auto [first, second] = expect_writes<CUmipmappedArray>(
      [&](CUmipmappedArray* out) { return driver().cuMipmappedArrayCreate(out, &descriptor, 3); });
  EXPECT_NE(first, nullptr);
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuMipmappedArrayDestroy(first));
  EXPECT_CUDA_OK(driver().cuMipmappedArrayDestroy(second));
}

TEST_F(cuMipmappedArrayCreate, MakesEveryKindOfArray) {
  const auto with = [](unsigned flags, std::size_t width, std::size_t height, std::size_t depth) {
    return describe(width, height, depth, CU_AD_FORMAT_FLOAT, 1, flags);
  };
  EXPECT_CUDA_OK(create_and_destroy(with(0, 33, 0, 0), 4));
  EXPECT_CUDA_OK(create_and_destroy(with(0, 33, 7, 0), 4));
  EXPECT_CUDA_OK(create_and_destroy(with(0, 33, 7, 5), 4));
  EXPECT_CUDA_OK(create_and_destroy(with(CUDA_ARRAY3D_LAYERED, 33, 0, 5), 4));
  EXPECT_CUDA_OK(create_and_destroy(with(CUDA_ARRAY3D_LAYERED, 33, 7, 5), 4));
  EXPECT_CUDA_OK(create_and_destroy(with(CUDA_ARRAY3D_CUBEMAP, 16, 16, 6), 4));
}

// "This value is clamped to the range [1, 1 + floor(log2(max(width, height, depth)))]."
TEST_F(cuMipmappedArrayCreate, HasAsManyLevelsAsThereCanBe) {
  const MipmappedArray array(describe(16, 4), 100);
  CUarray level = nullptr;
  EXPECT_CUDA_OK(driver().cuMipmappedArrayGetLevel(&level, array, 4));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMipmappedArrayGetLevel(&level, array, 5));
  const MipmappedArray none(describe(16, 4), 0);
  EXPECT_CUDA_OK(driver().cuMipmappedArrayGetLevel(&level, none, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMipmappedArrayGetLevel(&level, none, 1));
}

TEST_F(cuMipmappedArrayCreate, RefusesNoOutputAndNoDescriptor) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(16, 16);
  CUmipmappedArray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMipmappedArrayCreate(nullptr, &descriptor, 1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMipmappedArrayCreate(&array, nullptr, 1));
}

TEST_F(cuMipmappedArrayCreate, RefusesWhatTheDescriptionForbids) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(describe(0, 16), 1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              create_and_destroy(describe(16, 16, 0, CU_AD_FORMAT_FLOAT, 3), 1));
}

TEST_F(cuMipmappedArrayCreate, NeedsACurrentContext) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(16, 16);
  const NoContext none;
  expect_leaves<CUmipmappedArray>(CUDA_ERROR_INVALID_CONTEXT, [&](CUmipmappedArray* out) {
    return driver().cuMipmappedArrayCreate(out, &descriptor, 1);
  });
}

// Undocumented.
TEST_F(cuMipmappedArrayCreate, IsUnsafeDuringCapture) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(16, 16);
  expect_unsafe_in_capture([&] {
    CUmipmappedArray array = nullptr;
    const CUresult result = driver().cuMipmappedArrayCreate(&array, &descriptor, 1);
    if (result == CUDA_SUCCESS) {
      EXPECT_CUDA_OK(driver().cuMipmappedArrayDestroy(array));
    }
    return result;
  });
}

TEST_F(cuMipmappedArrayCreate_fresh, BeforeInit) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(16, 16);
  CUmipmappedArray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMipmappedArrayCreate(&array, &descriptor, 1));
}

}  // namespace vgpu::conformance::test_cuMipmappedArrayCreate
