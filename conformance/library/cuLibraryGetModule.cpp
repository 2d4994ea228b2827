#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryGetModule {

CONFORMANCE_SUITE(cuLibraryGetModule, Context);
CONFORMANCE_SUITE(cuLibraryGetModule_fresh, Uninitialised);

TEST_F(cuLibraryGetModule, GivesOneModulePerContext) {
  const ExtraContext extra;
  const Library library;
  const auto [first, second] = expect_writes<CUmodule>(
      [&](CUmodule* module) { return driver().cuLibraryGetModule(module, library); });
  EXPECT_EQ(first, second);
  {
    const Current current(extra);
    EXPECT_NE(library.module(), first);
  }
  EXPECT_EQ(library.module(), first);
}

TEST_F(cuLibraryGetModule, TheModuleHasFunctionsAndVariables) {
  const DeviceBuffer<unsigned> buffer(9);
  const Library library("other");
  const CUmodule module = library.module();
  CUfunction fill = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&fill, module, "fill"));
  const Stream stream;
  Kernel(fill).over(buffer, stream, 1U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(9, ~1U));
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  ASSERT_CUDA_OK(driver().cuModuleGetGlobal_v2(&address, &bytes, module, "only_here"));
  EXPECT_EQ(bytes, 24U);
  std::array<unsigned long long, 3> values{};
  read_device(values.data(), address, sizeof values);
  EXPECT_EQ(values, (std::array<unsigned long long, 3>{7, 8, 9}));
}

TEST_F(cuLibraryGetModule, NeedsACurrentContext) {
  const Library library;
  const NoContext none;
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_CONTEXT, [&](CUmodule* module) {
    return driver().cuLibraryGetModule(module, library);
  });
}

TEST_F(cuLibraryGetModule, RefusesADestroyedContext) {
  const Library library;
  ExtraContext extra;
  const Current current(extra);
  on_other_thread([&] { extra.destroy(); });
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, driver().cuLibraryGetModule(&module, library));
}

TEST_F(cuLibraryGetModule, RefusesANullOutput) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuLibraryGetModule(nullptr, library));
}

TEST_F(cuLibraryGetModule, RefusesANullLibrary) {
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_HANDLE, [](CUmodule* module) {
    return driver().cuLibraryGetModule(module, nullptr);
  });
}

// Undocumented.
TEST_F(cuLibraryGetModule, IsSafeDuringCapture) {
  const Library library;
  library.module();  // is loaded into the context already
  expect_safe_in_capture([&] {
    CUmodule module = nullptr;
    return driver().cuLibraryGetModule(&module, library);
  });
}

TEST_F(cuLibraryGetModule_fresh, BeforeInit) {
  CUmodule module = nullptr;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuLibraryGetModule(&module, nullptr));
}

}  // namespace vgpu::conformance::test_cuLibraryGetModule
