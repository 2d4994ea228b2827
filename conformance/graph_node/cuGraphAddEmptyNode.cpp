#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddEmptyNode {

CONFORMANCE_SUITE(cuGraphAddEmptyNode, Context);
CONFORMANCE_SUITE(cuGraphAddEmptyNode_fresh, Uninitialised);

std::vector<AddNode> forms() {
  return {[](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
    return driver().cuGraphAddEmptyNode(node, graph, before, count);
  }};
}

TEST_F(cuGraphAddEmptyNode, AddsANodeAfterItsDependencies) {
  for (const AddNode& add : forms()) expect_adds_a_node(CU_GRAPH_NODE_TYPE_EMPTY, add);
}

TEST_F(cuGraphAddEmptyNode, RefusesBadDependencies) {
  for (const AddNode& add : forms()) expect_refuses_bad_dependencies(add);
}

TEST_F(cuGraphAddEmptyNode, RefusesNullPlaces) {
  for (const AddNode& add : forms()) expect_refuses_null_places(add);
}

TEST_F(cuGraphAddEmptyNode, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  for (const AddNode& add : forms()) {
    expect_leaves<CUgraphNode>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphNode* node) { return add(node, stale, nullptr, 0); });
  }
}

TEST_F(cuGraphAddEmptyNode, IsSafeDuringCapture) {
  for (const AddNode& add : forms()) expect_adds_in_capture(add);
}

TEST_F(cuGraphAddEmptyNode, JoinsTheNodesBeforeItWithThoseBehind) {
  const DeviceBuffer<unsigned> buffer(128);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph graph;
  const CUgraphNode set = add_memset(graph, {}, buffer, value);
  const CUgraphNode first = add_empty(graph, {set});
  const CUgraphNode second = add_kernel(graph, {first}, scale_add, buffer, {3, 1});
  const CUgraphNode third = add_empty(graph, {first, second});
  add_kernel(graph, {third}, scale_add, buffer, {5, 7});
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, (value * 3 + 1) * 5 + 7));
}

TEST_F(cuGraphAddEmptyNode, AGraphOfThemRuns) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  add_empty(graph, {a, add_empty(graph, {a})});
  graph.run();
}

// Undocumented.
TEST_F(cuGraphAddEmptyNode, NeedsNoCurrentContext) {
  const Graph graph;
  const NoContext none;
  for (const AddNode& add : forms()) {
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(add(&node, graph, nullptr, 0));
  }
}

TEST_F(cuGraphAddEmptyNode_fresh, BeforeInit) {
  for (const AddNode& add : forms()) expect_adds_nothing_before_init(add);
}

}  // namespace vgpu::conformance::test_cuGraphAddEmptyNode
