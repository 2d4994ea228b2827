#include <set>

#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryEnumerateKernels {

CONFORMANCE_SUITE(cuLibraryEnumerateKernels, Context);
CONFORMANCE_SUITE(cuLibraryEnumerateKernels_fresh, Uninitialised);

/// What stands in places that the driver leaves alone.
CUkernel untouched() {
  return garbage_handle<CUkernel>();
}

std::string name_of(CUkernel kernel) {
  const char* name = nullptr;
  check(driver().cuKernelGetName(&name, kernel), "cuKernelGetName");
  return name;
}

TEST_F(cuLibraryEnumerateKernels, ListsEveryKernelOnce) {
  const Library library("other");
  std::vector<CUkernel> kernels(kernels_in("other"), untouched());
  ASSERT_CUDA_OK(driver().cuLibraryEnumerateKernels(
      kernels.data(), static_cast<unsigned>(kernels.size()), library));
  std::set<std::string> names;
  for (const CUkernel kernel : kernels) {
    ASSERT_NE(kernel, untouched());
    names.insert(name_of(kernel));
  }
  EXPECT_EQ(names, (std::set<std::string>{"fill", "read_global"}));
}

TEST_F(cuLibraryEnumerateKernels, GivesTheHandlesOfTheNames) {
  const Library library;
  const CUkernel fill = library.kernel("fill");
  std::vector<CUkernel> kernels(kernels_in("basic"), untouched());
  ASSERT_CUDA_OK(driver().cuLibraryEnumerateKernels(
      kernels.data(), static_cast<unsigned>(kernels.size()), library));
  EXPECT_EQ(std::count(kernels.begin(), kernels.end(), fill), 1);
  for (const CUkernel kernel : kernels) {
    EXPECT_EQ(kernel, library.kernel(name_of(kernel).c_str()));
  }
}

TEST_F(cuLibraryEnumerateKernels, WritesNoMoreThanAskedFor) {
  const Library library;
  std::vector<CUkernel> kernels(kernels_in("basic"), untouched());
  ASSERT_CUDA_OK(driver().cuLibraryEnumerateKernels(kernels.data(), 2, library));
  EXPECT_NE(kernels[0], untouched());
  EXPECT_NE(kernels[1], untouched());
  EXPECT_NE(kernels[0], kernels[1]);
  EXPECT_EQ(kernels[2], untouched());
}

TEST_F(cuLibraryEnumerateKernels, WritesNoMoreThanThereAre) {
  const Library library("other");
  std::vector<CUkernel> kernels(10, untouched());
  ASSERT_CUDA_OK(driver().cuLibraryEnumerateKernels(kernels.data(), 10, library));
  EXPECT_NE(kernels[1], untouched());
  EXPECT_EQ(kernels[2], untouched());
}

TEST_F(cuLibraryEnumerateKernels, NeedsNoContext) {
  const NoContext none;
  const Library library("other");
  std::array<CUkernel, 2> kernels{};
  EXPECT_CUDA_OK(driver().cuLibraryEnumerateKernels(kernels.data(), 2, library));
  EXPECT_NE(kernels[1], nullptr);
}

TEST_F(cuLibraryEnumerateKernels, RefusesANullOutput) {
  const Library library("other");
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuLibraryEnumerateKernels(nullptr, 2, library));
}

TEST_F(cuLibraryEnumerateKernels, RefusesANullLibrary) {
  CUkernel kernel = untouched();
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuLibraryEnumerateKernels(&kernel, 1, nullptr));
  EXPECT_EQ(kernel, untouched());
}

// Undocumented.
TEST_F(cuLibraryEnumerateKernels, IsSafeDuringCapture) {
  const Library library("other");
  expect_safe_in_capture([&] {
    CUkernel kernel = nullptr;
    return driver().cuLibraryEnumerateKernels(&kernel, 1, library);
  });
}

TEST_F(cuLibraryEnumerateKernels_fresh, BeforeInit) {
  CUkernel kernel = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuLibraryEnumerateKernels(&kernel, 1, nullptr));
}

}  // namespace vgpu::conformance::test_cuLibraryEnumerateKernels
