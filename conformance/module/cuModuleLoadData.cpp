#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuModuleLoadData {

CONFORMANCE_SUITE(cuModuleLoadData, Context);
CONFORMANCE_SUITE(cuModuleLoadData_fresh, Uninitialised);

CUresult load_and_unload(const void* image) {
  CUmodule module = nullptr;
  const CUresult result = driver().cuModuleLoadData(&module, image);
  if (result == CUDA_SUCCESS) check(driver().cuModuleUnload(module), "cuModuleUnload");
  return result;
}

unsigned initial_value(CUmodule module) {
  CUdeviceptr address = 0;
  unsigned value = 0;
  check(driver().cuModuleGetGlobal_v2(&address, nullptr, module, "global_value"),
        "cuModuleGetGlobal_v2");
  read_device(&value, address, sizeof value);
  return value;
}

/// A module of one kernel with this body.
std::string text_of(const std::string& version, const std::string& target,
                    const std::string& instruction = "ret;") {
  return ".version " + version + "\n.target " + target +
         "\n.address_size 64\n.visible .entry one() {\n" + instruction + "\n}\n";
}

TEST_F(cuModuleLoadData, LoadsPtxTextAndFatbins) {
  for (const auto image : {ptx("basic"), fatbin("basic")}) {
    CUmodule module = nullptr;
    ASSERT_CUDA_OK(driver().cuModuleLoadData(&module, image.data()));
    EXPECT_EQ(initial_value(module), 41U);
    EXPECT_CUDA_OK(driver().cuModuleUnload(module));
  }
  for (const auto image : {ptx("other"), fatbin("other")}) {
    CUmodule module = nullptr;
    ASSERT_CUDA_OK(driver().cuModuleLoadData(&module, image.data()));
    EXPECT_EQ(initial_value(module), 1000U);
    EXPECT_CUDA_OK(driver().cuModuleUnload(module));
  }
}

TEST_F(cuModuleLoadData, LoadsHandwrittenPtx) {
  EXPECT_CUDA_OK(load_and_unload(text_of("7.0", "sm_75").c_str()));
  EXPECT_CUDA_OK(load_and_unload(("// a comment first\n" + text_of("6.0", "sm_60")).c_str()));
}

TEST_F(cuModuleLoadData, CopiesTheImage) {
  std::string text(ptx("basic"));
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoadData(&module, text.c_str()));
  std::fill(text.begin(), text.end(), 'x');
  const DeviceBuffer<unsigned> buffer(10);
  CUfunction fill = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&fill, module, "fill"));
  const Stream stream;
  Kernel(fill).over(buffer, stream, 9U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(10, 9));
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadData, EveryLoadIsAModuleOfItsOwn) {
  const auto [first, second] = expect_writes<CUmodule>(
      [](CUmodule* module) { return driver().cuModuleLoadData(module, ptx("basic").data()); });
  EXPECT_NE(first, second);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuModuleGetGlobal_v2(&address, nullptr, first, "global_value"));
  const unsigned one = 1;
  write_device(address, &one, sizeof one);
  EXPECT_EQ(initial_value(second), 41U);
  EXPECT_CUDA_OK(driver().cuModuleUnload(first));
  EXPECT_EQ(initial_value(second), 41U) << "the other module's unloading changes nothing";
  EXPECT_CUDA_OK(driver().cuModuleUnload(second));
}

TEST_F(cuModuleLoadData, RefusesWhatIsNoImage) {
  alignas(16) const char zeros[256] = {};
  for (const char* image : {"", "garbage", zeros, "kernel void f() {}"}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_IMAGE, load_and_unload(image)) << "'" << image << "'";
  }
}

TEST_F(cuModuleLoadData, RefusesPtxWithASyntaxError) {
  const std::string text = text_of("7.0", "sm_75", "mov.u32 this is no instruction;");
  EXPECT_CUDA(CUDA_ERROR_INVALID_PTX, load_and_unload(text.c_str()));
}

TEST_F(cuModuleLoadData, RefusesPtxWithAnUndeclaredRegister) {
  const std::string text = text_of("7.0", "sm_75", "add.u32 %r1, %r2, %r3;\nret;");
  EXPECT_CUDA(CUDA_ERROR_INVALID_PTX, load_and_unload(text.c_str()));
}

TEST_F(cuModuleLoadData, RefusesPtxOfAFutureVersion) {
  const std::string text = text_of("99.9", "sm_75");
  EXPECT_CUDA(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, load_and_unload(text.c_str()));
}

TEST_F(cuModuleLoadData, RefusesPtxForANewerDevice) {
  const std::string text = text_of("7.0", "sm_999");
  EXPECT_CUDA(CUDA_ERROR_INVALID_PTX, load_and_unload(text.c_str()));  // Undocumented.
}

TEST_F(cuModuleLoadData, RefusesAFatbinWithNothingForThisDevice) {
  std::string image(fatbin("basic"));
  const unsigned future = 990;
  std::memcpy(image.data() + 16 + 28, &future, sizeof future);  // the only entry's architecture
  EXPECT_CUDA(CUDA_ERROR_NO_BINARY_FOR_GPU, load_and_unload(image.data()));
}

TEST_F(cuModuleLoadData, LeavesTheHandleOnFailure) {
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_IMAGE, [](CUmodule* module) {
    return driver().cuModuleLoadData(module, "garbage");
  });
}

TEST_F(cuModuleLoadData, WorksAfterARefusal) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_IMAGE, load_and_unload("garbage"));
  EXPECT_CUDA_OK(load_and_unload(ptx("other").data()));
}

TEST_F(cuModuleLoadData, RefusesNullArguments) {
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleLoadData(nullptr, ptx("other").data()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuModuleLoadData(&module, nullptr));
}

TEST_F(cuModuleLoadData, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_CONTEXT, [](CUmodule* module) {
    return driver().cuModuleLoadData(module, ptx("other").data());
  });
}

TEST_F(cuModuleLoadData, RefusesADestroyedContext) {
  ExtraContext extra;
  const Current current(extra);
  on_other_thread([&] { extra.destroy(); });
  CUmodule module = nullptr;
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED,
              driver().cuModuleLoadData(&module, ptx("other").data()));
}

TEST_F(cuModuleLoadData, ManyThreadsMayLoadAtOnce) {
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      driver().cuCtxSetCurrent(context);
      if (load_and_unload(ptx("other").data()) == CUDA_SUCCESS) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 4);
}

// Undocumented.
TEST_F(cuModuleLoadData, IsSafeDuringCapture) {
  std::vector<CUmodule> loaded;
  expect_safe_in_capture([&] {
    CUmodule module = nullptr;
    const CUresult result = driver().cuModuleLoadData(&module, ptx("other").data());
    if (result == CUDA_SUCCESS) loaded.push_back(module);
    return result;
  });
  // Unloading is unsafe.
  for (const CUmodule module : loaded) EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadData_fresh, BeforeInit) {
  expect_leaves<CUmodule>(CUDA_ERROR_NOT_INITIALIZED, [](CUmodule* module) {
    return driver().cuModuleLoadData(module, ptx("other").data());
  });
}

}  // namespace vgpu::conformance::test_cuModuleLoadData
