#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryLoadFromFile {

CONFORMANCE_SUITE(cuLibraryLoadFromFile, Context);
CONFORMANCE_SUITE(cuLibraryLoadFromFile_fresh, Uninitialised);

CUresult load(CUlibrary* library, const char* path) {
  return driver().cuLibraryLoadFromFile(library, path, nullptr, nullptr, 0, nullptr, nullptr, 0);
}

TEST_F(cuLibraryLoadFromFile, LoadsPtxTextAndFatbins) {
  for (const auto code : {ptx("other"), fatbin("other")}) {
    CUlibrary library = nullptr;
    {
      const ImageFile file(code);
      ASSERT_CUDA_OK(load(&library, file.path()));
    }
    CUkernel fill = nullptr;
    ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&fill, library, "fill"));
    const DeviceBuffer<unsigned> buffer(8);
    const Stream stream;
    Kernel(reinterpret_cast<CUfunction>(fill)).over(buffer, stream, 12U);
    stream.synchronize();
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(8, ~12U));
    EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
  }
}

TEST_F(cuLibraryLoadFromFile, EveryLoadIsALibraryOfItsOwn) {
  const ImageFile file(ptx("other"));
  const auto [first, second] =
      expect_writes<CUlibrary>([&](CUlibrary* library) { return load(library, file.path()); });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(first));
  EXPECT_CUDA_OK(driver().cuLibraryUnload(second));
}

TEST_F(cuLibraryLoadFromFile, NeedsNoContext) {
  const ImageFile file(ptx("other"));
  const NoContext none;
  CUlibrary library = nullptr;
  EXPECT_CUDA_OK(load(&library, file.path()));
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuLibraryLoadFromFile, RefusesAMissingFile) {
  expect_leaves<CUlibrary>(CUDA_ERROR_FILE_NOT_FOUND, [](CUlibrary* library) {
    return load(library, "/no/such/folder/library.fatbin");
  });
}

// Code is not looked at before it is used, unless modules are loaded eagerly.
TEST_F(cuLibraryLoadFromFile, AFileOfSomethingElseIsRefusedHereOrWhenItIsUsed) {
  const ImageFile file("this is neither PTX nor a fatbin");
  CUlibrary library = nullptr;
  const CUresult loaded = load(&library, file.path());
  if (loaded == CUDA_SUCCESS) {
    CUmodule module = nullptr;
    EXPECT_NE(driver().cuLibraryGetModule(&module, library), CUDA_SUCCESS);
  } else {
    EXPECT_CUDA(CUDA_ERROR_INVALID_IMAGE, loaded);
  }
}

TEST_F(cuLibraryLoadFromFile, RefusesNullArguments) {
  const ImageFile file(ptx("other"));
  CUlibrary library = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, load(nullptr, file.path()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, load(&library, nullptr));
}

// Undocumented.
TEST_F(cuLibraryLoadFromFile, IsSafeDuringCapture) {
  const ImageFile file(ptx("other"));
  expect_safe_in_capture([&] {
    CUlibrary library = nullptr;
    return load(&library, file.path());  // stays loaded: unloading may be unsafe
  });
}

TEST_F(cuLibraryLoadFromFile_fresh, BeforeInit) {
  expect_leaves<CUlibrary>(CUDA_ERROR_NOT_INITIALIZED,
                           [](CUlibrary* library) { return load(library, "/no/such/file"); });
}

}  // namespace vgpu::conformance::test_cuLibraryLoadFromFile
