#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncSetAttribute {

CONFORMANCE_SUITE(cuFuncSetAttribute, Context);
CONFORMANCE_SUITE(cuFuncSetAttribute_fresh, Uninitialised);

constexpr auto dynamic_shared = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
constexpr auto carveout = CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT;

int get(CUfunction function, CUfunction_attribute attribute) {
  int value = -77;
  check(driver().cuFuncGetAttribute(&value, attribute, function), "cuFuncGetAttribute");
  return value;
}

CUresult set(CUfunction function, CUfunction_attribute attribute, int value) {
  return driver().cuFuncSetAttribute(function, attribute, value);
}

int opt_in() {
  return device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
}

TEST_F(cuFuncSetAttribute, DynamicSharedMemoryReadsBack) {
  const Module module;
  const Kernel kernel = module.kernel("reverse_in_shared");
  for (const int bytes : {1024, 4, 49152, opt_in(), 0, 2048}) {
    EXPECT_CUDA_OK(set(kernel, dynamic_shared, bytes));
    EXPECT_EQ(get(kernel, dynamic_shared), bytes);
  }
}

// "The sum of this value and the function attribute SHARED_SIZE_BYTES cannot exceed the device
// attribute MAX_SHARED_MEMORY_PER_BLOCK_OPTIN."
TEST_F(cuFuncSetAttribute, DynamicSharedMemoryEndsAtTheOptInLimit) {
  const Module module;
  const Kernel kernel = module.kernel("static_shared");
  EXPECT_CUDA_OK(set(kernel, dynamic_shared, opt_in() - 1024));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(kernel, dynamic_shared, opt_in() - 1023));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(kernel, dynamic_shared, INT32_MAX));
  EXPECT_EQ(get(kernel, dynamic_shared), opt_in() - 1024);
}

TEST_F(cuFuncSetAttribute, DynamicSharedMemoryIsNotNegative) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const int before = get(kernel, dynamic_shared);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(kernel, dynamic_shared, -1));
  EXPECT_EQ(get(kernel, dynamic_shared), before);
}

// What it is for: launches with more than the default, and their data.
TEST_F(cuFuncSetAttribute, LaunchesMayUseTheMemoryThatWasSet) {
  REQUIRE_ATTRIBUTE_AT_LEAST(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 49152 + 4096);
  const DeviceBuffer<unsigned> buffer(256);
  auto expected = buffer.read();
  std::reverse(expected.begin(), expected.end());
  const Module module;
  const Kernel kernel = module.kernel("reverse_in_shared");
  const Stream stream;
  const unsigned bytes = 49152 + 4096;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              kernel.try_launch({}, {256}, bytes, stream, buffer.address()));
  ASSERT_CUDA_OK(set(kernel, dynamic_shared, static_cast<int>(bytes)));
  EXPECT_CUDA_OK(kernel.try_launch({}, {256}, bytes, stream, buffer.address()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              kernel.try_launch({}, {256}, bytes + 1, stream, buffer.address()));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), expected);
}

// "If the user-specified dynamic shared memory size is larger than this value, the launch will
// fail." Also below the default, and at once after a launch that was allowed.
TEST_F(cuFuncSetAttribute, LaunchesMayUseNoMoreThanWasSet) {
  const DeviceBuffer<unsigned> buffer(256);
  const Module module;
  const Kernel kernel = module.kernel("reverse_in_shared");
  const Stream stream;
  EXPECT_CUDA_OK(kernel.try_launch({}, {256}, 2048, stream, buffer.address()));
  ASSERT_CUDA_OK(set(kernel, dynamic_shared, 1024));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              kernel.try_launch({}, {256}, 2048, stream, buffer.address()));
  EXPECT_CUDA_OK(kernel.try_launch({}, {256}, 1024, stream, buffer.address()));
  ASSERT_CUDA_OK(set(kernel, dynamic_shared, 2048));
  EXPECT_CUDA_OK(kernel.try_launch({}, {256}, 2048, stream, buffer.address()));
  stream.synchronize();
}

TEST_F(cuFuncSetAttribute, ConcernsOneFunctionOfOneModule) {
  const Module module;
  const Module again;
  const Kernel other = module.kernel("empty");
  const Kernel same_name = again.kernel("fill");
  const int before = get(other, dynamic_shared);
  ASSERT_CUDA_OK(set(module.kernel("fill"), dynamic_shared, 512));
  EXPECT_EQ(get(module.kernel("fill"), dynamic_shared), 512);
  EXPECT_EQ(get(other, dynamic_shared), before);
  EXPECT_EQ(get(same_name, dynamic_shared), before);
}

TEST_F(cuFuncSetAttribute, TheCarveoutIsAPercentage) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const int percent : {0, 50, 100, static_cast<int>(CU_SHAREDMEM_CARVEOUT_DEFAULT)}) {
    EXPECT_CUDA_OK(set(kernel, carveout, percent));
    EXPECT_EQ(get(kernel, carveout), percent);
  }
  for (const int percent : {-2, 101, 1000}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(kernel, carveout, percent)) << percent;
  }
  EXPECT_EQ(get(kernel, carveout), CU_SHAREDMEM_CARVEOUT_DEFAULT);
}

TEST_F(cuFuncSetAttribute, NonPortableClustersAreAllowedOnRequest) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const int allowed : {1, 0}) {
    EXPECT_CUDA_OK(set(kernel, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, allowed));
    EXPECT_EQ(get(kernel, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED), allowed);
  }
}

TEST_F(cuFuncSetAttribute, RefusesReadOnlyAttributes) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (int number = 0; number <= CU_FUNC_ATTRIBUTE_CACHE_MODE_CA; ++number) {
    const auto attribute = static_cast<CUfunction_attribute>(number);
    const int before = get(kernel, attribute);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(kernel, attribute, before)) << number;
    EXPECT_EQ(get(kernel, attribute), before);
  }
}

TEST_F(cuFuncSetAttribute, RefusesANullFunction) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, set(nullptr, dynamic_shared, 1024));
}

// A function knows its context.
TEST_F(cuFuncSetAttribute, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  {
    const NoContext none;
    EXPECT_CUDA_OK(set(kernel, dynamic_shared, 1024));
  }
  int value = 0;
  EXPECT_CUDA_OK(driver().cuFuncGetAttribute(&value, dynamic_shared, kernel));
  EXPECT_EQ(value, 1024);
}

TEST_F(cuFuncSetAttribute, HoldsForAllThreads) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  EXPECT_CUDA_OK(on_other_thread(context, [&] { return set(kernel, dynamic_shared, 768); }));
  EXPECT_EQ(get(kernel, dynamic_shared), 768);
}

TEST_F(cuFuncSetAttribute, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] { return set(kernel, dynamic_shared, 1024); });
}

TEST_F(cuFuncSetAttribute_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, set(garbage_handle<CUfunction>(), dynamic_shared, 1024));
}

}  // namespace vgpu::conformance::test_cuFuncSetAttribute
