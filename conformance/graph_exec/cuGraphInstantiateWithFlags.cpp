#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphInstantiateWithFlags {

CONFORMANCE_SUITE(cuGraphInstantiateWithFlags, Context);
CONFORMANCE_SUITE(cuGraphInstantiateWithFlags_fresh, Uninitialised);

CUresult make_and_destroy(CUgraph graph, unsigned long long flags) {
  CUgraphExec exec = nullptr;
  const CUresult result = driver().cuGraphInstantiateWithFlags(&exec, graph, flags);
  if (result == CUDA_SUCCESS) driver().cuGraphExecDestroy(exec);
  return result;
}

TEST_F(cuGraphInstantiateWithFlags, MakesDistinctExecutables) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  const auto [first, second] = expect_writes<CUgraphExec>(
      [&](CUgraphExec* exec) { return driver().cuGraphInstantiateWithFlags(exec, graph, 0); });
  ASSERT_NE(first, second);
  const Executable a(first);
  const Executable b(second);
  EXPECT_EQ(host.calls(), 0);
  a.run();
  b.run();
  EXPECT_EQ(host.calls(), 2);
}

TEST_F(cuGraphInstantiateWithFlags, TheExecutableIsTheGraphAsItWas) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, value);
  const Executable exec(graph);
  const CUDA_MEMSET_NODE_PARAMS changed = memset_node(buffer, ~value);
  ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &changed));
  add_host(graph, {node}, host);
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_EQ(host.calls(), 0);
}

TEST_F(cuGraphInstantiateWithFlags, TakesTheFlagsOfItsDocumentation) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  int launches = 0;
  for (const unsigned long long flags :
       {0ULL, 0ULL + CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH,
        0ULL + CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY}) {
    Executable(graph, flags).run();
    EXPECT_EQ(host.calls(), ++launches) << "flags " << flags;
  }
}

TEST_F(cuGraphInstantiateWithFlags, RefusesUnknownFlags) {
  const Graph graph;
  add_empty(graph);
  for (const unsigned long long flags : {1ULL << 20, 1ULL << 32, ~0ULL}) {
    expect_leaves<CUgraphExec>(CUDA_ERROR_INVALID_VALUE, [&](CUgraphExec* exec) {
      return driver().cuGraphInstantiateWithFlags(exec, graph, flags);
    });
  }
}

// "This flag cannot be used in conjunction with" the automatic free.
TEST_F(cuGraphInstantiateWithFlags, RefusesDeviceLaunchWithAutomaticFree) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  add_memset(graph, {}, buffer, 1);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              make_and_destroy(graph, CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH |
                                          CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH));
}

TEST_F(cuGraphInstantiateWithFlags, RefusesASecondExecutableOfAGraphThatAllocates) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 4096, stream));
  ASSERT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  const Graph graph = capture.end();
  Executable first(graph);
  EXPECT_CUDA(CUDA_ERROR_NOT_SUPPORTED, make_and_destroy(graph, 0));
  first.run();
  first.destroy();
  EXPECT_CUDA_OK(make_and_destroy(graph, 0));
}

TEST_F(cuGraphInstantiateWithFlags, RefusesNull) {
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphInstantiateWithFlags(nullptr, graph, 0));
  expect_leaves<CUgraphExec>(CUDA_ERROR_INVALID_VALUE, [](CUgraphExec* exec) {
    return driver().cuGraphInstantiateWithFlags(exec, nullptr, 0);
  });
}

TEST_F(cuGraphInstantiateWithFlags, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, make_and_destroy(stale, 0));
}

TEST_F(cuGraphInstantiateWithFlags, NeedsACurrentContext) {
  const Graph graph;
  add_empty(graph);
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, make_and_destroy(graph, 0));  // Undocumented.
}

TEST_F(cuGraphInstantiateWithFlags, IsUnsafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  expect_unsafe_in_capture([&] { return make_and_destroy(graph, 0); });
}

TEST_F(cuGraphInstantiateWithFlags_fresh, BeforeInit) {
  expect_leaves<CUgraphExec>(CUDA_ERROR_NOT_INITIALIZED, [](CUgraphExec* exec) {
    return driver().cuGraphInstantiateWithFlags(exec, garbage_handle<CUgraph>(), 0);
  });
}

}  // namespace vgpu::conformance::test_cuGraphInstantiateWithFlags
