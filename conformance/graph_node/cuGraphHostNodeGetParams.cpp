#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphHostNodeGetParams {

CONFORMANCE_SUITE(cuGraphHostNodeGetParams, Context);
CONFORMANCE_SUITE(cuGraphHostNodeGetParams_fresh, Uninitialised);

void expect_params(CUgraphNode node, HostNode& host) {
  const auto results = expect_writes<CUDA_HOST_NODE_PARAMS>([&](CUDA_HOST_NODE_PARAMS* params) {
    return driver().cuGraphHostNodeGetParams(node, params);
  });
  for (const CUDA_HOST_NODE_PARAMS& found : results) {
    EXPECT_EQ(found.fn, host.params().fn);
    EXPECT_EQ(found.userData, host.params().userData);
  }
}

TEST_F(cuGraphHostNodeGetParams, ReturnsWhatTheNodeWasMadeOf) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode a = add_host(graph, {}, first);
  const CUgraphNode b = add_host(graph, {a}, second);
  expect_params(a, first);
  expect_params(b, second);
}

TEST_F(cuGraphHostNodeGetParams, ReturnsWhatWasCaptured) {
  HostNode host;
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuLaunchHostFunc(stream, host.params().fn, host.params().userData));
  const Graph graph = capture.end();
  expect_params(only_node(graph), host);
}

TEST_F(cuGraphHostNodeGetParams, ReturnsWhatWasSetLast) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const CUDA_HOST_NODE_PARAMS params = second.params();
  ASSERT_CUDA_OK(driver().cuGraphHostNodeSetParams(node, &params));
  expect_params(node, second);
}

TEST_F(cuGraphHostNodeGetParams, ReturnsTheSameOfAClone) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  CUgraph clone = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphClone(&clone, graph));
  expect_params(only_node(clone), host);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(clone));
}

TEST_F(cuGraphHostNodeGetParams, KnowsNothingOfChangedExecutables) {
  HostNode first;
  HostNode second;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, first);
  const Executable exec(graph);
  const CUDA_HOST_NODE_PARAMS params = second.params();
  ASSERT_CUDA_OK(driver().cuGraphExecHostNodeSetParams(exec, node, &params));
  expect_params(node, first);
}

TEST_F(cuGraphHostNodeGetParams, RefusesNodesOfOtherTypes) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  expect_leaves<CUDA_HOST_NODE_PARAMS>(CUDA_ERROR_INVALID_VALUE,
                                       [&](CUDA_HOST_NODE_PARAMS* params) {
                                         return driver().cuGraphHostNodeGetParams(node, params);
                                       });
}

TEST_F(cuGraphHostNodeGetParams, RefusesNull) {
  HostNode host;
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphHostNodeGetParams(add_host(graph, {}, host), nullptr));
  expect_leaves<CUDA_HOST_NODE_PARAMS>(CUDA_ERROR_INVALID_VALUE, [](CUDA_HOST_NODE_PARAMS* params) {
    return driver().cuGraphHostNodeGetParams(nullptr, params);
  });
}

// Undocumented.
TEST_F(cuGraphHostNodeGetParams, IsSafeDuringCapture) {
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, host);
  CUDA_HOST_NODE_PARAMS found{};
  expect_safe_in_capture([&] { return driver().cuGraphHostNodeGetParams(node, &found); });
}

// Undocumented.
TEST_F(cuGraphHostNodeGetParams, NeedsNoCurrentContext) {
  HostNode host;
  const Graph graph;
  const CUgraphNode node = add_host(graph, {}, host);
  CUDA_HOST_NODE_PARAMS found{};
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphHostNodeGetParams(node, &found));
}

TEST_F(cuGraphHostNodeGetParams_fresh, BeforeInit) {
  CUDA_HOST_NODE_PARAMS params{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, driver().cuGraphHostNodeGetParams(
                                                           garbage_handle<CUgraphNode>(), &params));
}

}  // namespace vgpu::conformance::test_cuGraphHostNodeGetParams
