#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryGetKernel {

CONFORMANCE_SUITE(cuLibraryGetKernel, Context);
CONFORMANCE_SUITE(cuLibraryGetKernel_fresh, Uninitialised);

TEST_F(cuLibraryGetKernel, FindsTheKernelOfThatName) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(60, 2));
  const Library library;
  const Stream stream;
  for (const auto& [name, value] : {std::pair{"add", 3U}, std::pair{"fill", 4U}}) {
    Kernel(reinterpret_cast<CUfunction>(library.kernel(name))).over(buffer, stream, value);
    stream.synchronize();
    EXPECT_EQ(buffer.read()[59], value == 3 ? 5U : 4U);
  }
}

TEST_F(cuLibraryGetKernel, GivesOneHandlePerKernel) {
  const Library library;
  const auto [first, second] = expect_writes<CUkernel>(
      [&](CUkernel* kernel) { return driver().cuLibraryGetKernel(kernel, library, "fill"); });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, library.kernel("add"));
  EXPECT_NE(first, Library().kernel("fill")) << "of another library";
}

TEST_F(cuLibraryGetKernel, ItIsTheSameInEveryContext) {
  const Library library;
  const CUkernel here = library.kernel("fill");
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(library.kernel("fill"), here);
  const NoContext none;
  EXPECT_EQ(library.kernel("fill"), here);
  EXPECT_EQ(on_other_thread([&] { return library.kernel("fill"); }), here);
}

TEST_F(cuLibraryGetKernel, NeedsNoContext) {
  const NoContext none;
  const Library library;
  const auto [first, second] = expect_writes<CUkernel>(
      [&](CUkernel* kernel) { return driver().cuLibraryGetKernel(kernel, library, "count"); });
  EXPECT_EQ(first, second);
}

TEST_F(cuLibraryGetKernel, RefusesAMissingName) {
  const Library library;
  for (const char* name : {"no_such_kernel", "fil", "", "global_value"}) {
    expect_leaves<CUkernel>(CUDA_ERROR_NOT_FOUND, [&](CUkernel* kernel) {
      return driver().cuLibraryGetKernel(kernel, library, name);
    });
  }
}

TEST_F(cuLibraryGetKernel, RefusesNullArguments) {
  const Library library;
  CUkernel kernel = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuLibraryGetKernel(nullptr, library, "fill"));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuLibraryGetKernel(&kernel, library, nullptr));
}

TEST_F(cuLibraryGetKernel, RefusesANullLibrary) {
  expect_leaves<CUkernel>(CUDA_ERROR_INVALID_HANDLE, [](CUkernel* kernel) {
    return driver().cuLibraryGetKernel(kernel, nullptr, "fill");
  });
}

TEST_F(cuLibraryGetKernel, IsSafeDuringCapture) {
  const Library library;
  CUkernel kernel = nullptr;
  expect_safe_in_capture([&] { return driver().cuLibraryGetKernel(&kernel, library, "fill"); });
}

TEST_F(cuLibraryGetKernel_fresh, BeforeInit) {
  CUkernel kernel = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuLibraryGetKernel(&kernel, nullptr, "fill"));
}

}  // namespace vgpu::conformance::test_cuLibraryGetKernel
