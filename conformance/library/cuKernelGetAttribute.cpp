#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuKernelGetAttribute {

CONFORMANCE_SUITE(cuKernelGetAttribute, Context);
CONFORMANCE_SUITE(cuKernelGetAttribute_fresh, Uninitialised);

int attribute_of(CUkernel kernel, CUfunction_attribute attribute) {
  const auto [first, second] = expect_writes<int>([&](int* value) {
    return driver().cuKernelGetAttribute(value, attribute, kernel, Driver::device);
  });
  EXPECT_EQ(first, second);
  return first;
}

TEST_F(cuKernelGetAttribute, KnowsWhatTheCodeNeeds) {
  const Library library;
  EXPECT_EQ(attribute_of(library.kernel("static_shared"), CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES),
            1024);
  EXPECT_EQ(attribute_of(library.kernel("reverse_in_shared"), CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES),
            0);
  EXPECT_EQ(attribute_of(library.kernel("empty"), CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES), 0);
  EXPECT_GT(attribute_of(library.kernel("many_parameters"), CU_FUNC_ATTRIBUTE_NUM_REGS), 0);
}

TEST_F(cuKernelGetAttribute, KnowsTheLimitsOfALaunch) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  EXPECT_EQ(attribute_of(kernel, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
            device_attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK));
  EXPECT_EQ(attribute_of(kernel, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES),
            device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK));
  EXPECT_EQ(attribute_of(library.kernel("static_shared"),
                         CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES),
            device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK) - 1024);
}

TEST_F(cuKernelGetAttribute, KnowsTheArchitecture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  EXPECT_EQ(attribute_of(kernel, CU_FUNC_ATTRIBUTE_PTX_VERSION), 75);
  EXPECT_EQ(attribute_of(kernel, CU_FUNC_ATTRIBUTE_BINARY_VERSION),
            10 * device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
                device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
}

TEST_F(cuKernelGetAttribute, AgreesWithTheFunction) {
  const Library library;
  const CUkernel kernel = library.kernel("static_shared");
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuKernelGetFunction(&function, kernel));
  for (int attribute = 0; attribute < CU_FUNC_ATTRIBUTE_MAX; ++attribute) {
    const auto id = static_cast<CUfunction_attribute>(attribute);
    int of_function = 0;
    ASSERT_CUDA_OK(driver().cuFuncGetAttribute(&of_function, id, function)) << attribute;
    EXPECT_EQ(attribute_of(kernel, id), of_function) << "attribute " << attribute;
  }
}

TEST_F(cuKernelGetAttribute, RefusesAnUnknownAttribute) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  for (const int attribute : {int{CU_FUNC_ATTRIBUTE_MAX}, 1000, -1}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_VALUE, [&](int* value) {
      return driver().cuKernelGetAttribute(value, static_cast<CUfunction_attribute>(attribute),
                                           kernel, device);
    });
  }
}

TEST_F(cuKernelGetAttribute, RefusesAnUnknownDevice) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  for (const CUdevice bad : {device_count(), -1}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [&](int* value) {
      return driver().cuKernelGetAttribute(value, CU_FUNC_ATTRIBUTE_NUM_REGS, kernel, bad);
    });
  }
}

TEST_F(cuKernelGetAttribute, RefusesANullOutput) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuKernelGetAttribute(nullptr, CU_FUNC_ATTRIBUTE_NUM_REGS,
                                            library.kernel("fill"), device));
}

TEST_F(cuKernelGetAttribute, RefusesANullKernel) {
  expect_leaves<int>(CUDA_ERROR_INVALID_HANDLE, [](int* value) {
    return driver().cuKernelGetAttribute(value, CU_FUNC_ATTRIBUTE_NUM_REGS, nullptr, device);
  });
}

TEST_F(cuKernelGetAttribute, NeedsNoCurrentContext) {
  const Library library;
  const CUkernel kernel = library.kernel("static_shared");
  const NoContext none;
  EXPECT_EQ(attribute_of(kernel, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 1024);
}

// Undocumented.
TEST_F(cuKernelGetAttribute, IsSafeDuringCapture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  expect_safe_in_capture([&] {
    int value = 0;
    return driver().cuKernelGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, kernel, device);
  });
}

TEST_F(cuKernelGetAttribute_fresh, BeforeInit) {
  int value = 0;
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_HANDLE,
      driver().cuKernelGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuKernelGetAttribute
