#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphLaunch {

CONFORMANCE_SUITE(cuGraphLaunch, Context);
CONFORMANCE_SUITE(cuGraphLaunch_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuGraphLaunch, driver().cuGraphLaunch_ptsz};
}

TEST_F(cuGraphLaunch, KeepsTheOrderOfItsStream) {
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  for (const auto form : forms()) {
    const auto value = random_value<unsigned>();
    const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(1000, value));
    const Graph graph;
    add_kernel(graph, {}, scale_add, buffer, {5, 2});
    const Executable exec(graph);
    const Stream stream;
    scale_add.over(buffer, stream, 3U, 1U);
    EXPECT_CUDA_OK(form(exec, stream));
    scale_add.over(buffer, stream, 7U, 3U);
    EXPECT_CUDA_OK(form(exec, stream));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), all(buffer, (((value * 3 + 1) * 5 + 2) * 7 + 3) * 5 + 2));
  }
}

TEST_F(cuGraphLaunch, ReturnsBeforeTheStreamGetsThere) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 1));
  const Graph graph;
  add_memset(graph, {}, buffer, 2);
  const Executable exec(graph);
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuGraphLaunch(exec, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  EXPECT_EQ(buffer.read(), all(buffer, 1));
  blocker.finish();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphLaunch, ManyLaunchesAllRun) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 0));
  const Module module;
  const Graph graph;
  add_kernel(graph, {}, module.kernel("add"), buffer, {1});
  const Executable exec(graph);
  const Stream stream;
  for (int i = 0; i < 500; ++i) EXPECT_CUDA_OK(driver().cuGraphLaunch(exec, stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), all(buffer, 500));
}

// "Each launch is ordered behind [...] any previous launches of hGraphExec", in whichever stream.
TEST_F(cuGraphLaunch, LaunchesOfOneExecutableDoNotOverlap) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 1));
  const Graph graph;
  add_memset(graph, {}, buffer, 2);
  const Executable exec(graph);
  const Stream stream(CU_STREAM_NON_BLOCKING);
  const Stream other(CU_STREAM_NON_BLOCKING);
  Blocker blocker(stream);
  exec.launch(stream);
  exec.launch(other);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(other));
  EXPECT_EQ(buffer.read(), all(buffer, 1));
  blocker.finish();
  other.synchronize();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphLaunch, OtherExecutablesOfTheGraphRunMeanwhile) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 1));
  const Graph graph;
  add_memset(graph, {}, buffer, 2);
  const Executable first(graph);
  const Executable second(graph);
  const Stream stream(CU_STREAM_NON_BLOCKING);
  const Stream other(CU_STREAM_NON_BLOCKING);
  Blocker blocker(stream);
  first.launch(stream);
  second.launch(other);
  other.synchronize();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
}

TEST_F(cuGraphLaunch, BranchesOfAGraphAllRun) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Kernel add = module.kernel("add");
  std::atomic<int> branches{0};
  int seen = 0;
  HostNode branch([&] { ++branches; });
  HostNode join([&] { seen = branches; });
  const Graph graph;
  const CUgraphNode root = add_kernel(graph, {}, add, buffer, {1});
  Nodes ends;
  for (int i = 0; i < 8; ++i) ends.push_back(add_host(graph, {root}, branch));
  add_kernel(graph, {add_host(graph, ends, join)}, add, buffer, {2});
  graph.run();
  EXPECT_EQ(seen, 8);
  EXPECT_EQ(buffer.read(), all(buffer, value + 3));
}

TEST_F(cuGraphLaunch, DefaultStreamIsTheLegacyOne) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 1));
  const Graph graph;
  add_memset(graph, {}, buffer, 2);
  const Executable exec(graph);
  expect_legacy_default_stream([&] { return driver().cuGraphLaunch(exec, nullptr); },
                               [&] { return buffer.read() == all(buffer, 2); });
}

TEST_F(cuGraphLaunch, PtszDefaultStreamIsTheThreadsOwn) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 1));
  const Graph graph;
  add_memset(graph, {}, buffer, 2);
  const Executable exec(graph);
  expect_per_thread_default_stream([&] { return driver().cuGraphLaunch_ptsz(exec, nullptr); },
                                   [&] { return buffer.read() == all(buffer, 2); });
}

TEST_F(cuGraphLaunch, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 1));
    const Graph graph;
    add_memset(graph, {}, buffer, 2);
    const Executable exec(graph);
    expect_per_thread_default_stream([&] { return form(exec, CU_STREAM_PER_THREAD); },
                                     [&] { return buffer.read() == all(buffer, 2); });
    buffer.write(std::vector<unsigned>(10, 1));
    expect_legacy_default_stream([&] { return form(exec, CU_STREAM_LEGACY); },
                                 [&] { return buffer.read() == all(buffer, 2); });
  }
}

TEST_F(cuGraphLaunch, AnyThreadMayLaunch) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  const Executable exec(graph);
  on_other_thread(context, [&] { exec.run(); });
  exec.run();
  EXPECT_EQ(host.calls(), 2);
}

TEST_F(cuGraphLaunch, AllocatesAnewInEachLaunch) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 400, stream));
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(address, value, 100, stream));
  ASSERT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(buffer, address, 400, stream));
  ASSERT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  const Graph graph = capture.end();
  const Executable exec(graph);
  for (int i = 0; i < 3; ++i) {
    ASSERT_CUDA_OK(driver().cuMemsetD32_v2(buffer, 0, 100));
    exec.run();
    EXPECT_EQ(buffer.read(), all(buffer, value));
  }
}

// "If any allocations created by hGraphExec remain unfreed [...] the launch will fail".
TEST_F(cuGraphLaunch, RefusesToAllocateTwiceWithoutAFree) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 400, stream));
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(address, 5, 100, stream));
  const Graph graph = capture.end();
  {
    const Executable exec(graph);
    exec.launch(stream);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphLaunch(exec, stream));
    unsigned found = 0;
    stream.synchronize();
    read_device(&found, address, sizeof found);
    EXPECT_EQ(found, 5U);
    EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
    EXPECT_CUDA_OK(driver().cuGraphLaunch(exec, stream));
    EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
    stream.synchronize();
  }
  const Executable automatic(graph, CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH);
  automatic.launch(stream);
  EXPECT_CUDA_OK(driver().cuGraphLaunch(automatic, stream));
  EXPECT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  stream.synchronize();
}

// Undocumented.
TEST_F(cuGraphLaunch, CannotBeCaptured) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 1));
  const Graph graph;
  add_memset(graph, {}, buffer, 2);
  const Executable exec(graph);
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, form(exec, stream));
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
  EXPECT_EQ(buffer.read(), all(buffer, 1));
}

TEST_F(cuGraphLaunch, IntoTheLegacyStreamEndsACapture) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  expect_implicit_in_capture([&] { return driver().cuGraphLaunch(exec, nullptr); });
}

TEST_F(cuGraphLaunch, RefusesNull) {
  const Stream stream;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, stream));
}

TEST_F(cuGraphLaunch, RefusesADestroyedExecutable) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphLaunch(stale_executable(), stream));
}

TEST_F(cuGraphLaunch, NeedsACurrentContext) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(exec, nullptr));
  }
}

TEST_F(cuGraphLaunch_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_handle<CUgraphExec>(), nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuGraphLaunch
