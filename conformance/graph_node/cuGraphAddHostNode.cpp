#include <memory>

#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddHostNode {

CONFORMANCE_SUITE(cuGraphAddHostNode, Context);
CONFORMANCE_SUITE(cuGraphAddHostNode_fresh, Uninitialised);

std::vector<AddNode> forms(const CUDA_HOST_NODE_PARAMS& params) {
  return {
      [&params](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
        return driver().cuGraphAddHostNode(node, graph, before, count, &params);
      }};
}

TEST_F(cuGraphAddHostNode, AddsANodeAfterItsDependencies) {
  HostNode host;
  const CUDA_HOST_NODE_PARAMS params = host.params();
  for (const AddNode& add : forms(params)) expect_adds_a_node(CU_GRAPH_NODE_TYPE_HOST, add);
}

TEST_F(cuGraphAddHostNode, RefusesBadDependencies) {
  HostNode host;
  const CUDA_HOST_NODE_PARAMS params = host.params();
  for (const AddNode& add : forms(params)) expect_refuses_bad_dependencies(add);
}

TEST_F(cuGraphAddHostNode, RefusesNullPlaces) {
  HostNode host;
  const CUDA_HOST_NODE_PARAMS params = host.params();
  for (const AddNode& add : forms(params)) expect_refuses_null_places(add);
}

TEST_F(cuGraphAddHostNode, RefusesADestroyedGraph) {
  HostNode host;
  const CUDA_HOST_NODE_PARAMS params = host.params();
  const CUgraph stale = stale_graph();
  for (const AddNode& add : forms(params)) {
    expect_leaves<CUgraphNode>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphNode* node) { return add(node, stale, nullptr, 0); });
  }
}

TEST_F(cuGraphAddHostNode, IsSafeDuringCapture) {
  HostNode host;
  const CUDA_HOST_NODE_PARAMS params = host.params();
  for (const AddNode& add : forms(params)) expect_adds_in_capture(add);
}

TEST_F(cuGraphAddHostNode, CallsTheFunctionOncePerLaunch) {
  HostNode host;
  const Graph graph;
  CUDA_HOST_NODE_PARAMS params = host.params();
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddHostNode(&node, graph, nullptr, 0, &params));
  params = {};
  const Executable exec(graph);
  EXPECT_EQ(host.calls(), 0);
  for (int i = 1; i <= 3; ++i) {
    exec.run();
    EXPECT_EQ(host.calls(), i);
  }
}

TEST_F(cuGraphAddHostNode, RunsBetweenWhatIsBeforeAndBehindIt) {
  const PinnedMemory pinned(sizeof(unsigned));
  const auto value = random_value<unsigned>();
  unsigned seen = ~value;
  HostNode host([&] {
    seen = *pinned.host<volatile unsigned>();
    *pinned.host<volatile unsigned>() = value + 1;
  });
  const DeviceBuffer<unsigned> buffer(1);
  const Module module;
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(pinned.device(), value, 1, stream));
  ASSERT_CUDA_OK(driver().cuLaunchHostFunc(stream, host.params().fn, host.params().userData));
  module.kernel("copy").launch({}, {}, 0, stream, buffer.address(), pinned.device(), 1U);
  const Graph captured = capture.end();
  captured.run();
  EXPECT_EQ(seen, value);
  EXPECT_EQ(buffer.read().front(), value + 1);
}

TEST_F(cuGraphAddHostNode, KeepsTheOrderOfManyFunctions) {
  std::vector<int> order;
  std::vector<std::unique_ptr<HostNode>> hosts;
  const Graph graph;
  CUgraphNode last = nullptr;
  std::vector<int> expected;
  for (int i = 0; i < 20; ++i) {
    hosts.push_back(std::make_unique<HostNode>([&order, i] { order.push_back(i); }));
    last = add_host(graph, last == nullptr ? Nodes{} : Nodes{last}, *hosts.back());
    expected.push_back(i);
  }
  graph.run();
  EXPECT_EQ(order, expected);
}

TEST_F(cuGraphAddHostNode, RunsOnAnotherThreadThanTheCallers) {
  std::thread::id id;
  HostNode host([&] { id = std::this_thread::get_id(); });
  const Graph graph;
  add_host(graph, {}, host);
  graph.run();
  EXPECT_NE(id, std::thread::id());
  EXPECT_NE(id, std::this_thread::get_id());
}

TEST_F(cuGraphAddHostNode, RefusesANullFunction) {
  const CUDA_HOST_NODE_PARAMS params{};
  for (const AddNode& add : forms(params)) expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
}

TEST_F(cuGraphAddHostNode, RefusesNullParameters) {
  const Graph graph;
  CUgraphNode node = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphAddHostNode(&node, graph, nullptr, 0, nullptr));
}

// Undocumented.
TEST_F(cuGraphAddHostNode, NeedsNoCurrentContext) {
  HostNode host;
  const CUDA_HOST_NODE_PARAMS params = host.params();
  const Graph graph;
  const NoContext none;
  for (const AddNode& add : forms(params)) {
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(add(&node, graph, nullptr, 0));
  }
}

TEST_F(cuGraphAddHostNode_fresh, BeforeInit) {
  HostNode host;
  const CUDA_HOST_NODE_PARAMS params = host.params();
  for (const AddNode& add : forms(params)) expect_adds_nothing_before_init(add);
}

}  // namespace vgpu::conformance::test_cuGraphAddHostNode
