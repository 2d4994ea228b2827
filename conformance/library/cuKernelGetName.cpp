#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuKernelGetName {

CONFORMANCE_SUITE(cuKernelGetName, Context);
CONFORMANCE_SUITE(cuKernelGetName_fresh, Uninitialised);

TEST_F(cuKernelGetName, GivesTheName) {
  const Library library;
  for (const char* name : {"fill", "reverse_in_shared", "many_parameters"}) {
    const CUkernel kernel = library.kernel(name);
    const auto [first, second] = expect_writes<const char*>(
        [&](const char** out) { return driver().cuKernelGetName(out, kernel); });
    EXPECT_STREQ(first, name);
    EXPECT_STREQ(second, name);
  }
}

TEST_F(cuKernelGetName, TheNameLivesAsLongAsTheLibrary) {
  const Library library;
  std::string asked = "scale_add";
  CUkernel kernel = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&kernel, library, asked.c_str()));
  asked = "overwrite";
  const char* name = nullptr;
  ASSERT_CUDA_OK(driver().cuKernelGetName(&name, kernel));
  for (int i = 0; i < 20; ++i) Library("other").kernel("fill");
  EXPECT_STREQ(name, "scale_add");
}

TEST_F(cuKernelGetName, NeedsNoContext) {
  const NoContext none;
  const Library library;
  const char* name = nullptr;
  EXPECT_CUDA_OK(driver().cuKernelGetName(&name, library.kernel("count")));
  EXPECT_STREQ(name, "count");
}

TEST_F(cuKernelGetName, RefusesNullArguments) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuKernelGetName(nullptr, library.kernel("fill")));
  expect_leaves<const char*>(CUDA_ERROR_INVALID_VALUE, [](const char** name) {
    return driver().cuKernelGetName(name, nullptr);
  });
}

// Undocumented.
TEST_F(cuKernelGetName, IsSafeDuringCapture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  expect_safe_in_capture([&] {
    const char* name = nullptr;
    return driver().cuKernelGetName(&name, kernel);
  });
}

TEST_F(cuKernelGetName_fresh, BeforeInit) {
  const char* name = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, driver().cuKernelGetName(&name, nullptr));
}

}  // namespace vgpu::conformance::test_cuKernelGetName
