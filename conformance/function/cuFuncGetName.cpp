#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncGetName {

CONFORMANCE_SUITE(cuFuncGetName, Context);
CONFORMANCE_SUITE(cuFuncGetName_fresh, Uninitialised);

TEST_F(cuFuncGetName, GivesTheNameByWhichTheFunctionWasFound) {
  const Module module;
  for (const char* name : {"fill", "empty", "many_parameters", "reverse_in_shared"}) {
    const Kernel kernel = module.kernel(name);
    const auto [first, second] = expect_writes<const char*>(
        [&](const char** text) { return driver().cuFuncGetName(text, kernel); });
    EXPECT_STREQ(first, name);
    EXPECT_STREQ(second, name);
  }
}

// "only valid when the function handle is valid": as long as the module.
TEST_F(cuFuncGetName, TheTextStaysWhileTheModuleIsLoaded) {
  const Module module;
  const char* text = nullptr;
  ASSERT_CUDA_OK(driver().cuFuncGetName(&text, module.kernel("scale_add")));
  for (int i = 0; i < 3; ++i) {
    const Module other;
    const char* others = nullptr;
    ASSERT_CUDA_OK(driver().cuFuncGetName(&others, other.kernel("fill")));
    EXPECT_STREQ(others, "fill");
  }
  EXPECT_STREQ(text, "scale_add");
}

TEST_F(cuFuncGetName, GivesTheNameOfAKernelsFunction) {
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryLoadData(&library, ptx("basic").data(), nullptr, nullptr, 0,
                                            nullptr, nullptr, 0));
  CUkernel kernel = nullptr;
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&kernel, library, "write_ids"));
  ASSERT_CUDA_OK(driver().cuKernelGetFunction(&function, kernel));
  const char* text = nullptr;
  EXPECT_CUDA_OK(driver().cuFuncGetName(&text, function));
  EXPECT_STREQ(text, "write_ids");
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

// "If either **name or hfunc is NULL, CUDA_ERROR_INVALID_VALUE is returned."
TEST_F(cuFuncGetName, RefusesANullOutput) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuFuncGetName(nullptr, module.kernel("empty")));
}

TEST_F(cuFuncGetName, RefusesANullFunction) {
  expect_leaves<const char*>(CUDA_ERROR_INVALID_VALUE, [](const char** text) {
    return driver().cuFuncGetName(text, nullptr);
  });
}

TEST_F(cuFuncGetName, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  const char* text = nullptr;
  EXPECT_CUDA_OK(driver().cuFuncGetName(&text, kernel));  // Undocumented.
  EXPECT_STREQ(text, "empty");
}

TEST_F(cuFuncGetName, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] {
    const char* text = nullptr;
    return driver().cuFuncGetName(&text, kernel);
  });
}

TEST_F(cuFuncGetName_fresh, BeforeInit) {
  expect_leaves<const char*>(CUDA_ERROR_NOT_INITIALIZED, [](const char** text) {
    return driver().cuFuncGetName(text, garbage_handle<CUfunction>());
  });
}

}  // namespace vgpu::conformance::test_cuFuncGetName
