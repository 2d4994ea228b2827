#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphNodeFindInClone {

CONFORMANCE_SUITE(cuGraphNodeFindInClone, Context);
CONFORMANCE_SUITE(cuGraphNodeFindInClone_fresh, Uninitialised);

Graph clone_of(CUgraph graph) {
  CUgraph clone = nullptr;
  check(driver().cuGraphClone(&clone, graph), "cuGraphClone");
  return Graph(clone);
}

CUgraphNode find(CUgraphNode original, CUgraph clone) {
  CUgraphNode node = nullptr;
  check(driver().cuGraphNodeFindInClone(&node, original, clone), "cuGraphNodeFindInClone");
  return node;
}

void expect_none(CUgraphNode original, CUgraph clone) {
  CUgraphNode node = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeFindInClone(&node, original, clone));
}

TEST_F(cuGraphNodeFindInClone, FindsEveryNode) {
  const DeviceBuffer<unsigned> buffer(10);
  HostNode host;
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_memset(graph, {a}, buffer, 1);
  const CUgraphNode c = add_host(graph, {a}, host);
  const Graph clone = clone_of(graph);
  const Nodes found{find(a, clone), find(b, clone), find(c, clone)};
  EXPECT_EQ(sorted(found), nodes_of(clone));
  EXPECT_EQ(type_of(found[0]), CU_GRAPH_NODE_TYPE_EMPTY);
  EXPECT_EQ(type_of(found[1]), CU_GRAPH_NODE_TYPE_MEMSET);
  EXPECT_EQ(type_of(found[2]), CU_GRAPH_NODE_TYPE_HOST);
  EXPECT_EQ(dependencies_of(found[1]), Nodes{found[0]});
}

TEST_F(cuGraphNodeFindInClone, WritesItsOutput) {
  const Graph graph;
  const CUgraphNode original = add_empty(graph);
  const Graph clone = clone_of(graph);
  const auto [first, second] = expect_writes<CUgraphNode>(
      [&](CUgraphNode* node) { return driver().cuGraphNodeFindInClone(node, original, clone); });
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, only_node(clone));
}

TEST_F(cuGraphNodeFindInClone, TellsTwoClonesApart) {
  const Graph graph;
  const CUgraphNode original = add_empty(graph);
  const Graph first = clone_of(graph);
  const Graph second = clone_of(graph);
  EXPECT_EQ(find(original, first), only_node(first));
  EXPECT_EQ(find(original, second), only_node(second));
}

TEST_F(cuGraphNodeFindInClone, FindsNodesInAChildGraph) {
  const Graph child;
  const CUgraphNode original = add_empty(child);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child);
  CUgraph inner = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphChildGraphNodeGetGraph(node, &inner));
  EXPECT_EQ(find(original, inner), only_node(inner));
}

TEST_F(cuGraphNodeFindInClone, RefusesANodeAddedLater) {
  const Graph graph;
  add_empty(graph);
  const Graph clone = clone_of(graph);
  expect_none(add_empty(graph), clone);
}

TEST_F(cuGraphNodeFindInClone, RefusesANodeRemovedFromTheClone) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  const Graph clone = clone_of(graph);
  ASSERT_CUDA_OK(driver().cuGraphDestroyNode(find(a, clone)));
  expect_none(a, clone);
  EXPECT_EQ(find(b, clone), only_node(clone));
}

TEST_F(cuGraphNodeFindInClone, RefusesGraphsThatAreNoCloneOfThatOne) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  const Graph other;
  const CUgraphNode stranger = add_empty(other);
  const Graph clone = clone_of(graph);
  expect_none(stranger, clone);
  expect_none(node, other);
  expect_none(node, graph);
}

TEST_F(cuGraphNodeFindInClone, RefusesNull) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  const Graph clone = clone_of(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeFindInClone(nullptr, node, clone));
  expect_none(nullptr, clone);
  expect_none(node, nullptr);
}

TEST_F(cuGraphNodeFindInClone, RefusesADestroyedClone) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  Graph clone = clone_of(graph);
  const CUgraph stale = clone.release();
  ASSERT_CUDA_OK(driver().cuGraphDestroy(stale));
  expect_none(node, stale);
}

TEST_F(cuGraphNodeFindInClone, IsSafeDuringCapture) {
  const Graph graph;
  const CUgraphNode original = add_empty(graph);
  const Graph clone = clone_of(graph);
  expect_safe_in_capture([&] {
    CUgraphNode node = nullptr;
    return driver().cuGraphNodeFindInClone(&node, original, clone);
  });
}

// Undocumented.
TEST_F(cuGraphNodeFindInClone, NeedsNoCurrentContext) {
  const Graph graph;
  const CUgraphNode original = add_empty(graph);
  const Graph clone = clone_of(graph);
  const NoContext none;
  CUgraphNode node = nullptr;
  EXPECT_CUDA_OK(driver().cuGraphNodeFindInClone(&node, original, clone));
}

TEST_F(cuGraphNodeFindInClone_fresh, BeforeInit) {
  expect_leaves<CUgraphNode>(CUDA_ERROR_NOT_INITIALIZED, [](CUgraphNode* node) {
    return driver().cuGraphNodeFindInClone(node, garbage_handle<CUgraphNode>(),
                                           garbage_handle<CUgraph>());
  });
}

}  // namespace vgpu::conformance::test_cuGraphNodeFindInClone
