#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetProperties {

CONFORMANCE_SUITE(cuDeviceGetProperties, Driver);
CONFORMANCE_SUITE(cuDeviceGetProperties_fresh, Uninitialised);

CUresult get(CUdevprop* properties) {
  return driver().cuDeviceGetProperties(properties, Driver::device);
}

// All of it is also given by attributes.
TEST_F(cuDeviceGetProperties, SaysWhatTheAttributesSay) {
  CUdevprop it{};
  ASSERT_CUDA_OK(get(&it));
  const auto same = [](int value, CUdevice_attribute attribute) {
    EXPECT_EQ(value, device_attribute(attribute)) << "attribute " << attribute;
  };
  same(it.maxThreadsPerBlock, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  same(it.maxThreadsDim[0], CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X);
  same(it.maxThreadsDim[1], CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y);
  same(it.maxThreadsDim[2], CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z);
  same(it.maxGridSize[0], CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X);
  same(it.maxGridSize[1], CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y);
  same(it.maxGridSize[2], CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z);
  same(it.sharedMemPerBlock, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  same(it.totalConstantMemory, CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY);
  same(it.SIMDWidth, CU_DEVICE_ATTRIBUTE_WARP_SIZE);
  same(it.memPitch, CU_DEVICE_ATTRIBUTE_MAX_PITCH);
  same(it.regsPerBlock, CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
  same(it.clockRate, CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
  same(it.textureAlign, CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT);
}

// Fourteen numbers without padding: every byte is written.
TEST_F(cuDeviceGetProperties, WritesEveryField) {
  using Words = std::array<int, sizeof(CUdevprop) / sizeof(int)>;
  const auto [first, second] = expect_writes<Words>(
      [](Words* words) { return get(reinterpret_cast<CUdevprop*>(words->data())); });
  EXPECT_EQ(first, second);
}

TEST_F(cuDeviceGetProperties, WritesNothingBehind) {
  struct {
    CUdevprop properties;
    unsigned behind;
  } out{{}, 0x12345678};
  ASSERT_CUDA_OK(get(&out.properties));
  EXPECT_EQ(out.behind, 0x12345678U);
}

TEST_F(cuDeviceGetProperties, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, get(nullptr));
}

TEST_F(cuDeviceGetProperties, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    expect_leaves<CUdevprop>(CUDA_ERROR_INVALID_DEVICE, [unknown](CUdevprop* properties) {
      return driver().cuDeviceGetProperties(properties, unknown);
    });
  }
}

TEST_F(cuDeviceGetProperties, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    CUdevprop properties;
    return get(&properties);
  });
}

TEST_F(cuDeviceGetProperties_fresh, BeforeInit) {
  expect_leaves<CUdevprop>(CUDA_ERROR_NOT_INITIALIZED, get);
}

}  // namespace vgpu::conformance::test_cuDeviceGetProperties
