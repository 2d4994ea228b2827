#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphNodeGetDependencies {

CONFORMANCE_SUITE(cuGraphNodeGetDependencies, Context);
CONFORMANCE_SUITE(cuGraphNodeGetDependencies_fresh, Uninitialised);

/// All ways to ask, with the edge data (if asked for) checked to be the default.
std::vector<std::function<CUresult(CUgraphNode*, std::size_t*)>> forms(CUgraphNode node) {
  return {[=](CUgraphNode* nodes, std::size_t* count) {
            return driver().cuGraphNodeGetDependencies(node, nodes, count);
          },
          [=](CUgraphNode* nodes, std::size_t* count) {
            return driver().cuGraphNodeGetDependencies_v2(node, nodes, nullptr, count);
          },
          [=](CUgraphNode* nodes, std::size_t* count) {
            if (nodes == nullptr)
              return driver().cuGraphNodeGetDependencies_v2(node, nullptr, nullptr, count);
            std::vector<CUgraphEdgeData> data(*count + 1);
            std::memset(static_cast<void*>(data.data()), 0x5a, data.size() * sizeof data[0]);
            const CUgraphEdgeData unwritten = data.back();
            const CUresult result =
                driver().cuGraphNodeGetDependencies_v2(node, nodes, data.data(), count);
            EXPECT_TRUE(same_edge(data.back(), unwritten)) << "written behind the room";
            if (result == CUDA_SUCCESS) {
              for (std::size_t i = 0; i < *count; ++i) {
                EXPECT_TRUE(same_edge(data[i], {})) << "edge " << i;
              }
            }
            return result;
          }};
}

TEST_F(cuGraphNodeGetDependencies, ListsWhatTheNodeWaitsFor) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph);
  const CUgraphNode d = add_empty(graph, {a, b, c});
  add_empty(graph, {d});
  expect_lists_nodes({}, forms(a));
  expect_lists_nodes({a}, forms(b));
  expect_lists_nodes({a, b, c}, forms(d));
}

TEST_F(cuGraphNodeGetDependencies, FollowsChanges) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph);
  const CUgraphNode c = add_empty(graph, {a});
  ASSERT_CUDA_OK(driver().cuGraphAddDependencies(graph, &b, &c, 1));
  expect_lists_nodes({a, b}, forms(c));
  ASSERT_CUDA_OK(driver().cuGraphRemoveDependencies(graph, &a, &c, 1));
  expect_lists_nodes({b}, forms(c));
  ASSERT_CUDA_OK(driver().cuGraphDestroyNode(b));
  expect_lists_nodes({}, forms(c));
}

TEST_F(cuGraphNodeGetDependencies, ListsTheStreamsOrderInACapture) {
  const DeviceBuffer<unsigned> buffer(10);
  const Module module;
  const Stream stream;
  Capture capture(stream);
  module.kernel("fill").over(buffer, stream, 1U);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, 1, 10, stream));
  const Graph graph = capture.end();
  const Nodes roots = roots_of(graph);
  ASSERT_EQ(roots.size(), 1U);
  EXPECT_EQ(type_of(roots[0]), CU_GRAPH_NODE_TYPE_KERNEL);
  for (const CUgraphNode node : nodes_of(graph)) {
    expect_lists_nodes(node == roots[0] ? Nodes{} : roots, forms(node));
  }
}

TEST_F(cuGraphNodeGetDependencies, TellsTheDataOfAnEdge) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const Module module;
  const ProgrammaticPair pair(module.kernel("empty"));
  CUgraphNode found = nullptr;
  CUgraphEdgeData data{};
  std::size_t count = 1;
  ASSERT_CUDA_OK(driver().cuGraphNodeGetDependencies_v2(pair.to, &found, &data, &count));
  EXPECT_EQ(found, pair.from);
  EXPECT_TRUE(same_edge(data, programmatic_edge()));
  EXPECT_CUDA(CUDA_ERROR_LOSSY_QUERY,
              driver().cuGraphNodeGetDependencies_v2(pair.to, &found, nullptr, &count));
  EXPECT_CUDA(CUDA_ERROR_LOSSY_QUERY, driver().cuGraphNodeGetDependencies(pair.to, &found, &count));
}

TEST_F(cuGraphNodeGetDependencies, RefusesEdgeDataWithoutNodes) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  CUgraphEdgeData data{};
  std::size_t count = 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphNodeGetDependencies_v2(b, nullptr, &data, &count));
}

TEST_F(cuGraphNodeGetDependencies, RefusesNull) {
  const Graph graph;
  for (const auto& ask : forms(add_empty(graph))) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(nullptr, nullptr));
  }
  for (const auto& ask : forms(nullptr)) {
    expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE,
                               [&](std::size_t* count) { return ask(nullptr, count); });
  }
}

TEST_F(cuGraphNodeGetDependencies, IsSafeDuringCapture) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  for (const auto& ask : forms(node)) {
    expect_safe_in_capture([&] {
      std::size_t count = 0;
      return ask(nullptr, &count);
    });
  }
}

// Undocumented.
TEST_F(cuGraphNodeGetDependencies, NeedsNoCurrentContext) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  const NoContext none;
  for (const auto& ask : forms(node)) {
    std::size_t count = 0;
    EXPECT_CUDA_OK(ask(nullptr, &count));
  }
}

TEST_F(cuGraphNodeGetDependencies_fresh, BeforeInit) {
  for (const auto& ask : forms(garbage_handle<CUgraphNode>())) {
    expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED,
                               [&](std::size_t* count) { return ask(nullptr, count); });
  }
}

}  // namespace vgpu::conformance::test_cuGraphNodeGetDependencies
