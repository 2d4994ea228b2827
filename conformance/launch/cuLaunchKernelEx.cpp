#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLaunchKernelEx {

CONFORMANCE_SUITE(cuLaunchKernelEx, Context);
CONFORMANCE_SUITE(cuLaunchKernelEx_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuLaunchKernelEx, driver().cuLaunchKernelEx_ptsz};
}

CUlaunchConfig config_of(Extent grid = {}, Extent block = {}, CUstream stream = nullptr,
                         unsigned shared_bytes = 0) {
  CUlaunchConfig config{};
  config.gridDimX = grid.x, config.gridDimY = grid.y, config.gridDimZ = grid.z;
  config.blockDimX = block.x, config.blockDimY = block.y, config.blockDimZ = block.z;
  config.sharedMemBytes = shared_bytes;
  config.hStream = stream;
  return config;
}

/// Launches a kernel without parameters with these attributes.
CUresult launch_with(CUfunction function, std::vector<CUlaunchAttribute> attributes,
                     Extent grid = {}, Extent block = {}, CUstream stream = nullptr) {
  CUlaunchConfig config = config_of(grid, block, stream);
  config.attrs = attributes.data();
  config.numAttrs = static_cast<unsigned>(attributes.size());
  return driver().cuLaunchKernelEx(&config, function, nullptr, nullptr);
}

CUlaunchAttribute attribute(CUlaunchAttributeID id) {
  CUlaunchAttribute made{};
  made.id = id;
  return made;
}

TEST_F(cuLaunchKernelEx, EveryThreadKnowsItsPlace) {
  const Extent grid{2, 3, 4};
  const Extent block{3, 2, 5};
  const std::size_t threads = 24 * 30;
  const Module module;
  for (const auto form : forms()) {
    const DeviceBuffer<unsigned> buffer(threads * 12);
    const Stream stream;
    CUlaunchConfig config = config_of(grid, block, stream);
    CUdeviceptr address = buffer;
    void* parameters[] = {&address};
    ASSERT_CUDA_OK(form(&config, module.kernel("write_ids"), parameters, nullptr));
    stream.synchronize();
    const auto ids = buffer.read();
    const std::vector<unsigned> last(ids.end() - 12, ids.end());
    EXPECT_EQ(last, (std::vector<unsigned>{2, 1, 4, 1, 2, 3, 3, 2, 5, 2, 3, 4}));
    // Thread (1, 0, 2) of block (0, 2, 1).
    const std::size_t at = (((1 * 3 + 2) * 2 + 0) * 30 + (2 * 2 + 0) * 3 + 1) * 12;
    const std::vector<unsigned> middle(ids.begin() + at, ids.begin() + at + 12);
    EXPECT_EQ(middle, (std::vector<unsigned>{1, 0, 2, 0, 2, 1, 3, 2, 5, 2, 3, 4}));
  }
}

TEST_F(cuLaunchKernelEx, GivesDynamicSharedMemory) {
  const auto words = random_vector<unsigned>(128);
  const DeviceBuffer<unsigned> buffer(words);
  const Module module;
  const Stream stream;
  CUlaunchConfig config = config_of({}, {128}, stream, 512);
  CUdeviceptr address = buffer;
  void* parameters[] = {&address};
  ASSERT_CUDA_OK(
      driver().cuLaunchKernelEx(&config, module.kernel("reverse_in_shared"), parameters, nullptr));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(words.rbegin(), words.rend()));
}

TEST_F(cuLaunchKernelEx, TakesParametersAsOneBuffer) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const struct {
    CUdeviceptr address;
    unsigned count;
    unsigned value;
  } packed{buffer, 100, random_value<unsigned>()};
  std::size_t bytes = sizeof packed;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_BUFFER_POINTER,
                   const_cast<void*>(static_cast<const void*>(&packed)), CU_LAUNCH_PARAM_END};
  const Stream stream;
  CUlaunchConfig config = config_of({}, {128}, stream);
  ASSERT_CUDA_OK(driver().cuLaunchKernelEx(&config, module.kernel("fill"), nullptr, extra));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(100, packed.value));
}

TEST_F(cuLaunchKernelEx, CopiesConfigurationAndParametersBeforeItReturns) {
  const DeviceBuffer<unsigned> buffer(64);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  CUlaunchAttribute priority = attribute(CU_LAUNCH_ATTRIBUTE_IGNORE);
  CUlaunchConfig config = config_of({}, {64}, stream);
  config.attrs = &priority;
  config.numAttrs = 1;
  CUdeviceptr address = buffer;
  unsigned count = 64;
  unsigned value = 77;
  void* parameters[] = {&address, &count, &value};
  ASSERT_CUDA_OK(driver().cuLaunchKernelEx(&config, fill, parameters, nullptr));
  config = {};
  std::memset(&priority, 0xff, sizeof priority);
  address = 0, count = 0, value = 0;
  blocker.finish();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(64, 77));
}

TEST_F(cuLaunchKernelEx, DoesNotLookAtAttributesWhenThereAreNone) {
  const Module module;
  CUlaunchConfig config = config_of();
  config.attrs = reinterpret_cast<CUlaunchAttribute*>(std::uintptr_t{64});
  EXPECT_CUDA_OK(driver().cuLaunchKernelEx(&config, module.kernel("empty"), nullptr, nullptr));
}

TEST_F(cuLaunchKernelEx, TakesAttributesThatChangeNothing) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  CUlaunchAttribute priority = attribute(CU_LAUNCH_ATTRIBUTE_PRIORITY);
  CUlaunchAttribute serialization =
      attribute(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
  const Stream stream;
  EXPECT_CUDA_OK(launch_with(empty, {attribute(CU_LAUNCH_ATTRIBUTE_IGNORE)}, {}, {}, stream));
  EXPECT_CUDA_OK(launch_with(empty, {priority}, {}, {}, stream));
  EXPECT_CUDA_OK(launch_with(empty, {serialization}, {}, {}, stream));
}

TEST_F(cuLaunchKernelEx, RefusesAnUnknownAttribute) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              launch_with(module.kernel("empty"), {attribute(CUlaunchAttributeID(60))}));
}

TEST_F(cuLaunchKernelEx, LaunchesCooperatively) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH);
  const Module module;
  CUlaunchAttribute cooperative = attribute(CU_LAUNCH_ATTRIBUTE_COOPERATIVE);
  cooperative.value.cooperative = 1;
  EXPECT_CUDA_OK(launch_with(module.kernel("empty"), {cooperative}, {2}, {32}));
  EXPECT_CUDA(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
              launch_with(module.kernel("empty"), {cooperative}, {1'000'000}, {1024}));
  cooperative.value.cooperative = 0;
  EXPECT_CUDA_OK(launch_with(module.kernel("empty"), {cooperative}, {5000}, {256}));
}

TEST_F(cuLaunchKernelEx, RecordsTheCompletionEvent) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Event event(CU_EVENT_DISABLE_TIMING);
  const Stream stream;
  CUlaunchAttribute completion = attribute(CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT);
  completion.value.launchCompletionEvent.event = event;
  Blocker blocker(stream);
  ASSERT_CUDA_OK(launch_with(empty, {completion}, {}, {}, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
}

TEST_F(cuLaunchKernelEx, RefusesWhatTheDeviceCannotLaunch) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  for (const auto form : forms()) {
    for (const auto& bad :
         {config_of({0, 1, 1}), config_of({1, 0, 1}), config_of({1, 1, 0}),
          config_of({}, {0, 1, 1}), config_of({}, {1, 0, 1}), config_of({}, {1, 1, 0}),
          config_of({}, {2000}), config_of({1, 70'000, 1}), config_of({}, {}, nullptr, 1 << 20)}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&bad, empty, nullptr, nullptr));
    }
  }
}

TEST_F(cuLaunchKernelEx, RefusesNullArguments) {
  const Module module;
  const CUlaunchConfig config = config_of();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuLaunchKernelEx(nullptr, module.kernel("empty"), nullptr, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuLaunchKernelEx(&config, nullptr, nullptr, nullptr));
}

TEST_F(cuLaunchKernelEx, TakesAKernelOfALibrary) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Library library;
  const Stream stream;
  CUlaunchConfig config = config_of({3}, {32}, stream);
  CUdeviceptr address = counter;
  void* parameters[] = {&address};
  EXPECT_CUDA_OK(driver().cuLaunchKernelEx(
      &config, reinterpret_cast<CUfunction>(library.kernel("count")), parameters, nullptr));
  stream.synchronize();
  EXPECT_EQ(counter.read()[0], 96U);
}

TEST_F(cuLaunchKernelEx, DefaultStreams) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  const CUlaunchConfig config = config_of();
  CUdeviceptr address = counter;
  void* parameters[] = {&address};
  expect_legacy_default_stream(
      [&] { return driver().cuLaunchKernelEx(&config, count, parameters, nullptr); },
      [&] { return counter.read()[0] == 1; });
  expect_per_thread_default_stream(
      [&] { return driver().cuLaunchKernelEx_ptsz(&config, count, parameters, nullptr); },
      [&] { return counter.read()[0] == 2; });
}

TEST_F(cuLaunchKernelEx, NeedsACurrentContext) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const CUlaunchConfig config = config_of();
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuLaunchKernelEx(&config, empty, nullptr, nullptr));
}

TEST_F(cuLaunchKernelEx, IsRecordedDuringCapture) {
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_KERNEL, [&](CUstream stream) {
    const CUlaunchConfig config = config_of({2}, {16}, stream);
    CUdeviceptr address = counter;
    void* parameters[] = {&address};
    return driver().cuLaunchKernelEx(&config, count, parameters, nullptr);
  });
  EXPECT_EQ(counter.read()[0], 0U);
  graph.run();
  EXPECT_EQ(counter.read()[0], 32U);
}

TEST_F(cuLaunchKernelEx_fresh, BeforeInit) {
  const CUlaunchConfig config = config_of();
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(&config, nullptr, nullptr, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuLaunchKernelEx
