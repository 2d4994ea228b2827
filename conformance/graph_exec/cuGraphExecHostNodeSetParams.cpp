#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecHostNodeSetParams {

CONFORMANCE_SUITE(cuGraphExecHostNodeSetParams, Context);
CONFORMANCE_SUITE(cuGraphExecHostNodeSetParams_fresh, Uninitialised);

CUresult set(CUgraphExec exec, CUgraphNode node, HostNode& host) {
  const CUDA_HOST_NODE_PARAMS params = host.params();
  return driver().cuGraphExecHostNodeSetParams(exec, node, &params);
}

TEST_F(cuGraphExecHostNodeSetParams, ChangesTheNextLaunches) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const Executable exec(graph);
  exec.run();
  EXPECT_CUDA_OK(set(exec, node, second));
  exec.run();
  exec.run();
  EXPECT_EQ(first.calls(), 1);
  EXPECT_EQ(second.calls(), 2);
}

TEST_F(cuGraphExecHostNodeSetParams, LaunchesInFlightKeepWhatTheyHad) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const Executable exec(graph);
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  EXPECT_CUDA_OK(set(exec, node, second));
  exec.launch(stream);
  blocker.finish();
  EXPECT_EQ(first.calls(), 1);
  EXPECT_EQ(second.calls(), 1);
}

TEST_F(cuGraphExecHostNodeSetParams, ChangesOneExecutableAndNotTheGraph) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const Executable exec(graph);
  const Executable sibling(graph);
  EXPECT_CUDA_OK(set(exec, node, second));
  sibling.run();
  graph.run();
  EXPECT_EQ(first.calls(), 2);
  EXPECT_EQ(second.calls(), 0);
}

TEST_F(cuGraphExecHostNodeSetParams, RefusesOtherNodes) {
  HostNode host;
  const Graph graph;
  const CUgraphNode empty = add_empty(graph);
  add_host(graph, {empty}, host);
  const Executable exec(graph);
  const CUgraphNode later = add_host(graph, {}, host);
  for (const CUgraphNode node : {empty, later}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, node, host));
  }
}

TEST_F(cuGraphExecHostNodeSetParams, RefusesANullFunction) {
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, host);
  const Executable exec(graph);
  const CUDA_HOST_NODE_PARAMS params{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphExecHostNodeSetParams(exec, node, &params));
  exec.run();
  EXPECT_EQ(host.calls(), 1);
}

TEST_F(cuGraphExecHostNodeSetParams, RefusesNull) {
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, host);
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(nullptr, node, host));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, nullptr, host));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphExecHostNodeSetParams(exec, node, nullptr));
}

// Undocumented.
TEST_F(cuGraphExecHostNodeSetParams, IsSafeDuringCapture) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const Executable exec(graph);
  expect_safe_in_capture([&] { return set(exec, node, second); });
}

// Undocumented.
TEST_F(cuGraphExecHostNodeSetParams, NeedsNoCurrentContext) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const Executable exec(graph);
  const NoContext none;
  EXPECT_CUDA_OK(set(exec, node, second));
}

TEST_F(cuGraphExecHostNodeSetParams_fresh, BeforeInit) {
  HostNode host;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, set(garbage_handle<CUgraphExec>(),
                                                           garbage_handle<CUgraphNode>(), host));
}

}  // namespace vgpu::conformance::test_cuGraphExecHostNodeSetParams
