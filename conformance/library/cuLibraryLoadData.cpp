#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryLoadData {

CONFORMANCE_SUITE(cuLibraryLoadData, Context);
CONFORMANCE_SUITE(cuLibraryLoadData_fresh, Uninitialised);

CUresult load(CUlibrary* library, const void* code, std::vector<CUlibraryOption> options = {},
              std::vector<void*> values = {}) {
  return driver().cuLibraryLoadData(
      library, code, nullptr, nullptr, 0, options.empty() ? nullptr : options.data(),
      values.empty() ? nullptr : values.data(), static_cast<unsigned>(options.size()));
}

/// What the library's `fill` makes of `value`.
unsigned filled_by(CUlibrary library, unsigned value) {
  CUkernel fill = nullptr;
  check(driver().cuLibraryGetKernel(&fill, library, "fill"), "cuLibraryGetKernel");
  const DeviceBuffer<unsigned> buffer(1);
  const Stream stream;
  Kernel(reinterpret_cast<CUfunction>(fill)).over(buffer, stream, value);
  stream.synchronize();
  return buffer.read()[0];
}

TEST_F(cuLibraryLoadData, LoadsPtxTextAndFatbins) {
  const auto value = random_value<unsigned>();
  for (const auto code : {ptx("basic"), fatbin("basic")}) {
    CUlibrary library = nullptr;
    ASSERT_CUDA_OK(load(&library, code.data()));
    EXPECT_EQ(filled_by(library, value), value);
    EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
  }
  for (const auto code : {ptx("other"), fatbin("other")}) {
    CUlibrary library = nullptr;
    ASSERT_CUDA_OK(load(&library, code.data()));
    EXPECT_EQ(filled_by(library, value), ~value);
    EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
  }
}

// What the CUDA runtime does: no context, the wrapper that nvcc made, the binary stays where it is.
TEST_F(cuLibraryLoadData, LoadsAPreservedWrapperWithoutAContext) {
  const struct {
    std::uint32_t magic = 0x466243b1;
    std::uint32_t version = 1;
    const void* data = fatbin("other").data();
    const void* name = nullptr;
  } wrapper;
  CUlibrary library = nullptr;
  {
    const NoContext none;
    ASSERT_CUDA_OK(load(&library, &wrapper, {CU_LIBRARY_BINARY_IS_PRESERVED},
                        {reinterpret_cast<void*>(std::uintptr_t{1})}));
  }
  EXPECT_EQ(filled_by(library, 5), ~5U);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuLibraryLoadData, CopiesTheCodeUnlessItIsPreserved) {
  std::string text(ptx("other"));
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(load(&library, text.c_str()));
  std::fill(text.begin(), text.end(), 'x');
  EXPECT_EQ(filled_by(library, 9), ~9U);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuLibraryLoadData, OptionsNeedNoValues) {
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(load(&library, ptx("other").data(), {CU_LIBRARY_BINARY_IS_PRESERVED}));
  EXPECT_EQ(filled_by(library, 9), ~9U);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuLibraryLoadData, TakesTheCompilersOptions) {
  std::array options{CU_JIT_MAX_REGISTERS, CU_JIT_OPTIMIZATION_LEVEL};
  std::array<void*, 2> values{reinterpret_cast<void*>(std::uintptr_t{32}),
                              reinterpret_cast<void*>(std::uintptr_t{2})};
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryLoadData(&library, ptx("basic").data(), options.data(),
                                            values.data(), 2, nullptr, nullptr, 0));
  EXPECT_EQ(filled_by(library, 4), 4U);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuLibraryLoadData, EveryLoadIsALibraryOfItsOwn) {
  const auto [first, second] = expect_writes<CUlibrary>(
      [](CUlibrary* library) { return load(library, ptx("basic").data()); });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(first));
  EXPECT_EQ(filled_by(second, 6), 6U);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(second));
}

TEST_F(cuLibraryLoadData, ServesEveryContext) {
  const Library library("other");
  const ExtraContext extra;
  EXPECT_EQ(filled_by(library, 1), ~1U);
  {
    const Current current(extra);
    EXPECT_EQ(filled_by(library, 2), ~2U);
  }
  EXPECT_EQ(filled_by(library, 3), ~3U);
}

// Code is not looked at before it is used, unless modules are loaded eagerly.
TEST_F(cuLibraryLoadData, WhatIsNoImageIsRefusedHereOrWhenItIsUsed) {
  alignas(16) const char zeros[256] = {};
  for (const char* code : {"", "garbage", zeros}) {
    CUlibrary library = nullptr;
    const CUresult loaded = load(&library, code);
    if (loaded == CUDA_SUCCESS) {
      CUmodule module = nullptr;
      EXPECT_NE(driver().cuLibraryGetModule(&module, library), CUDA_SUCCESS) << "'" << code << "'";
    } else {
      EXPECT_CUDA(CUDA_ERROR_INVALID_IMAGE, loaded) << "'" << code << "'";
    }
  }
}

// Code that is no use shows when it is loaded into a context.
TEST_F(cuLibraryLoadData, BrokenPtxIsRefusedHereOrWhenItIsUsed) {
  constexpr const char* broken =
      ".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry one() { nonsense; }\n";
  CUlibrary library = nullptr;
  const CUresult loaded = load(&library, broken);
  if (loaded == CUDA_SUCCESS) {
    CUmodule module = nullptr;
    EXPECT_CUDA(CUDA_ERROR_INVALID_PTX, driver().cuLibraryGetModule(&module, library));
    EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
  } else {
    EXPECT_CUDA(CUDA_ERROR_INVALID_PTX, loaded);
  }
}

// A program may hold code for many devices; only its use on one that it has none for fails.
TEST_F(cuLibraryLoadData, AFatbinWithNothingForThisDeviceFailsWhenItIsUsed) {
  std::string code(fatbin("basic"));
  const unsigned future = 990;
  std::memcpy(code.data() + 16 + 28, &future, sizeof future);  // the only entry's architecture
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(load(&library, code.data()));  // Undocumented.
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NO_BINARY_FOR_GPU, driver().cuLibraryGetModule(&module, library));
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuLibraryLoadData, RefusesAnUnknownOption) {
  CUlibrary library = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              load(&library, ptx("other").data(), {static_cast<CUlibraryOption>(700)}));
}

TEST_F(cuLibraryLoadData, IsSafeDuringCapture) {
  expect_safe_in_capture([] {
    CUlibrary library = nullptr;
    return load(&library, ptx("other").data());  // stays loaded: unloading may be unsafe
  });
}

TEST_F(cuLibraryLoadData_fresh, BeforeInit) {
  expect_leaves<CUlibrary>(CUDA_ERROR_NOT_INITIALIZED,
                           [](CUlibrary* library) { return load(library, ptx("other").data()); });
}

TEST_F(cuLibraryLoadData_fresh, MakesNoContext) {
  check(driver().cuInit(0), "cuInit");
  const Library library;
  unsigned count = 0;
  EXPECT_CUDA_OK(driver().cuLibraryGetKernelCount(&count, library));
  EXPECT_EQ(current_context(), nullptr);
  unsigned flags = 0;
  int active = 1;
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(0, &flags, &active));
  EXPECT_EQ(active, 0);
}

}  // namespace vgpu::conformance::test_cuLibraryLoadData
