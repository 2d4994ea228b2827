#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuKernelGetLibrary {

CONFORMANCE_SUITE(cuKernelGetLibrary, Context);
CONFORMANCE_SUITE(cuKernelGetLibrary_fresh, Uninitialised);

TEST_F(cuKernelGetLibrary, GivesTheKernelsLibrary) {
  const Library first;
  const Library second;
  for (const Library* library : {&first, &second}) {
    const CUkernel kernel = library->kernel("fill");
    const auto [once, twice] = expect_writes<CUlibrary>(
        [&](CUlibrary* out) { return driver().cuKernelGetLibrary(out, kernel); });
    EXPECT_EQ(once, library->get());
    EXPECT_EQ(twice, library->get());
  }
}

TEST_F(cuKernelGetLibrary, NeedsNoContext) {
  const NoContext none;
  const Library library;
  CUlibrary got = nullptr;
  EXPECT_CUDA_OK(driver().cuKernelGetLibrary(&got, library.kernel("fill")));
  EXPECT_EQ(got, library.get());
}

TEST_F(cuKernelGetLibrary, RefusesANullOutput) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuKernelGetLibrary(nullptr, library.kernel("fill")));
}

TEST_F(cuKernelGetLibrary, RefusesANullKernel) {
  expect_leaves<CUlibrary>(CUDA_ERROR_INVALID_HANDLE, [](CUlibrary* library) {
    return driver().cuKernelGetLibrary(library, nullptr);
  });
}

// Undocumented.
TEST_F(cuKernelGetLibrary, IsSafeDuringCapture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  expect_safe_in_capture([&] {
    CUlibrary found = nullptr;
    return driver().cuKernelGetLibrary(&found, kernel);
  });
}

TEST_F(cuKernelGetLibrary_fresh, BeforeInit) {
  CUlibrary library = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuKernelGetLibrary(&library, nullptr));
}

}  // namespace vgpu::conformance::test_cuKernelGetLibrary
