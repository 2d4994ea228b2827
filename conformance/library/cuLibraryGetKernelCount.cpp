#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryGetKernelCount {

CONFORMANCE_SUITE(cuLibraryGetKernelCount, Context);
CONFORMANCE_SUITE(cuLibraryGetKernelCount_fresh, Uninitialised);

TEST_F(cuLibraryGetKernelCount, CountsTheKernels) {
  for (const char* name : {"basic", "other"}) {
    const Library library(name);
    const auto [first, second] = expect_writes<unsigned>(
        [&](unsigned* count) { return driver().cuLibraryGetKernelCount(count, library); });
    EXPECT_EQ(first, kernels_in(name)) << name;
    EXPECT_EQ(second, first);
  }
}

TEST_F(cuLibraryGetKernelCount, LookingKernelsUpChangesNothing) {
  const Library library("other");
  library.kernel("fill");
  unsigned count = 0;
  EXPECT_CUDA_OK(driver().cuLibraryGetKernelCount(&count, library));
  EXPECT_EQ(count, kernels_in("other"));
}

TEST_F(cuLibraryGetKernelCount, NeedsNoContext) {
  const NoContext none;
  const Library library("other");
  unsigned count = 0;
  EXPECT_CUDA_OK(driver().cuLibraryGetKernelCount(&count, library));
  EXPECT_EQ(count, kernels_in("other"));
}

TEST_F(cuLibraryGetKernelCount, RefusesANullOutput) {
  const Library library("other");
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuLibraryGetKernelCount(nullptr, library));
}

TEST_F(cuLibraryGetKernelCount, RefusesANullLibrary) {
  expect_leaves<unsigned>(CUDA_ERROR_INVALID_HANDLE, [](unsigned* count) {
    return driver().cuLibraryGetKernelCount(count, nullptr);
  });
}

// Undocumented.
TEST_F(cuLibraryGetKernelCount, IsSafeDuringCapture) {
  const Library library("other");
  expect_safe_in_capture([&] {
    unsigned count = 0;
    return driver().cuLibraryGetKernelCount(&count, library);
  });
}

TEST_F(cuLibraryGetKernelCount_fresh, BeforeInit) {
  unsigned count = 0;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuLibraryGetKernelCount(&count, nullptr));
}

}  // namespace vgpu::conformance::test_cuLibraryGetKernelCount
