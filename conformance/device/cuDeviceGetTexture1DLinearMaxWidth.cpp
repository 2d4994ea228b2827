#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetTexture1DLinearMaxWidth {

CONFORMANCE_SUITE(cuDeviceGetTexture1DLinearMaxWidth, Driver);
CONFORMANCE_SUITE(cuDeviceGetTexture1DLinearMaxWidth_fresh, Uninitialised);

std::size_t width(CUarray_format format, unsigned channels) {
  std::size_t elements = 0;
  check(driver().cuDeviceGetTexture1DLinearMaxWidth(&elements, format, channels, Driver::device),
        "cuDeviceGetTexture1DLinearMaxWidth");
  return elements;
}

TEST_F(cuDeviceGetTexture1DLinearMaxWidth, WritesTheSameEachTime) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  for (const unsigned channels : {1U, 2U, 4U}) {
    const auto [first, second] = expect_writes<std::size_t>([channels](std::size_t* elements) {
      return driver().cuDeviceGetTexture1DLinearMaxWidth(elements, CU_AD_FORMAT_FLOAT, channels,
                                                         device);
    });
    EXPECT_EQ(first, second);
    EXPECT_GT(first, 0U);
  }
}

TEST_F(cuDeviceGetTexture1DLinearMaxWidth, LargerElementsAreNotMore) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  EXPECT_GE(width(CU_AD_FORMAT_UNSIGNED_INT8, 1), width(CU_AD_FORMAT_FLOAT, 1));
  EXPECT_GE(width(CU_AD_FORMAT_FLOAT, 1), width(CU_AD_FORMAT_FLOAT, 2));
  EXPECT_GE(width(CU_AD_FORMAT_FLOAT, 2), width(CU_AD_FORMAT_FLOAT, 4));
}

// Undocumented: elements of the same size are as many, and the attribute is for the smallest.
TEST_F(cuDeviceGetTexture1DLinearMaxWidth, GoesByTheElementsSize) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  EXPECT_EQ(width(CU_AD_FORMAT_FLOAT, 1), width(CU_AD_FORMAT_UNSIGNED_INT8, 4));
  EXPECT_EQ(width(CU_AD_FORMAT_HALF, 2), width(CU_AD_FORMAT_SIGNED_INT32, 1));
  EXPECT_GE(width(CU_AD_FORMAT_UNSIGNED_INT8, 1),
            static_cast<std::size_t>(
                device_attribute(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH)));
}

TEST_F(cuDeviceGetTexture1DLinearMaxWidth, RefusesANullOutput) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDeviceGetTexture1DLinearMaxWidth(nullptr, CU_AD_FORMAT_FLOAT, 1, device));
}

TEST_F(cuDeviceGetTexture1DLinearMaxWidth, RefusesUnknownFormats) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  for (const auto format : {0, 0x7fff}) {
    expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [format](std::size_t* elements) {
      return driver().cuDeviceGetTexture1DLinearMaxWidth(
          elements, static_cast<CUarray_format>(format), 1, device);
    });
  }
}

TEST_F(cuDeviceGetTexture1DLinearMaxWidth, RefusesWrongNumbersOfChannels) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  for (const unsigned channels : {0U, 3U, 5U}) {
    SCOPED_TRACE(channels);
    expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [channels](std::size_t* elements) {
      return driver().cuDeviceGetTexture1DLinearMaxWidth(elements, CU_AD_FORMAT_FLOAT, channels,
                                                         device);
    });
  }
}

TEST_F(cuDeviceGetTexture1DLinearMaxWidth, RefusesUnknownDevices) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  for (const CUdevice unknown : {-1, device_count()}) {
    expect_leaves<std::size_t>(CUDA_ERROR_INVALID_DEVICE, [unknown](std::size_t* elements) {
      return driver().cuDeviceGetTexture1DLinearMaxWidth(elements, CU_AD_FORMAT_FLOAT, 1, unknown);
    });
  }
}

// Undocumented.
TEST_F(cuDeviceGetTexture1DLinearMaxWidth, IsSafeDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    std::size_t elements = 0;
    return driver().cuDeviceGetTexture1DLinearMaxWidth(&elements, CU_AD_FORMAT_FLOAT, 1, device);
  });
}

TEST_F(cuDeviceGetTexture1DLinearMaxWidth_fresh, BeforeInit) {
  expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED, [](std::size_t* elements) {
    return driver().cuDeviceGetTexture1DLinearMaxWidth(elements, CU_AD_FORMAT_FLOAT, 1, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetTexture1DLinearMaxWidth
