#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArray3DCreate {

CONFORMANCE_SUITE(cuArray3DCreate, Context);
CONFORMANCE_SUITE(cuArray3DCreate_fresh, Uninitialised);

CUresult create_and_destroy(const CUDA_ARRAY3D_DESCRIPTOR& descriptor) {
  CUarray array = nullptr;
  const CUresult result = driver().cuArray3DCreate_v2(&array, &descriptor);
  if (result == CUDA_SUCCESS) check(driver().cuArrayDestroy(array), "cuArrayDestroy");
  return result;
}

CUDA_ARRAY3D_DESCRIPTOR with(unsigned flags, std::size_t width, std::size_t height,
                             std::size_t depth) {
  return describe(width, height, depth, CU_AD_FORMAT_FLOAT, 1, flags);
}

TEST_F(cuArray3DCreate, WritesTheHandle) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(8, 8, 8);
  const auto [first, second] = expect_writes<CUarray>(
      [&](CUarray* out) { return driver().cuArray3DCreate_v2(out, &descriptor); });
  EXPECT_NE(first, nullptr);
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuArrayDestroy(first));
  EXPECT_CUDA_OK(driver().cuArrayDestroy(second));
}

TEST_F(cuArray3DCreate, MakesEveryKindOfArray) {
  const unsigned layered = CUDA_ARRAY3D_LAYERED;
  const unsigned cube = CUDA_ARRAY3D_CUBEMAP;
  for (const unsigned more : {0U, unsigned{CUDA_ARRAY3D_SURFACE_LDST}}) {
    EXPECT_CUDA_OK(create_and_destroy(with(more, 33, 0, 0)));
    EXPECT_CUDA_OK(create_and_destroy(with(more, 33, 7, 0)));
    EXPECT_CUDA_OK(create_and_destroy(with(more, 33, 7, 5)));
    EXPECT_CUDA_OK(create_and_destroy(with(more | layered, 33, 0, 5)));
    EXPECT_CUDA_OK(create_and_destroy(with(more | layered, 33, 7, 5)));
    EXPECT_CUDA_OK(create_and_destroy(with(more | cube, 16, 16, 6)));
    EXPECT_CUDA_OK(create_and_destroy(with(more | cube | layered, 16, 16, 12)));
  }
  EXPECT_CUDA_OK(create_and_destroy(with(CUDA_ARRAY3D_TEXTURE_GATHER, 33, 7, 0)));
}

TEST_F(cuArray3DCreate, HoldsWhatIsWrittenIntoEveryPartOfIt) {
  for (const CUDA_ARRAY3D_DESCRIPTOR& descriptor :
       {describe(33), describe(33, 7), describe(9, 8, 7), with(CUDA_ARRAY3D_LAYERED, 9, 0, 7),
        with(CUDA_ARRAY3D_LAYERED, 9, 8, 7), with(CUDA_ARRAY3D_CUBEMAP, 8, 8, 6),
        describe(31, 5, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1),
        describe(31, 5, 0, CU_AD_FORMAT_HALF, 4)}) {
    const Array array(descriptor);
    EXPECT_EQ(array.read(), array.before());
  }
}

TEST_F(cuArray3DCreate, RefusesNoOutputAndNoDescriptor) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(8, 8, 8);
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArray3DCreate_v2(nullptr, &descriptor));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArray3DCreate_v2(&array, nullptr));
}

TEST_F(cuArray3DCreate, RefusesShapesThatAreNone) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(describe(0, 8, 8)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(describe(8, 0, 8)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(with(CUDA_ARRAY3D_LAYERED, 8, 8, 0)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(with(CUDA_ARRAY3D_CUBEMAP, 8, 16, 6)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(with(CUDA_ARRAY3D_CUBEMAP, 8, 8, 5)));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              create_and_destroy(with(CUDA_ARRAY3D_CUBEMAP | CUDA_ARRAY3D_LAYERED, 8, 8, 9)));
}

TEST_F(cuArray3DCreate, RefusesMoreThanTheDeviceClaims) {
  const auto limit = [](CUdevice_attribute attribute) {
    return static_cast<std::size_t>(device_attribute(attribute));
  };
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_VALUE,
      create_and_destroy(with(CUDA_ARRAY3D_LAYERED, 8, 8,
                              limit(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LAYERED_LAYERS) + 1)));
}

TEST_F(cuArray3DCreate, NeedsACurrentContext) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(8, 8, 8);
  const NoContext none;
  expect_leaves<CUarray>(CUDA_ERROR_INVALID_CONTEXT, [&](CUarray* out) {
    return driver().cuArray3DCreate_v2(out, &descriptor);
  });
}

// Undocumented.
TEST_F(cuArray3DCreate, IsUnsafeDuringCapture) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(16, 16);
  expect_unsafe_in_capture([&] {
    CUarray array = nullptr;
    const CUresult result = driver().cuArray3DCreate_v2(&array, &descriptor);
    if (result == CUDA_SUCCESS) {
      EXPECT_CUDA_OK(driver().cuArrayDestroy(array));
    }
    return result;
  });
}

TEST_F(cuArray3DCreate_fresh, BeforeInit) {
  const CUDA_ARRAY3D_DESCRIPTOR descriptor = describe(8, 8, 8);
  CUarray array = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuArray3DCreate_v2(&array, &descriptor));
}

}  // namespace vgpu::conformance::test_cuArray3DCreate
