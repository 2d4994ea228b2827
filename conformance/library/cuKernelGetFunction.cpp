#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuKernelGetFunction {

CONFORMANCE_SUITE(cuKernelGetFunction, Context);
CONFORMANCE_SUITE(cuKernelGetFunction_fresh, Uninitialised);

CUfunction function_of(CUkernel kernel) {
  CUfunction function = nullptr;
  check(driver().cuKernelGetFunction(&function, kernel), "cuKernelGetFunction");
  return function;
}

TEST_F(cuKernelGetFunction, TheFunctionIsTheKernel) {
  const DeviceBuffer<unsigned> buffer(70);
  const Library library("other");
  const Stream stream;
  Kernel(function_of(library.kernel("fill"))).over(buffer, stream, 3U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(70, ~3U));
}

TEST_F(cuKernelGetFunction, GivesOneFunctionPerContext) {
  const ExtraContext extra;
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  const auto [first, second] = expect_writes<CUfunction>(
      [&](CUfunction* function) { return driver().cuKernelGetFunction(function, kernel); });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, function_of(library.kernel("add")));
  {
    const Current current(extra);
    EXPECT_NE(function_of(kernel), first);
  }
  EXPECT_EQ(function_of(kernel), first);
}

TEST_F(cuKernelGetFunction, ItIsTheModulesFunction) {
  const Library library;
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&function, library.module(), "fill"));
  EXPECT_EQ(function, function_of(library.kernel("fill")));
}

TEST_F(cuKernelGetFunction, WorksInTheOtherContext) {
  const ExtraContext extra;
  const Library library;
  const CUkernel fill = library.kernel("fill");
  function_of(fill);
  const Current current(extra);
  const DeviceBuffer<unsigned> buffer(5);
  const Stream stream;
  Kernel(function_of(fill)).over(buffer, stream, 8U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(5, 8));
}

TEST_F(cuKernelGetFunction, NeedsACurrentContext) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  const NoContext none;
  expect_leaves<CUfunction>(CUDA_ERROR_INVALID_CONTEXT, [&](CUfunction* function) {
    return driver().cuKernelGetFunction(function, kernel);
  });
}

TEST_F(cuKernelGetFunction, RefusesADestroyedContext) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  ExtraContext extra;
  const Current current(extra);
  on_other_thread([&] { extra.destroy(); });
  CUfunction function = nullptr;
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, driver().cuKernelGetFunction(&function, kernel));
}

TEST_F(cuKernelGetFunction, RefusesANullOutput) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuKernelGetFunction(nullptr, library.kernel("fill")));
}

TEST_F(cuKernelGetFunction, RefusesANullKernel) {
  expect_leaves<CUfunction>(CUDA_ERROR_INVALID_HANDLE, [](CUfunction* function) {
    return driver().cuKernelGetFunction(function, nullptr);
  });
}

// Undocumented.
TEST_F(cuKernelGetFunction, IsSafeDuringCapture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  expect_safe_in_capture([&] {
    CUfunction function = nullptr;
    return driver().cuKernelGetFunction(&function, kernel);
  });
}

TEST_F(cuKernelGetFunction_fresh, BeforeInit) {
  CUfunction function = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuKernelGetFunction(&function, nullptr));
}

}  // namespace vgpu::conformance::test_cuKernelGetFunction
