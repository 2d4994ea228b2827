#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphNodeSetEnabled {

CONFORMANCE_SUITE(cuGraphNodeSetEnabled, Context);
CONFORMANCE_SUITE(cuGraphNodeSetEnabled_fresh, Uninitialised);

TEST_F(cuGraphNodeSetEnabled, ADisabledNodeDoesNothingUntilItIsEnabled) {
  auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph graph;
  const CUgraphNode a = add_kernel(graph, {}, scale_add, buffer, {3, 1});
  const CUgraphNode b = add_kernel(graph, {a}, scale_add, buffer, {5, 2});
  add_kernel(graph, {b}, scale_add, buffer, {7, 3});
  const Executable exec(graph);
  EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, b, 0));
  exec.run();
  value = (value * 3 + 1) * 7 + 3;
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, b, 0x100)) << "anything but 0 enables";
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, ((value * 3 + 1) * 5 + 2) * 7 + 3));
}

TEST_F(cuGraphNodeSetEnabled, DisablesMemsetsAndCopies) {
  const DeviceBuffer<unsigned> set(std::vector<unsigned>(10, 1));
  const DeviceBuffer<unsigned> copied(std::vector<unsigned>(10, 2));
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(set, 3, 10, stream));
  ASSERT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(copied, set, 40, stream));
  const Graph graph = capture.end();
  const Executable exec(graph);
  for (const CUgraphNode node : nodes_of(graph)) {
    EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 0));
  }
  exec.run();
  EXPECT_EQ(set.read(), all(set, 1));
  EXPECT_EQ(copied.read(), all(copied, 2));
  for (const CUgraphNode node : nodes_of(graph)) {
    EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 1));
  }
  exec.run();
  EXPECT_EQ(copied.read(), all(copied, 3));
}

TEST_F(cuGraphNodeSetEnabled, LaunchesInFlightKeepWhatTheyHad) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 0));
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("add"), buffer, {1});
  const Executable exec(graph);
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 0));
  exec.launch(stream);
  blocker.finish();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
}

TEST_F(cuGraphNodeSetEnabled, DisablesInOneExecutableAndNotInTheGraph) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 0));
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("add"), buffer, {1});
  const Executable exec(graph);
  const Executable sibling(graph);
  EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 0));
  exec.run();
  sibling.run();
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphNodeSetEnabled, KeepsTheParameters) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 0));
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, buffer, {1});
  const Executable exec(graph);
  ASSERT_CUDA_OK(
      driver().cuGraphExecKernelNodeSetParams_v2(exec, node, KernelNode(fill, buffer, {2})));
  EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 0));
  EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 1));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphNodeSetEnabled, RefusesOtherNodes) {
  const DeviceBuffer<unsigned> buffer(10);
  const Event event;
  HostNode host;
  const Graph graph;
  const CUgraphNode empty = add_empty(graph);
  const CUgraphNode host_node = add_host(graph, {empty}, host);
  const CUgraphNode record = add_event_record(graph, {empty}, event);
  const CUgraphNode child = add_child(graph, {empty}, Graph());
  const Executable exec(graph);
  const CUgraphNode later = add_memset(graph, {}, buffer, 1);
  for (const CUgraphNode node : {empty, host_node, record, child, later}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeSetEnabled(exec, node, 0))
        << "type " << type_of(node);
  }
  exec.run();
  EXPECT_EQ(host.calls(), 1);
}

TEST_F(cuGraphNodeSetEnabled, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeSetEnabled(nullptr, node, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeSetEnabled(exec, nullptr, 0));
}

// Undocumented.
TEST_F(cuGraphNodeSetEnabled, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  expect_safe_in_capture([&] { return driver().cuGraphNodeSetEnabled(exec, node, 0); });
}

// Undocumented.
TEST_F(cuGraphNodeSetEnabled, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 0));
}

TEST_F(cuGraphNodeSetEnabled_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuGraphNodeSetEnabled(garbage_handle<CUgraphExec>(),
                                                            garbage_handle<CUgraphNode>(), 0));
}

}  // namespace vgpu::conformance::test_cuGraphNodeSetEnabled
