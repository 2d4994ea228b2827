#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexObjectCreate {

CONFORMANCE_SUITE(cuTexObjectCreate, Context);
CONFORMANCE_SUITE(cuTexObjectCreate_fresh, Uninitialised);

/// Texels 0, 1, 2, ... of an array or of memory.
std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
  return values;
}

CUresult create_and_destroy(const CUDA_RESOURCE_DESC& resource, const CUDA_TEXTURE_DESC& texture) {
  CUtexObject object = 0;
  const CUresult result = driver().cuTexObjectCreate(&object, &resource, &texture, nullptr);
  if (result == CUDA_SUCCESS) check(driver().cuTexObjectDestroy(object), "cuTexObjectDestroy");
  return result;
}

CUDA_RESOURCE_DESC linear(CUdeviceptr address, std::size_t bytes,
                          CUarray_format format = CU_AD_FORMAT_FLOAT, unsigned channels = 1) {
  CUDA_RESOURCE_DESC resource{};
  resource.resType = CU_RESOURCE_TYPE_LINEAR;
  resource.res.linear.devPtr = address;
  resource.res.linear.format = format;
  resource.res.linear.numChannels = channels;
  resource.res.linear.sizeInBytes = bytes;
  return resource;
}

TEST_F(cuTexObjectCreate, WritesTheObject) {
  const Array array(describe(16));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  const CUDA_TEXTURE_DESC texture = texture_of();
  const auto [first, second] = expect_writes<CUtexObject>([&](CUtexObject* out) {
    return driver().cuTexObjectCreate(out, &resource, &texture, nullptr);
  });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuTexObjectDestroy(first));
  EXPECT_CUDA_OK(driver().cuTexObjectDestroy(second));
}

TEST_F(cuTexObjectCreate, KernelsReadTheTexelAtACoordinate) {
  Array array(describe(8, 4));
  array.write(ramp(32));
  const Texture texture(resource_of(array));
  const std::vector<Texel> got =
      sample("sample_2d", texture, {0.5F, 0.5F, 7.9F, 0.1F, 3.5F, 3.5F}, 2);
  EXPECT_EQ(got[0][0], 0);
  EXPECT_EQ(got[1][0], 7);
  EXPECT_EQ(got[2][0], 27);
}

TEST_F(cuTexObjectCreate, CoordinatesOutsideAreClampedOrTheBorder) {
  Array array(describe(8));
  array.write(ramp(8));
  const std::vector<float> outside{-3.0F, 8.0F, 100.0F};
  const Texture clamped(resource_of(array), texture_of(CU_TR_ADDRESS_MODE_CLAMP));
  std::vector<Texel> got = sample("sample_1d", clamped, outside, 1);
  EXPECT_EQ(got[0][0], 0);
  EXPECT_EQ(got[1][0], 7);
  EXPECT_EQ(got[2][0], 7);
  CUDA_TEXTURE_DESC bordered = texture_of(CU_TR_ADDRESS_MODE_BORDER);
  bordered.borderColor[0] = 42;
  const Texture border(resource_of(array), bordered);
  got = sample("sample_1d", border, outside, 1);
  for (const Texel& texel : got) EXPECT_EQ(texel[0], 42);
}

TEST_F(cuTexObjectCreate, NormalisedCoordinatesWrapOrMirror) {
  Array array(describe(8));
  array.write(ramp(8));
  const std::vector<float> at{-1.5F / 8, 9.5F / 8, 17.5F / 8};
  const Texture wrapped(
      resource_of(array),
      texture_of(CU_TR_ADDRESS_MODE_WRAP, CU_TR_FILTER_MODE_POINT, CU_TRSF_NORMALIZED_COORDINATES));
  std::vector<Texel> got = sample("sample_1d", wrapped, at, 1);
  EXPECT_EQ(got[0][0], 6);
  EXPECT_EQ(got[1][0], 1);
  EXPECT_EQ(got[2][0], 1);
  const Texture mirrored(resource_of(array),
                         texture_of(CU_TR_ADDRESS_MODE_MIRROR, CU_TR_FILTER_MODE_POINT,
                                    CU_TRSF_NORMALIZED_COORDINATES));
  got = sample("sample_1d", mirrored, at, 1);
  EXPECT_EQ(got[0][0], 1);
  EXPECT_EQ(got[1][0], 6);
  EXPECT_EQ(got[2][0], 1);
}

// Weights have eight bits of fraction, so that quarters are exact.
TEST_F(cuTexObjectCreate, FiltersBetweenTexels) {
  Array array(describe(8, 4));
  array.write(ramp(32));
  const Texture texture(resource_of(array),
                        texture_of(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR));
  const std::vector<Texel> got =
      sample("sample_2d", texture, {1.5F, 1.5F, 1.75F, 1.5F, 1.75F, 2.0F, 0.0F, 0.0F}, 2);
  EXPECT_EQ(got[0][0], 9);
  EXPECT_EQ(got[1][0], 9.25F);
  EXPECT_EQ(got[2][0], 13.25F);
  EXPECT_EQ(got[3][0], 0);
}

TEST_F(cuTexObjectCreate, ReadsIntegersAsFractionsOrAsTheyAre) {
  Array array(describe(4, 1, 0, CU_AD_FORMAT_UNSIGNED_INT8, 4));
  array.write(std::vector<unsigned char>{0, 51, 102, 255, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0});
  const Texture fractions(resource_of(array));
  const Texel got = sample("sample_2d", fractions, {0.5F, 0.5F}, 2)[0];
  EXPECT_FLOAT_EQ(got[0], 0.0F);
  EXPECT_FLOAT_EQ(got[1], 0.2F);
  EXPECT_FLOAT_EQ(got[2], 0.4F);
  EXPECT_FLOAT_EQ(got[3], 1.0F);
  const Texture integers(
      resource_of(array),
      texture_of(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_READ_AS_INTEGER));
  const Texel words = sample("sample_2d_integers", integers, {1.5F, 0.5F}, 2)[0];
  for (std::size_t i = 0; i < 4; ++i) {
    unsigned value = 0;
    std::memcpy(&value, &words[i], sizeof value);
    EXPECT_EQ(value, i + 1);
  }
}

TEST_F(cuTexObjectCreate, ReadsLinearMemoryByIndex) {
  const std::vector<float> values = ramp(400);
  const DeviceMemory memory(values.size() * sizeof(float));
  write_device(memory, values.data(), memory.bytes());
  const Texture texture(linear(memory, memory.bytes(), CU_AD_FORMAT_FLOAT, 4));
  const std::vector<Texel> got = fetch(texture, 100);
  for (std::size_t i = 0; i < 100; ++i) {
    for (std::size_t channel = 0; channel < 4; ++channel) {
      EXPECT_EQ(got[i][channel], values[4 * i + channel]);
    }
  }
}

TEST_F(cuTexObjectCreate, ReadsPitchedMemory) {
  const auto pitch =
      16 * static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT));
  const DeviceMemory memory(pitch * 4);
  const std::vector<float> values = ramp(memory.bytes() / sizeof(float));
  write_device(memory, values.data(), memory.bytes());
  CUDA_RESOURCE_DESC resource{};
  resource.resType = CU_RESOURCE_TYPE_PITCH2D;
  resource.res.pitch2D.devPtr = memory;
  resource.res.pitch2D.format = CU_AD_FORMAT_FLOAT;
  resource.res.pitch2D.numChannels = 1;
  resource.res.pitch2D.width = 20;
  resource.res.pitch2D.height = 4;
  resource.res.pitch2D.pitchInBytes = pitch;
  const Texture texture(resource);
  const std::vector<Texel> got =
      sample("sample_2d", texture, {0.5F, 0.5F, 19.5F, 3.5F, 25.0F, 1.5F}, 2);
  const std::size_t row = pitch / sizeof(float);
  EXPECT_EQ(got[0][0], values[0]);
  EXPECT_EQ(got[1][0], values[3 * row + 19]);
  EXPECT_EQ(got[2][0], values[row + 19]) << "clamped to the width";
}

TEST_F(cuTexObjectCreate, ReadsLevelsOfAMipmap) {
  const MipmappedArray array(describe(8, 8), 4);
  for (unsigned level = 0; level < 4; ++level) {
    const std::size_t side = std::size_t{8} >> level;
    const std::vector<float> values(side * side, static_cast<float>(level * 16));
    write_array(array.level(level), describe(side, side), values.data());
  }
  CUDA_TEXTURE_DESC desc =
      texture_of(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_NORMALIZED_COORDINATES);
  desc.mipmapFilterMode = CU_TR_FILTER_MODE_LINEAR;
  desc.maxMipmapLevelClamp = 10;
  const Texture texture(resource_of(array), desc);
  const std::vector<Texel> got = sample("sample_levels", texture, {0, 1, 1.5F, 3, 9, -2}, 1);
  const float expected[] = {0, 16, 24, 48, 48, 0};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(got[i][0], expected[i]) << i;
}

TEST_F(cuTexObjectCreate, AViewShowsSomeLevels) {
  const MipmappedArray array(describe(8, 8), 4);
  for (unsigned level = 0; level < 4; ++level) {
    const std::size_t side = std::size_t{8} >> level;
    const std::vector<float> values(side * side, static_cast<float>(level * 16));
    write_array(array.level(level), describe(side, side), values.data());
  }
  CUDA_RESOURCE_VIEW_DESC view{};
  view.format = CU_RES_VIEW_FORMAT_FLOAT_1X32;
  view.width = 8;
  view.height = 8;
  view.firstMipmapLevel = 1;
  view.lastMipmapLevel = 2;
  CUDA_TEXTURE_DESC desc =
      texture_of(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_NORMALIZED_COORDINATES);
  desc.maxMipmapLevelClamp = 10;
  const Texture texture(resource_of(array), desc, &view);
  const std::vector<Texel> got = sample("sample_levels", texture, {0, 1, 5}, 1);
  EXPECT_EQ(got[0][0], 16);
  EXPECT_EQ(got[1][0], 32);
  EXPECT_EQ(got[2][0], 32);
}

TEST_F(cuTexObjectCreate, TakesAMipmapWithoutNormalisedCoordinates) {
  const MipmappedArray array(describe(8, 8), 4);
  EXPECT_CUDA_OK(create_and_destroy(resource_of(array), texture_of()));
}

TEST_F(cuTexObjectCreate, RefusesAnAddressThatIsNotAligned) {
  const DeviceMemory memory(4096);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, create_and_destroy(linear(memory + 4, 1024), texture_of()));
}

// The documentation has views for arrays only.
TEST_F(cuTexObjectCreate, TakesAViewOfLinearMemory) {
  const DeviceMemory memory(4096);
  const CUDA_RESOURCE_DESC resource = linear(memory, 4096);
  const CUDA_TEXTURE_DESC texture = texture_of();
  CUDA_RESOURCE_VIEW_DESC view{};
  view.format = CU_RES_VIEW_FORMAT_FLOAT_1X32;
  view.width = 1024;
  const Texture object(resource, texture, &view);
  CUDA_RESOURCE_VIEW_DESC now{};
  EXPECT_CUDA_OK(driver().cuTexObjectGetResourceViewDesc(&now, object));
}

TEST_F(cuTexObjectCreate, RefusesNoOutputAndNoDescriptions) {
  const Array array(describe(16));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  const CUDA_TEXTURE_DESC texture = texture_of();
  CUtexObject object = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuTexObjectCreate(nullptr, &resource, &texture, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuTexObjectCreate(&object, nullptr, &texture, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuTexObjectCreate(&object, &resource, nullptr, nullptr));
}

TEST_F(cuTexObjectCreate, NeedsACurrentContext) {
  const Array array(describe(16));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  const CUDA_TEXTURE_DESC texture = texture_of();
  const NoContext none;
  expect_leaves<CUtexObject>(CUDA_ERROR_INVALID_CONTEXT, [&](CUtexObject* out) {
    return driver().cuTexObjectCreate(out, &resource, &texture, nullptr);
  });
}

// Undocumented.
TEST_F(cuTexObjectCreate, IsSafeDuringCapture) {
  const Array array(describe(16));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  const CUDA_TEXTURE_DESC texture = texture_of();
  std::vector<CUtexObject> made;
  expect_safe_in_capture([&] {
    return driver().cuTexObjectCreate(&made.emplace_back(), &resource, &texture, nullptr);
  });
  for (const CUtexObject one : made) EXPECT_CUDA_OK(driver().cuTexObjectDestroy(one));
}

TEST_F(cuTexObjectCreate_fresh, BeforeInit) {
  const CUDA_RESOURCE_DESC resource{};
  const CUDA_TEXTURE_DESC texture{};
  CUtexObject object = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexObjectCreate(&object, &resource, &texture, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexObjectCreate
