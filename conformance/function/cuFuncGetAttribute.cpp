#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncGetAttribute {

CONFORMANCE_SUITE(cuFuncGetAttribute, Context);
CONFORMANCE_SUITE(cuFuncGetAttribute_fresh, Uninitialised);

int get(CUfunction function, CUfunction_attribute attribute) {
  int value = -77;
  check(driver().cuFuncGetAttribute(&value, attribute, function), "cuFuncGetAttribute");
  return value;
}

// A kernel that says itself how many threads its blocks may have.
constexpr const char* bounded_ptx = R"(
.version 6.4
.target sm_75
.address_size 64
.visible .entry bounded() .maxntid 96, 1, 1 { ret; }
)";

TEST_F(cuFuncGetAttribute, WritesEveryAttributeAndAlwaysTheSame) {
  const Module module;
  for (const char* name : {"empty", "static_shared", "many_parameters"}) {
    const Kernel kernel = module.kernel(name);
    for (int number = 0; number <= CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT; ++number) {
      SCOPED_TRACE(std::string(name) + ", attribute " + std::to_string(number));
      const auto [first, second] = expect_writes<int>([&](int* value) {
        return driver().cuFuncGetAttribute(value, static_cast<CUfunction_attribute>(number),
                                           kernel);
      });
      EXPECT_EQ(first, second);
    }
  }
}

TEST_F(cuFuncGetAttribute, TellsStaticSharedMemory) {
  const Module module;
  EXPECT_EQ(get(module.kernel("static_shared"), CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 1024);
  EXPECT_EQ(get(module.kernel("empty"), CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 0);
}

// Dynamic shared memory is what static leaves of the default, until it is set.
TEST_F(cuFuncGetAttribute, TellsTheDefaultOfDynamicSharedMemory) {
  const Module module;
  const int most = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  constexpr auto dynamic = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
  EXPECT_EQ(get(module.kernel("empty"), dynamic), most);
  EXPECT_EQ(get(module.kernel("static_shared"), dynamic), most - 1024);
}

TEST_F(cuFuncGetAttribute, TellsTheArchitectures) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  EXPECT_EQ(get(kernel, CU_FUNC_ATTRIBUTE_PTX_VERSION), 75);  // of the virtual architecture
  EXPECT_EQ(get(kernel, CU_FUNC_ATTRIBUTE_BINARY_VERSION),
            10 * device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
                device_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
}

TEST_F(cuFuncGetAttribute, LiesInPossibleRanges) {
  const Module module;
  const Kernel kernel = module.kernel("many_parameters");
  EXPECT_GE(get(kernel, CU_FUNC_ATTRIBUTE_NUM_REGS), 1);
  EXPECT_LE(get(kernel, CU_FUNC_ATTRIBUTE_NUM_REGS), 255);
  EXPECT_GE(get(kernel, CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES), 0);
  EXPECT_GE(get(kernel, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES), 0);
  EXPECT_EQ(get(kernel, CU_FUNC_ATTRIBUTE_CACHE_MODE_CA) & ~1, 0);
  EXPECT_EQ(get(kernel, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT), -1);
}

// "beyond which a launch of the function would fail"
TEST_F(cuFuncGetAttribute, TheMostThreadsOfABlockCanBeLaunchedAndNoMore) {
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoadData(&module, bounded_ptx));
  CUfunction bounded = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&bounded, module, "bounded"));
  EXPECT_EQ(get(bounded, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 96);
  const Stream stream;
  EXPECT_CUDA_OK(Kernel(bounded).try_launch({}, {96}, 0, stream));
  // Undocumented: which error.
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, Kernel(bounded).try_launch({}, {97}, 0, stream));
  stream.synchronize();
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuFuncGetAttribute, UnboundedBlocksAreTheDevices) {
  const Module module;
  EXPECT_EQ(get(module.kernel("empty"), CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
            device_attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK));
}

TEST_F(cuFuncGetAttribute, KernelsWithoutClustersNeedNone) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const auto attribute :
       {CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET, CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH,
        CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT, CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH,
        CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED,
        CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE}) {
    EXPECT_EQ(get(kernel, attribute), 0) << "attribute " << attribute;
  }
}

TEST_F(cuFuncGetAttribute, RefusesUnknownAttributes) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const int number : {-1, static_cast<int>(CU_FUNC_ATTRIBUTE_MAX), 1000}) {
    SCOPED_TRACE(number);
    expect_leaves<int>(CUDA_ERROR_INVALID_VALUE, [&](int* value) {
      return driver().cuFuncGetAttribute(value, static_cast<CUfunction_attribute>(number), kernel);
    });
  }
}

TEST_F(cuFuncGetAttribute, RefusesANullOutput) {
  const Module module;
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuFuncGetAttribute(nullptr, CU_FUNC_ATTRIBUTE_NUM_REGS, module.kernel("empty")));
}

TEST_F(cuFuncGetAttribute, RefusesANullFunction) {
  expect_leaves<int>(CUDA_ERROR_INVALID_HANDLE, [](int* value) {
    return driver().cuFuncGetAttribute(value, CU_FUNC_ATTRIBUTE_NUM_REGS, nullptr);
  });
}

// A function knows its context.
TEST_F(cuFuncGetAttribute, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("static_shared");
  const NoContext none;
  const auto [first, second] = expect_writes<int>([&](int* value) {
    return driver().cuFuncGetAttribute(value, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, kernel);
  });
  EXPECT_EQ(first, 1024);
  EXPECT_EQ(second, 1024);
}

TEST_F(cuFuncGetAttribute, AnswersOnOtherThreadsOfTheContext) {
  const Module module;
  const Kernel kernel = module.kernel("static_shared");
  EXPECT_EQ(
      on_other_thread(context, [&] { return get(kernel, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES); }),
      1024);
}

// A launch takes a CUkernel in place of a function, this call does not: there is
// cuKernelGetAttribute.
TEST_F(cuFuncGetAttribute, RefusesAKernelHandle) {
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryLoadData(&library, ptx("basic").data(), nullptr, nullptr, 0,
                                            nullptr, nullptr, 0));
  CUkernel kernel = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&kernel, library, "static_shared"));
  int value = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES,
                                          reinterpret_cast<CUfunction>(kernel)));
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuFuncGetAttribute, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] {
    int value = 0;
    return driver().cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, kernel);
  });
}

TEST_F(cuFuncGetAttribute_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [](int* value) {
    return driver().cuFuncGetAttribute(value, CU_FUNC_ATTRIBUTE_NUM_REGS,
                                       garbage_handle<CUfunction>());
  });
}

}  // namespace vgpu::conformance::test_cuFuncGetAttribute
