#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuModuleUnload {

CONFORMANCE_SUITE(cuModuleUnload, Context);
CONFORMANCE_SUITE(cuModuleUnload_fresh, Uninitialised);

TEST_F(cuModuleUnload, OtherModulesStayUsable) {
  const DeviceBuffer<unsigned> buffer(40);
  const Module kept;
  const Kernel fill = kept.kernel("fill");
  Module gone;
  static_cast<void>(gone.kernel("fill"));
  EXPECT_CUDA_OK(driver().cuModuleUnload(gone.release()));
  const Stream stream;
  fill.over(buffer, stream, 8U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(40, 8));
}

TEST_F(cuModuleUnload, WorkBeforeItIsDoneWhole) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(1000, 1));
  const Stream stream;
  Module module;
  const Kernel scale_add = module.kernel("scale_add");
  unsigned expected = 1;
  for (unsigned i = 0; i < 40; ++i) {
    scale_add.over(buffer, stream, 3U, i);
    expected = expected * 3 + i;
  }
  EXPECT_CUDA_OK(driver().cuModuleUnload(module.release()));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, expected));
}

TEST_F(cuModuleUnload, GivesTheMemoryOfItsVariablesBack) {
  const MemoryTurn turn;
  constexpr std::size_t bytes = std::size_t{64} << 20;
  const std::string text =
      ".version 7.0\n.target sm_75\n.address_size 64\n"
      ".visible .global .align 8 .b8 large[" +
      std::to_string(bytes) + "];\n";
  const auto load = [&] {
    CUmodule module = nullptr;
    check(driver().cuModuleLoadData(&module, text.c_str()), "cuModuleLoadData");
    CUdeviceptr address = 0;
    check(driver().cuModuleGetGlobal_v2(&address, nullptr, module, "large"),
          "cuModuleGetGlobal_v2");
    return module;
  };
  EXPECT_CUDA_OK(driver().cuModuleUnload(load()));
  const std::size_t before = turn.free_bytes();
  const std::size_t loads = turn.noticeable_bytes() / bytes + 1;
  for (std::size_t i = 0; i < loads; ++i) EXPECT_CUDA_OK(driver().cuModuleUnload(load()));
  EXPECT_GT(turn.free_bytes() + turn.noticeable_bytes() / 2, before);
}

TEST_F(cuModuleUnload, WorksFromAnotherThread) {
  Module module;
  const CUmodule handle = module.release();
  EXPECT_CUDA_OK(on_other_thread(context, [&] { return driver().cuModuleUnload(handle); }));
}

TEST_F(cuModuleUnload, RefusesANullModule) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuModuleUnload(nullptr));  // Undocumented.
}

TEST_F(cuModuleUnload, RefusesTheModuleOfALibrary) {
  const Library library;
  EXPECT_CUDA(CUDA_ERROR_NOT_PERMITTED, driver().cuModuleUnload(library.module()));
  EXPECT_EQ(library.module(), library.module()) << "still there";
}

TEST_F(cuModuleUnload, IsUnsafeDuringCapture) {
  CUmodule module = nullptr;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuModuleUnload(module);
        if (result == CUDA_SUCCESS) module = nullptr;
        return result;
      },
      [&] {
        if (module == nullptr) module = Module("other").release();
      });
  if (module != nullptr) {
    EXPECT_CUDA_OK(driver().cuModuleUnload(module));
  }
}

// Undocumented.
TEST_F(cuModuleUnload, NeedsNoCurrentContext) {
  Module module;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuModuleUnload(module.release()));
}

TEST_F(cuModuleUnload_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuModuleUnload(nullptr));
}

// Using a module after its end is undefined; the driver's answer is an error, not a crash.
TEST_F(cuModuleUnload_fresh, RefusesAModuleThatIsGone) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  Module module;
  const CUmodule handle = module.release();
  ASSERT_CUDA_OK(driver().cuModuleUnload(handle));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuModuleUnload(handle));
}

TEST_F(cuModuleUnload_fresh, ItsFunctionsAreGoneToo) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  Module module;
  const Kernel empty = module.kernel("empty");
  ASSERT_CUDA_OK(driver().cuModuleUnload(module.release()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, empty.try_launch({}, {}, 0, nullptr));
}

}  // namespace vgpu::conformance::test_cuModuleUnload
