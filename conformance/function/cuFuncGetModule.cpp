#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncGetModule {

CONFORMANCE_SUITE(cuFuncGetModule, Context);
CONFORMANCE_SUITE(cuFuncGetModule_fresh, Uninitialised);

TEST_F(cuFuncGetModule, GivesTheModuleThatTheFunctionCameFrom) {
  const Module basic;
  const Module again;
  const Module other("other");
  for (const Module* module : {&basic, &again, &other}) {
    const Kernel kernel = module->kernel("fill");
    const auto [first, second] = expect_writes<CUmodule>(
        [&](CUmodule* found) { return driver().cuFuncGetModule(found, kernel); });
    EXPECT_EQ(first, module->get());
    EXPECT_EQ(second, module->get());
  }
}

// The kernel's function belongs to a module of the library in the current context.
TEST_F(cuFuncGetModule, GivesTheModuleOfALibrary) {
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryLoadData(&library, ptx("basic").data(), nullptr, nullptr, 0,
                                            nullptr, nullptr, 0));
  CUkernel kernel = nullptr;
  CUfunction function = nullptr;
  CUmodule of_library = nullptr;
  CUmodule of_function = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&kernel, library, "fill"));
  ASSERT_CUDA_OK(driver().cuKernelGetFunction(&function, kernel));
  EXPECT_CUDA_OK(driver().cuFuncGetModule(&of_function, function));
  EXPECT_CUDA_OK(driver().cuLibraryGetModule(&of_library, library));
  EXPECT_EQ(of_function, of_library);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuFuncGetModule, RefusesANullOutput) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuFuncGetModule(nullptr, module.kernel("empty")));
}

// Undocumented.
TEST_F(cuFuncGetModule, RefusesANullFunction) {
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuFuncGetModule(&module, nullptr));
}

TEST_F(cuFuncGetModule, AnswersOnOtherThreads) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  EXPECT_EQ(on_other_thread(context,
                            [&] {
                              CUmodule found = nullptr;
                              check(driver().cuFuncGetModule(&found, kernel), "cuFuncGetModule");
                              return found;
                            }),
            module.get());
}

TEST_F(cuFuncGetModule, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] {
    CUmodule found = nullptr;
    return driver().cuFuncGetModule(&found, kernel);
  });
}

// Undocumented.
TEST_F(cuFuncGetModule, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  CUmodule found = nullptr;
  EXPECT_CUDA_OK(driver().cuFuncGetModule(&found, kernel));
}

TEST_F(cuFuncGetModule_fresh, BeforeInit) {
  expect_leaves<CUmodule>(CUDA_ERROR_NOT_INITIALIZED, [](CUmodule* module) {
    return driver().cuFuncGetModule(module, garbage_handle<CUfunction>());
  });
}

}  // namespace vgpu::conformance::test_cuFuncGetModule
