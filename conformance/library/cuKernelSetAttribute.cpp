#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuKernelSetAttribute {

CONFORMANCE_SUITE(cuKernelSetAttribute, Context);
CONFORMANCE_SUITE(cuKernelSetAttribute_fresh, Uninitialised);

constexpr auto shared_limit = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;

int attribute_of(CUkernel kernel, CUfunction_attribute attribute) {
  int value = -7;
  check(driver().cuKernelGetAttribute(&value, attribute, kernel, Driver::device),
        "cuKernelGetAttribute");
  return value;
}

CUresult set(CUkernel kernel, CUfunction_attribute attribute, int value) {
  return driver().cuKernelSetAttribute(attribute, value, kernel, Driver::device);
}

int most_shared() {
  return device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
}

TEST_F(cuKernelSetAttribute, TheValueIsReadBack) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  for (const int value : {0, 1000, 4096, most_shared()}) {
    EXPECT_CUDA_OK(set(kernel, shared_limit, value));
    EXPECT_EQ(attribute_of(kernel, shared_limit), value);
  }
  EXPECT_CUDA_OK(set(kernel, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 50));
  EXPECT_EQ(attribute_of(kernel, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT), 50);
}

TEST_F(cuKernelSetAttribute, OtherKernelsKeepTheirs) {
  const Library library;
  const Library other;
  const int before = attribute_of(library.kernel("add"), shared_limit);
  EXPECT_CUDA_OK(set(library.kernel("fill"), shared_limit, 64));
  EXPECT_EQ(attribute_of(library.kernel("add"), shared_limit), before);
  EXPECT_EQ(attribute_of(other.kernel("fill"), shared_limit), before);
}

TEST_F(cuKernelSetAttribute, TheLimitHoldsForLaunches) {
  const Library library;
  const CUkernel kernel = library.kernel("empty");
  const Kernel empty(reinterpret_cast<CUfunction>(kernel));
  const auto most = static_cast<unsigned>(most_shared());
  EXPECT_CUDA_OK(set(kernel, shared_limit, 1024));
  EXPECT_CUDA_OK(empty.try_launch({}, {}, 1024, nullptr));
  EXPECT_CUDA_OK(set(kernel, shared_limit, most_shared()));
  EXPECT_CUDA_OK(empty.try_launch({}, {}, most, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, empty.try_launch({}, {}, most + 1, nullptr));
}

TEST_F(cuKernelSetAttribute, ReachesEveryContext) {
  const int usual = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  REQUIRE_ATTRIBUTE_AT_LEAST(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, usual + 1);
  const ExtraContext extra;
  const Library library;
  const CUkernel kernel = library.kernel("empty");
  EXPECT_CUDA_OK(set(kernel, shared_limit, most_shared()));
  const Current current(extra);
  EXPECT_CUDA_OK(Kernel(reinterpret_cast<CUfunction>(kernel))
                     .try_launch({}, {}, static_cast<unsigned>(most_shared()), nullptr));
}

TEST_F(cuKernelSetAttribute, RefusesMoreSharedMemoryThanThereIs) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              set(library.kernel("fill"), shared_limit, most_shared() + 1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(library.kernel("fill"), shared_limit, -1));
  // Static and dynamic together must not exceed it.
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              set(library.kernel("static_shared"), shared_limit, most_shared() - 1023));
  EXPECT_CUDA_OK(set(library.kernel("static_shared"), shared_limit, most_shared() - 1024));
}

TEST_F(cuKernelSetAttribute, RefusesReadOnlyAttributes) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  for (const auto attribute :
       {CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES,
        CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES,
        CU_FUNC_ATTRIBUTE_NUM_REGS, CU_FUNC_ATTRIBUTE_PTX_VERSION,
        CU_FUNC_ATTRIBUTE_BINARY_VERSION}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(kernel, attribute, 1)) << attribute;
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(kernel, static_cast<CUfunction_attribute>(999), 1));
}

TEST_F(cuKernelSetAttribute, RefusesAnUnknownDevice) {
  const Library library;
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_DEVICE,
      driver().cuKernelSetAttribute(shared_limit, 64, library.kernel("fill"), device_count()));
}

TEST_F(cuKernelSetAttribute, RefusesANullKernel) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, set(nullptr, shared_limit, 64));
}

TEST_F(cuKernelSetAttribute, NeedsNoCurrentContext) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  const NoContext none;
  EXPECT_CUDA_OK(set(kernel, shared_limit, 128));
  EXPECT_EQ(attribute_of(kernel, shared_limit), 128);
}

// Undocumented.
TEST_F(cuKernelSetAttribute, IsSafeDuringCapture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  expect_safe_in_capture([&] { return set(kernel, shared_limit, 1000); });
}

TEST_F(cuKernelSetAttribute_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuKernelSetAttribute(
                                 CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 64, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuKernelSetAttribute
