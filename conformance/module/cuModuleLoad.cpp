#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuModuleLoad {

CONFORMANCE_SUITE(cuModuleLoad, Context);
CONFORMANCE_SUITE(cuModuleLoad_fresh, Uninitialised);

/// Loads the file and runs its `fill`, which leaves `expected` behind.
void expect_fills(const char* path, unsigned value, unsigned expected) {
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoad(&module, path));
  CUfunction fill = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&fill, module, "fill"));
  const DeviceBuffer<unsigned> buffer(64);
  const Stream stream;
  Kernel(fill).over(buffer, stream, value);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(64, expected));
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoad, LoadsPtxText) {
  const auto value = random_value<unsigned>();
  const ImageFile basic(ptx("basic"));
  const ImageFile other(ptx("other"));
  expect_fills(basic.path(), value, value);
  expect_fills(other.path(), value, ~value);
}

TEST_F(cuModuleLoad, LoadsAFatbin) {
  const auto value = random_value<unsigned>();
  const ImageFile other(fatbin("other"));
  expect_fills(other.path(), value, ~value);
}

TEST_F(cuModuleLoad, ReadsTheFileBeforeItReturns) {
  CUmodule module = nullptr;
  {
    const ImageFile file(ptx("basic"));
    ASSERT_CUDA_OK(driver().cuModuleLoad(&module, file.path()));
  }
  CUfunction function = nullptr;
  EXPECT_CUDA_OK(driver().cuModuleGetFunction(&function, module, "count"));
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoad, WritesANewHandleEachTime) {
  const ImageFile file(ptx("other"));
  const auto [first, second] = expect_writes<CUmodule>(
      [&](CUmodule* module) { return driver().cuModuleLoad(module, file.path()); });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuModuleUnload(first));
  EXPECT_CUDA_OK(driver().cuModuleUnload(second));
}

TEST_F(cuModuleLoad, RefusesAMissingFile) {
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_FILE_NOT_FOUND,
              driver().cuModuleLoad(&module, "/no/such/folder/module.ptx"));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleLoad(&module, ""));  // Undocumented.
}

TEST_F(cuModuleLoad, RefusesAFileOfSomethingElse) {
  const ImageFile file("this is neither PTX nor a fatbin");
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_IMAGE, driver().cuModuleLoad(&module, file.path()));
}

TEST_F(cuModuleLoad, RefusesAnEmptyFile) {
  const ImageFile file("");
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_IMAGE, driver().cuModuleLoad(&module, file.path()));
}

TEST_F(cuModuleLoad, RefusesNullArguments) {
  const ImageFile file(ptx("other"));
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleLoad(nullptr, file.path()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleLoad(&module, nullptr));
}

TEST_F(cuModuleLoad, NeedsACurrentContext) {
  const ImageFile file(ptx("other"));
  const NoContext none;
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuModuleLoad(&module, file.path()));
}

// Undocumented.
TEST_F(cuModuleLoad, IsSafeDuringCapture) {
  const ImageFile file(ptx("other"));
  std::vector<CUmodule> loaded;
  expect_safe_in_capture([&] {
    CUmodule module = nullptr;
    const CUresult result = driver().cuModuleLoad(&module, file.path());
    if (result == CUDA_SUCCESS) loaded.push_back(module);
    return result;
  });
  // Unloading is unsafe.
  for (const CUmodule module : loaded) EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoad_fresh, BeforeInit) {
  expect_leaves<CUmodule>(CUDA_ERROR_NOT_INITIALIZED, [](CUmodule* module) {
    return driver().cuModuleLoad(module, "/no/such/file");
  });
}

}  // namespace vgpu::conformance::test_cuModuleLoad
