#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuModuleLoadFatBinary {

CONFORMANCE_SUITE(cuModuleLoadFatBinary, Context);
CONFORMANCE_SUITE(cuModuleLoadFatBinary_fresh, Uninitialised);

TEST_F(cuModuleLoadFatBinary, LoadsAFatbin) {
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoadFatBinary(&module, fatbin("other").data()));
  CUfunction fill = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&fill, module, "fill"));
  const DeviceBuffer<unsigned> buffer(33);
  const auto value = random_value<unsigned>();
  const Stream stream;
  Kernel(fill).over(buffer, stream, value);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(33, ~value));
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadFatBinary, EveryLoadIsAModuleOfItsOwn) {
  const auto [first, second] = expect_writes<CUmodule>([](CUmodule* module) {
    return driver().cuModuleLoadFatBinary(module, fatbin("other").data());
  });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuModuleUnload(first));
  EXPECT_CUDA_OK(driver().cuModuleUnload(second));
}

TEST_F(cuModuleLoadFatBinary, CopiesTheImage) {
  const auto image = fatbin("basic");
  std::vector<std::uint64_t> copy(image.size() / 8 + 1);
  std::memcpy(copy.data(), image.data(), image.size());
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoadFatBinary(&module, copy.data()));
  std::fill(copy.begin(), copy.end(), 0U);
  CUfunction function = nullptr;
  EXPECT_CUDA_OK(driver().cuModuleGetFunction(&function, module, "scale_add"));
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadFatBinary, RefusesWhatIsNoImage) {
  alignas(16) const char zeros[256] = {};
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_IMAGE, [&](CUmodule* module) {
    return driver().cuModuleLoadFatBinary(module, zeros);
  });
}

TEST_F(cuModuleLoadFatBinary, RefusesAFatbinWithNothingForThisDevice) {
  std::string image(fatbin("basic"));
  const unsigned future = 990;
  std::memcpy(image.data() + 16 + 28, &future, sizeof future);  // the only entry's architecture
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NO_BINARY_FOR_GPU, driver().cuModuleLoadFatBinary(&module, image.data()));
}

TEST_F(cuModuleLoadFatBinary, RefusesNullArguments) {
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuModuleLoadFatBinary(nullptr, fatbin("other").data()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleLoadFatBinary(&module, nullptr));
}

TEST_F(cuModuleLoadFatBinary, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_CONTEXT, [](CUmodule* module) {
    return driver().cuModuleLoadFatBinary(module, fatbin("other").data());
  });
}

// Undocumented.
TEST_F(cuModuleLoadFatBinary, IsSafeDuringCapture) {
  std::vector<CUmodule> loaded;
  expect_safe_in_capture([&] {
    CUmodule module = nullptr;
    const CUresult result = driver().cuModuleLoadFatBinary(&module, fatbin("other").data());
    if (result == CUDA_SUCCESS) loaded.push_back(module);
    return result;
  });
  // Unloading is unsafe.
  for (const CUmodule module : loaded) EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadFatBinary_fresh, BeforeInit) {
  expect_leaves<CUmodule>(CUDA_ERROR_NOT_INITIALIZED, [](CUmodule* module) {
    return driver().cuModuleLoadFatBinary(module, fatbin("other").data());
  });
}

}  // namespace vgpu::conformance::test_cuModuleLoadFatBinary
