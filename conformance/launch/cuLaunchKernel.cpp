#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuLaunchKernel {

CONFORMANCE_SUITE(cuLaunchKernel, Context);
CONFORMANCE_SUITE(cuLaunchKernel_fresh, Uninitialised);

using Form = decltype(DriverTable::cuLaunchKernel);

/// The two exported forms, for what they have in common.
auto forms() {
  return std::array{driver().cuLaunchKernel, driver().cuLaunchKernel_ptsz};
}

CUresult launch_empty(Form form, CUfunction function, Extent grid = {}, Extent block = {},
                      unsigned shared_bytes = 0, CUstream stream = nullptr) {
  return form(function, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared_bytes, stream,
              nullptr, nullptr);
}

/// kernels/basic.cu has the same structure.
struct Parameters {
  unsigned char a;
  unsigned short b;
  unsigned int c;
  unsigned long long d;
  double e;
  unsigned int f[5];
};

template <class T>
unsigned long long bits(T value) {
  unsigned long long all = 0;
  std::memcpy(&all, &value, sizeof value);
  return all;
}

/// What write_ids has to leave behind.
std::vector<unsigned> expected_ids(Extent grid, Extent block) {
  std::vector<unsigned> ids;
  for (unsigned bz = 0; bz < grid.z; ++bz)
    for (unsigned by = 0; by < grid.y; ++by)
      for (unsigned bx = 0; bx < grid.x; ++bx)
        for (unsigned tz = 0; tz < block.z; ++tz)
          for (unsigned ty = 0; ty < block.y; ++ty)
            for (unsigned tx = 0; tx < block.x; ++tx)
              for (const unsigned id :
                   {tx, ty, tz, bx, by, bz, block.x, block.y, block.z, grid.x, grid.y, grid.z})
                ids.push_back(id);
  return ids;
}

TEST_F(cuLaunchKernel, EveryThreadKnowsItsPlace) {
  const Module module;
  const Kernel write_ids = module.kernel("write_ids");
  const struct {
    Extent grid, block;
  } shapes[] = {{{1, 1, 1}, {1, 1, 1}},
                {{5, 1, 1}, {7, 1, 1}},
                {{2, 3, 4}, {5, 6, 7}},
                {{1, 7, 2}, {33, 1, 3}},
                {{3, 1, 5}, {1, 64, 2}}};
  for (const auto& [grid, block] : shapes) {
    const auto expected = expected_ids(grid, block);
    const DeviceBuffer<unsigned> buffer(expected.size());
    const Stream stream;
    write_ids.launch(grid, block, 0, stream, buffer.address());
    stream.synchronize();
    EXPECT_EQ(buffer.read(), expected);
  }
}

TEST_F(cuLaunchKernel, PassesParametersOfMixedWidths) {
  const DeviceBuffer<unsigned long long> out(10);
  const Module module;
  const auto p0 = random_value<unsigned char>(), p2 = random_value<unsigned char>(),
             p4 = random_value<unsigned char>(), p9 = random_value<unsigned char>();
  const auto p1 = random_value<unsigned short>(), p6 = random_value<unsigned short>();
  const auto p3 = random_value<unsigned>();
  const auto p5 = random_value<unsigned long long>();
  const auto p7 = static_cast<float>(random_value<short>()) / 3;
  const auto p8 = static_cast<double>(random_value<int>()) / 7;
  const Stream stream;
  module.kernel("many_parameters")
      .launch({}, {}, 0, stream, out.address(), p0, p1, p2, p3, p4, p5, p6, p7, p8, p9);
  stream.synchronize();
  EXPECT_EQ(out.read(),
            (std::vector<unsigned long long>{p0, p1, p2, p3, p4, p5, p6, bits(p7), bits(p8), p9}));
}

TEST_F(cuLaunchKernel, PassesAStructureByValue) {
  const DeviceBuffer<unsigned char> out(sizeof(Parameters));
  const Module module;
  Parameters sent{};
  sent.a = random_value<unsigned char>();
  sent.b = random_value<unsigned short>();
  sent.c = random_value<unsigned>();
  sent.d = random_value<unsigned long long>();
  sent.e = static_cast<double>(random_value<int>()) / 7;
  for (unsigned& element : sent.f) element = random_value<unsigned>();
  const Stream stream;
  module.kernel("struct_parameter").launch({}, {}, 0, stream, out.address(), sent);
  stream.synchronize();
  Parameters got{};
  std::memcpy(&got, out.read().data(), sizeof got);
  EXPECT_EQ(got.a, sent.a);
  EXPECT_EQ(got.b, sent.b);
  EXPECT_EQ(got.c, sent.c);
  EXPECT_EQ(got.d, sent.d);
  EXPECT_EQ(got.e, sent.e);
  EXPECT_EQ(std::to_array(got.f), std::to_array(sent.f));
}

TEST_F(cuLaunchKernel, CopiesTheParametersBeforeItReturns) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  CUdeviceptr address = buffer;
  auto count = static_cast<unsigned>(buffer.size());
  unsigned sent = value;
  void* pointers[] = {&address, &count, &sent};
  EXPECT_CUDA_OK(driver().cuLaunchKernel(fill, 1, 1, 1, 128, 1, 1, 0, stream, pointers, nullptr));
  address = 0;
  count = 0;
  sent = ~value;
  std::fill(std::begin(pointers), std::end(pointers), nullptr);
  blocker.finish();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
}

TEST_F(cuLaunchKernel, TakesParametersAsOneBuffer) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  const struct {
    CUdeviceptr address;
    unsigned count;
    unsigned value;
  } packed{buffer, static_cast<unsigned>(buffer.size()), value};
  std::size_t bytes = sizeof packed;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER,
                   const_cast<void*>(static_cast<const void*>(&packed)),
                   CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  for (const auto form : forms()) {
    const Stream stream;
    EXPECT_CUDA_OK(form(module.kernel("fill"), 1, 1, 1, 128, 1, 1, 0, stream, nullptr, extra));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
  }
}

TEST_F(cuLaunchKernel, RefusesBothWaysOfParametersAtOnce) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  CUdeviceptr address = buffer;
  unsigned count = 100;
  unsigned value = 1;
  void* pointers[] = {&address, &count, &value};
  std::size_t bytes = 16;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &address, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                   CU_LAUNCH_PARAM_END};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuLaunchKernel(module.kernel("fill"), 1, 1, 1, 1,
                                                                1, 1, 0, nullptr, pointers, extra));
}

TEST_F(cuLaunchKernel, GivesDynamicSharedMemory) {
  constexpr unsigned threads = 256;
  constexpr unsigned blocks = 3;
  const auto values = random_vector<unsigned>(threads * blocks);
  const DeviceBuffer<unsigned> buffer(values);
  auto expected = values;
  for (unsigned block = 0; block < blocks; ++block) {
    const auto begin = expected.begin() + block * threads;
    std::reverse(begin, begin + threads);
  }
  const Module module;
  const Stream stream;
  module.kernel("reverse_in_shared")
      .launch({blocks}, {threads}, threads * sizeof(unsigned), stream, buffer.address());
  stream.synchronize();
  EXPECT_EQ(buffer.read(), expected);
}

TEST_F(cuLaunchKernel, RunsEveryThreadOnce) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Stream stream;
  module.kernel("count").launch({100, 3, 2}, {32, 4, 2}, 0, stream, counter.address());
  stream.synchronize();
  EXPECT_EQ(counter.read()[0], 100U * 3 * 2 * 32 * 4 * 2);
}

TEST_F(cuLaunchKernel, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(1000, 1));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  unsigned expected = 1;
  for (unsigned step = 1; step <= 50; ++step) {
    scale_add.over(buffer, stream, step, step * 7);
    expected = expected * step + step * 7;
  }
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, expected));
}

TEST_F(cuLaunchKernel, ReturnsBeforeTheKernelRuns) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 1));
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  fill.over(buffer, stream, 2U);
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(100, 1));
  blocker.finish();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(100, 2));
}

TEST_F(cuLaunchKernel, DefaultStreamIsTheLegacyOne) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  expect_legacy_default_stream(
      [&] { return count.try_launch({}, {}, 0, nullptr, counter.address()); },
      [&] { return counter.read()[0] == 1; });
}

TEST_F(cuLaunchKernel, PtszDefaultStreamIsTheThreadsOwn) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  CUdeviceptr address = counter;
  void* pointers[] = {&address};
  expect_per_thread_default_stream(
      [&] {
        return driver().cuLaunchKernel_ptsz(count, 1, 1, 1, 1, 1, 1, 0, nullptr, pointers, nullptr);
      },
      [&] { return counter.read()[0] == 1; });
}

TEST_F(cuLaunchKernel, TakesAKernelOfALibrary) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  CUlibrary library = nullptr;
  CUkernel count = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryLoadData(&library, ptx("basic").data(), nullptr, nullptr, 0,
                                            nullptr, nullptr, 0));
  ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&count, library, "count"));
  CUdeviceptr address = counter;
  void* pointers[] = {&address};
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuLaunchKernel(reinterpret_cast<CUfunction>(count), 2, 1, 1, 8, 1, 1, 0,
                                         stream, pointers, nullptr));
  stream.synchronize();
  EXPECT_EQ(counter.read()[0], 16U);
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuLaunchKernel, RefusesEmptyGridsAndBlocks) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  for (const auto form : forms()) {
    for (const Extent hole : {Extent{0, 1, 1}, Extent{1, 0, 1}, Extent{1, 1, 0}}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch_empty(form, empty, hole, {}));
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch_empty(form, empty, {}, hole));
    }
  }
}

TEST_F(cuLaunchKernel, RefusesMoreThanTheDevicesLimits) {
  const auto limit = [](CUdevice_attribute attribute) {
    return static_cast<unsigned>(device_attribute(attribute));
  };
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Extent grids[] = {{limit(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X) + 1, 1, 1},
                          {1, limit(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y) + 1, 1},
                          {1, 1, limit(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z) + 1}};
  const Extent blocks[] = {{limit(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X) + 1, 1, 1},
                           {1, limit(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y) + 1, 1},
                           {1, 1, limit(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z) + 1},
                           {limit(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 2, 1}};
  for (const auto form : forms()) {
    for (const Extent& grid : grids) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch_empty(form, empty, grid, {}));
    }
    for (const Extent& block : blocks) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch_empty(form, empty, {}, block));
    }
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch_empty(form, empty, {}, {}, 1 << 20));
  }
}

TEST_F(cuLaunchKernel, SharedMemoryAboveTheDefaultHasToBeAskedFor) {
  const int most = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  const int usual = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  REQUIRE_ATTRIBUTE_AT_LEAST(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, usual + 1);
  const Module module;
  const Kernel empty = module.kernel("empty");
  const auto bytes = static_cast<unsigned>(most);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              launch_empty(driver().cuLaunchKernel, empty, {}, {}, bytes));
  ASSERT_CUDA_OK(
      driver().cuFuncSetAttribute(empty, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, most));
  EXPECT_CUDA_OK(launch_empty(driver().cuLaunchKernel, empty, {}, {}, bytes));
}

TEST_F(cuLaunchKernel, StillWorksAfterARefusal) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, launch_empty(driver().cuLaunchKernel, empty, {0, 1, 1}));
  EXPECT_CUDA_OK(launch_empty(driver().cuLaunchKernel, empty));
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
}

TEST_F(cuLaunchKernel, RefusesANullFunction) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, launch_empty(form, nullptr));
  }
}

TEST_F(cuLaunchKernel, RefusesAStreamOfAnotherContext) {
  const Foreign foreign;
  const Module module;
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_HANDLE,
      launch_empty(driver().cuLaunchKernel, module.kernel("empty"), {}, {}, 0, foreign.stream()));
}

// A function has its module's context; another one, or none, may not be current.
TEST_F(cuLaunchKernel, RefusesAFunctionOfAnotherContext) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, launch_empty(driver().cuLaunchKernel, empty));
}

TEST_F(cuLaunchKernel, NeedsACurrentContext) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, launch_empty(form, empty));
  }
}

TEST_F(cuLaunchKernel, WorksOnTwoThreadsAtOnce) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  const auto launch_many = [&] {
    const Stream stream;
    for (int i = 0; i < 100; ++i) count.launch({4}, {32}, 0, stream, counter.address());
    stream.synchronize();
  };
  std::thread other([&] { on_other_thread(context, launch_many); });
  launch_many();
  other.join();
  EXPECT_EQ(counter.read()[0], 2U * 100 * 4 * 32);
}

TEST_F(cuLaunchKernel, IsRecordedDuringCapture) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_KERNEL, [&](CUstream stream) {
    return count.try_launch({2}, {32}, 0, stream, counter.address());
  });
  EXPECT_EQ(counter.read()[0], 0U);
  graph.run();
  EXPECT_EQ(counter.read()[0], 64U);
}

TEST_F(cuLaunchKernel, IntoTheLegacyStreamEndsACapture) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  expect_implicit_in_capture([&] { return launch_empty(driver().cuLaunchKernel, empty); });
}

TEST_F(cuLaunchKernel_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, launch_empty(form, nullptr));
  }
}

// A fault shows in a later call, not in the launch, and ends the context.
TEST_F(cuLaunchKernel_fresh, AFaultShowsLaterAndStays) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  const Module module;
  const Kernel bad_address = module.kernel("bad_address");
  const Kernel empty = module.kernel("empty");
  EXPECT_CUDA_OK(launch_empty(driver().cuLaunchKernel, bad_address));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuCtxSynchronize());
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuCtxSynchronize());
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, launch_empty(driver().cuLaunchKernel, empty));
}

}  // namespace vgpu::conformance::test_cuLaunchKernel
