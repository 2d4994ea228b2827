#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexObjectGetResourceDesc {

CONFORMANCE_SUITE(cuTexObjectGetResourceDesc, Context);
CONFORMANCE_SUITE(cuTexObjectGetResourceDesc_fresh, Uninitialised);

TEST_F(cuTexObjectGetResourceDesc, NamesTheArray) {
  const Array array(describe(16, 16));
  const Texture texture(resource_of(array));
  CUDA_RESOURCE_DESC resource{};
  EXPECT_CUDA_OK(driver().cuTexObjectGetResourceDesc(&resource, texture));
  EXPECT_EQ(resource.resType, CU_RESOURCE_TYPE_ARRAY);
  EXPECT_EQ(resource.res.array.hArray, array.get());
}

TEST_F(cuTexObjectGetResourceDesc, NamesTheMipmap) {
  const MipmappedArray array(describe(16, 16), 3);
  const Texture texture(resource_of(array),
                        texture_of(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT,
                                   CU_TRSF_NORMALIZED_COORDINATES));
  CUDA_RESOURCE_DESC resource{};
  EXPECT_CUDA_OK(driver().cuTexObjectGetResourceDesc(&resource, texture));
  EXPECT_EQ(resource.resType, CU_RESOURCE_TYPE_MIPMAPPED_ARRAY);
  EXPECT_EQ(resource.res.mipmap.hMipmappedArray, array.get());
}

TEST_F(cuTexObjectGetResourceDesc, DescribesTheMemory) {
  const DeviceMemory memory(4096);
  CUDA_RESOURCE_DESC made{};
  made.resType = CU_RESOURCE_TYPE_LINEAR;
  made.res.linear.devPtr = memory;
  made.res.linear.format = CU_AD_FORMAT_SIGNED_INT16;
  made.res.linear.numChannels = 2;
  made.res.linear.sizeInBytes = 4096;
  const Texture texture(made);
  CUDA_RESOURCE_DESC resource{};
  EXPECT_CUDA_OK(driver().cuTexObjectGetResourceDesc(&resource, texture));
  EXPECT_EQ(resource.resType, CU_RESOURCE_TYPE_LINEAR);
  EXPECT_EQ(resource.res.linear.devPtr, memory.address());
  EXPECT_EQ(resource.res.linear.format, CU_AD_FORMAT_SIGNED_INT16);
  EXPECT_EQ(resource.res.linear.numChannels, 2U);
  EXPECT_EQ(resource.res.linear.sizeInBytes, 4096U);
}

TEST_F(cuTexObjectGetResourceDesc, RefusesNoOutput) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexObjectGetResourceDesc(nullptr, texture));
}

TEST_F(cuTexObjectGetResourceDesc, NeedsACurrentContext) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  const NoContext none;
  CUDA_RESOURCE_DESC resource{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuTexObjectGetResourceDesc(&resource, texture));
}

// Undocumented.
TEST_F(cuTexObjectGetResourceDesc, IsSafeDuringCapture) {
  const Array array(describe(16));
  const Texture texture(resource_of(array));
  CUDA_RESOURCE_DESC resource{};
  expect_safe_in_capture([&] { return driver().cuTexObjectGetResourceDesc(&resource, texture); });
}

TEST_F(cuTexObjectGetResourceDesc_fresh, BeforeInit) {
  CUDA_RESOURCE_DESC resource{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuTexObjectGetResourceDesc(&resource, 0));
}

}  // namespace vgpu::conformance::test_cuTexObjectGetResourceDesc
