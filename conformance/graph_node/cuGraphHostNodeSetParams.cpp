#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphHostNodeSetParams {

CONFORMANCE_SUITE(cuGraphHostNodeSetParams, Context);
CONFORMANCE_SUITE(cuGraphHostNodeSetParams_fresh, Uninitialised);

CUresult set(CUgraphNode node, HostNode& host) {
  const CUDA_HOST_NODE_PARAMS params = host.params();
  return driver().cuGraphHostNodeSetParams(node, &params);
}

TEST_F(cuGraphHostNodeSetParams, ChangesTheNextExecutables) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  EXPECT_CUDA_OK(set(node, second));
  graph.run();
  EXPECT_EQ(first.calls(), 0);
  EXPECT_EQ(second.calls(), 1);
}

TEST_F(cuGraphHostNodeSetParams, LeavesExecutablesAlone) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const Executable exec(graph);
  EXPECT_CUDA_OK(set(node, second));
  exec.run();
  EXPECT_EQ(first.calls(), 1);
  EXPECT_EQ(second.calls(), 0);
}

TEST_F(cuGraphHostNodeSetParams, ChangesCapturedNodes) {
  HostNode first;
  HostNode second;
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuLaunchHostFunc(stream, first.params().fn, first.params().userData));
  const Graph graph = capture.end();
  EXPECT_CUDA_OK(set(only_node(graph), second));
  graph.run();
  EXPECT_EQ(first.calls(), 0);
  EXPECT_EQ(second.calls(), 1);
}

TEST_F(cuGraphHostNodeSetParams, RefusesANullFunction) {
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, host);
  const CUDA_HOST_NODE_PARAMS params{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphHostNodeSetParams(node, &params));
  graph.run();
  EXPECT_EQ(host.calls(), 1);
}

TEST_F(cuGraphHostNodeSetParams, RefusesNodesOfOtherTypes) {
  HostNode host;
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(add_empty(graph), host));
}

TEST_F(cuGraphHostNodeSetParams, RefusesNull) {
  HostNode host;
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphHostNodeSetParams(add_host(graph, {}, host), nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(nullptr, host));
}

TEST_F(cuGraphHostNodeSetParams, IsSafeDuringCapture) {
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, host);
  expect_safe_in_capture([&] { return set(node, host); });
}

// Undocumented.
TEST_F(cuGraphHostNodeSetParams, NeedsNoCurrentContext) {
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, host);
  const NoContext none;
  EXPECT_CUDA_OK(set(node, host));
}

TEST_F(cuGraphHostNodeSetParams_fresh, BeforeInit) {
  HostNode host;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, set(garbage_handle<CUgraphNode>(), host));
}

}  // namespace vgpu::conformance::test_cuGraphHostNodeSetParams
