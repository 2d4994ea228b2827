#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetAttribute {

CONFORMANCE_SUITE(cuDeviceGetAttribute, Driver);
CONFORMANCE_SUITE(cuDeviceGetAttribute_fresh, Uninitialised);

int get(CUdevice_attribute attribute) {
  int value = 0;
  check(driver().cuDeviceGetAttribute(&value, attribute, Driver::device), "cuDeviceGetAttribute");
  return value;
}

struct Range {
  CUdevice_attribute attribute;
  int least;
  int most;
};

// What every device that runs compute_75 code has, by the programming guide's tables.
constexpr Range documented_ranges[] = {
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 1024, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 1024, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 64, 64},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 0x7fffffff, 0x7fffffff},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 65535, 65535},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 65535, 65535},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 49152, 49152},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 49152, 1 << 20},
    {CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY, 65536, 65536},
    {CU_DEVICE_ATTRIBUTE_WARP_SIZE, 32, 32},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 32768, 65536},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 1024, 2048},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, 16, 32},
    {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 1, 1024},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 7, 99},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0, 9},
    {CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT, 1, 4096},
};

// Attributes that say yes or no.
constexpr CUdevice_attribute flags[] = {
    CU_DEVICE_ATTRIBUTE_INTEGRATED,
    CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY,
    CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT,
    CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS,
    CU_DEVICE_ATTRIBUTE_ECC_ENABLED,
    CU_DEVICE_ATTRIBUTE_TCC_DRIVER,
    CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING,
    CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED,
    CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY,
    CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS,
    CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS,
    CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH,
    CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED,
    CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED,
    CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED,
};

TEST_F(cuDeviceGetAttribute, WritesEveryAttributeAndAlwaysTheSame) {
  for (int number = 1; number < CU_DEVICE_ATTRIBUTE_MAX; ++number) {
    const auto attribute = static_cast<CUdevice_attribute>(number);
    int probe = 0;
    // A driver refuses attributes that are newer than itself.
    if (driver().cuDeviceGetAttribute(&probe, attribute, device) == CUDA_ERROR_INVALID_VALUE) {
      EXPECT_GT(number, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
      continue;
    }
    SCOPED_TRACE("attribute " + std::to_string(number));
    const auto [first, second] = expect_writes<int>(
        [&](int* value) { return driver().cuDeviceGetAttribute(value, attribute, device); });
    // The clock rates are the hardware's of that moment.
    if (attribute != CU_DEVICE_ATTRIBUTE_CLOCK_RATE &&
        attribute != CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE) {
      EXPECT_EQ(first, second);
    }
  }
}

TEST_F(cuDeviceGetAttribute, LiesInTheDocumentedRanges) {
  for (const Range& range : documented_ranges) {
    const int value = get(range.attribute);
    EXPECT_GE(value, range.least) << "attribute " << range.attribute;
    EXPECT_LE(value, range.most) << "attribute " << range.attribute;
  }
}

TEST_F(cuDeviceGetAttribute, FlagsAreZeroOrOne) {
  for (const CUdevice_attribute attribute : flags) {
    EXPECT_EQ(get(attribute) & ~1, 0) << "attribute " << attribute;
  }
}

TEST_F(cuDeviceGetAttribute, OverlapAgreesWithTheCopyEngines) {
  EXPECT_EQ(get(CU_DEVICE_ATTRIBUTE_GPU_OVERLAP),
            get(CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT) > 0 ? 1 : 0);
}

TEST_F(cuDeviceGetAttribute, CapabilityAgreesWithTheOlderCall) {
  int major = 0;
  int minor = 0;
  ASSERT_CUDA_OK(driver().cuDeviceComputeCapability(&major, &minor, device));
  EXPECT_EQ(get(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR), major);
  EXPECT_EQ(get(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR), minor);
}

TEST_F(cuDeviceGetAttribute, TheLargestBlockCanBeLaunchedAndNoLarger) {
  const ExtraContext extra;
  const Current current(extra);
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Stream stream;
  const auto threads = static_cast<unsigned>(get(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK));
  EXPECT_CUDA_OK(empty.try_launch({}, {threads}, 0, stream));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, empty.try_launch({}, {threads + 1}, 0, stream));
  stream.synchronize();
}

TEST_F(cuDeviceGetAttribute, RefusesUnknownAttributes) {
  for (const int number : {0, -1, static_cast<int>(CU_DEVICE_ATTRIBUTE_MAX), 100000}) {
    SCOPED_TRACE("attribute " + std::to_string(number));
    expect_leaves<int>(CUDA_ERROR_INVALID_VALUE, [&](int* value) {
      return driver().cuDeviceGetAttribute(value, static_cast<CUdevice_attribute>(number), device);
    });
  }
}

TEST_F(cuDeviceGetAttribute, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    SCOPED_TRACE("device " + std::to_string(unknown));
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [&](int* value) {
      return driver().cuDeviceGetAttribute(value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, unknown);
    });
  }
}

TEST_F(cuDeviceGetAttribute, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDeviceGetAttribute(nullptr, CU_DEVICE_ATTRIBUTE_WARP_SIZE, device));
}

TEST_F(cuDeviceGetAttribute, MakesNoContext) {
  get(CU_DEVICE_ATTRIBUTE_WARP_SIZE);
  unsigned context_flags = 0;
  int active = 1;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &context_flags, &active));
  EXPECT_EQ(active, 0);
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuDeviceGetAttribute, AnswersOnAThreadWithoutContext) {
  EXPECT_EQ(on_other_thread([] { return get(CU_DEVICE_ATTRIBUTE_WARP_SIZE); }), 32);
}

TEST_F(cuDeviceGetAttribute, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    int value = 0;
    return driver().cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, device);
  });
}

TEST_F(cuDeviceGetAttribute_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [](int* value) {
    return driver().cuDeviceGetAttribute(value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetAttribute
