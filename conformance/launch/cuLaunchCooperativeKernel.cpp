#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLaunchCooperativeKernel {

class cuLaunchCooperativeKernel : public Context {
 protected:
  void SetUp() override {
    Context::SetUp();
    REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH);
  }
};
CONFORMANCE_SUITE(cuLaunchCooperativeKernel_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuLaunchCooperativeKernel, driver().cuLaunchCooperativeKernel_ptsz};
}

template <class Form>
CUresult launch(Form form, CUfunction function, Extent grid, Extent block, CUstream stream,
                void** parameters = nullptr, unsigned shared_bytes = 0) {
  return form(function, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared_bytes, stream,
              parameters);
}

/// Every block arrives at `counter` and waits until all have: it ends only when they run at once.
constexpr const char* rendezvous = R"(
.version 7.0
.target sm_75
.address_size 64
.visible .entry rendezvous(.param .u64 at, .param .u32 blocks) {
  .reg .pred %p<2>;
  .reg .b32 %r<8>;
  .reg .b64 %rd<4>;
  ld.param.u64 %rd0, [at];
  cvta.to.global.u64 %rd1, %rd0;
  ld.param.u32 %r0, [blocks];
  atom.global.add.u32 %r1, [%rd1], 1;
wait:
  ld.volatile.global.u32 %r2, [%rd1];
  setp.lt.u32 %p0, %r2, %r0;
  @%p0 bra wait;
  ret;
}
)";

TEST_F(cuLaunchCooperativeKernel, AllBlocksRunAtOnce) {
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoadData(&module, rendezvous));
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&function, module, "rendezvous"));
  int per_multiprocessor = 0;
  ASSERT_CUDA_OK(
      driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&per_multiprocessor, function, 1, 0));
  const int most = per_multiprocessor * device_attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  for (const auto form : forms()) {
    const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
    auto blocks = static_cast<unsigned>(std::min(most, 64));
    CUdeviceptr address = counter;
    void* parameters[] = {&address, &blocks};
    const Stream stream;
    ASSERT_CUDA_OK(launch(form, function, {blocks}, {}, stream, parameters));
    stream.synchronize();
    EXPECT_EQ(counter.read()[0], blocks);
  }
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuLaunchCooperativeKernel, EveryThreadKnowsItsPlace) {
  const DeviceBuffer<unsigned> buffer(std::size_t{2} * 3 * 4 * 2 * 12);
  const Module module;
  CUdeviceptr address = buffer;
  void* parameters[] = {&address};
  const Stream stream;
  ASSERT_CUDA_OK(launch(driver().cuLaunchCooperativeKernel, module.kernel("write_ids"), {2, 3},
                        {4, 1, 2}, stream, parameters));
  stream.synchronize();
  const auto ids = buffer.read();
  EXPECT_EQ(std::vector<unsigned>(ids.end() - 12, ids.end()),
            (std::vector<unsigned>{3, 0, 1, 1, 2, 0, 4, 1, 2, 2, 3, 1}));
}

TEST_F(cuLaunchCooperativeKernel, GivesDynamicSharedMemory) {
  const auto words = random_vector<unsigned>(64);
  const DeviceBuffer<unsigned> buffer(words);
  const Module module;
  CUdeviceptr address = buffer;
  void* parameters[] = {&address};
  const Stream stream;
  ASSERT_CUDA_OK(launch(driver().cuLaunchCooperativeKernel, module.kernel("reverse_in_shared"), {},
                        {64}, stream, parameters, 256));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(words.rbegin(), words.rend()));
}

TEST_F(cuLaunchCooperativeKernel, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(32, 1));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  CUdeviceptr address = buffer;
  unsigned count = 32;
  unsigned expected = 1;
  for (unsigned i = 1; i < 20; ++i) {
    unsigned a = i;
    unsigned b = i * 5;
    void* parameters[] = {&address, &count, &a, &b};
    if (i % 2 == 0) {
      ASSERT_CUDA_OK(
          launch(driver().cuLaunchCooperativeKernel, scale_add, {}, {32}, stream, parameters));
    } else {
      scale_add.over(buffer, stream, a, b);
    }
    expected = expected * i + i * 5;
  }
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(32, expected));
}

TEST_F(cuLaunchCooperativeKernel, RefusesMoreBlocksThanFitAtOnce) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  int per_multiprocessor = 0;
  ASSERT_CUDA_OK(
      driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&per_multiprocessor, empty, 256, 0));
  const auto most = static_cast<unsigned>(
      per_multiprocessor * device_attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(launch(form, empty, {most}, {256}, nullptr));
    EXPECT_CUDA(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
                launch(form, empty, {most + 1}, {256}, nullptr));
  }
}

TEST_F(cuLaunchCooperativeKernel, RefusesWhatTheDeviceCannotLaunch) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  for (const auto form : forms()) {
    for (const Extent hole : {Extent{0, 1, 1}, Extent{1, 0, 1}, Extent{1, 1, 0}}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch(form, empty, hole, {}, nullptr));
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch(form, empty, {}, hole, nullptr));
    }
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch(form, empty, {}, {2000}, nullptr));
    EXPECT_CUDA(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
                launch(form, empty, {}, {}, nullptr, nullptr, 1 << 20));
  }
}

TEST_F(cuLaunchCooperativeKernel, RefusesANullFunction) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, launch(form, nullptr, {}, {}, nullptr));
  }
}

TEST_F(cuLaunchCooperativeKernel, RefusesAStreamOfAnotherContext) {
  const Foreign foreign;
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, launch(driver().cuLaunchCooperativeKernel,
                                                module.kernel("empty"), {}, {}, foreign.stream()));
}

TEST_F(cuLaunchCooperativeKernel, NeedsACurrentContext) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, launch(form, empty, {}, {}, nullptr));
  }
}

TEST_F(cuLaunchCooperativeKernel, DefaultStreams) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  CUdeviceptr address = counter;
  void* parameters[] = {&address};
  expect_legacy_default_stream(
      [&] {
        return launch(driver().cuLaunchCooperativeKernel, count, {}, {}, nullptr, parameters);
      },
      [&] { return counter.read()[0] == 1; });
  expect_per_thread_default_stream(
      [&] {
        return launch(driver().cuLaunchCooperativeKernel_ptsz, count, {}, {}, nullptr, parameters);
      },
      [&] { return counter.read()[0] == 2; });
}

TEST_F(cuLaunchCooperativeKernel, IsRecordedDuringCapture) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_KERNEL, [&](CUstream stream) {
    CUdeviceptr address = counter;
    void* parameters[] = {&address};
    return launch(driver().cuLaunchCooperativeKernel, count, {2}, {32}, stream, parameters);
  });
  EXPECT_EQ(counter.read()[0], 0U);
  graph.run();
  EXPECT_EQ(counter.read()[0], 64U);
}

TEST_F(cuLaunchCooperativeKernel_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, launch(form, nullptr, {}, {}, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuLaunchCooperativeKernel
